import { DuckDBInstance } from '@duckdb/node-api'
import { type Pair, Side } from 'tickloom'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runQuery } from '../../dist/src/store/query.js'
import { wholeAnswer, wholeChunks } from '../../dist/src/store/whole-answer.js'
import { T0, withEngine } from '../support/engine-dir.js'

// An answer is whole, or it is an error. DuckDB's streams end alike at their end, at an error and at
// an interrupt.

const COUNT = 200_000
const FAILS_LATE = `SELECT CASE WHEN trade_id = 150000 THEN 9223372036854775807 ELSE trade_id END + 1
  AS next FROM ticks`
/** Gives a row now and then, and would take hours. */
const NEVER_ENDS = `SELECT a.trade_id FROM ticks a, ticks b
  WHERE (a.trade_id * b.trade_id) % 65537 = 1`

async function withTicks(work: (pair: Pair) => Promise<void>) {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    for (let id = 1; id <= COUNT; ) {
      const receipt = pair.trade(T0 + id * 1000, 100 + (id % 77), 1 + (id % 5), Side.Buy, id)
      if (receipt > 0) id++
      else await engine.drained()
    }
    await engine.flush({ stored: true })
    await work(pair as Pair)
  })
}

describe.each([
  ['in the shard', {}],
  ['in a process of its own', { isolated: true }],
])('query() %s', (_, isolated) => {
  test('answers every row, or says what went wrong', async () => {
    await withTicks(async (pair) => {
      const limits = { ...isolated, maxRows: COUNT, timeoutMs: 150_000 }
      const ordered = 'SELECT trade_id AS id FROM ticks ORDER BY price, trade_id DESC'
      const rows = await pair.query(ordered, [], limits)
      const ids = Array.from({ length: COUNT }, (_, i) => i + 1)
      ids.sort((a, b) => (a % 77) - (b % 77) || b - a)
      expect(rows.map(({ id }) => id)).toEqual(ids)

      await expect(pair.query(FAILS_LATE, [], limits)).rejects.toMatchObject({
        code: 'QUERY_REFUSED',
        message: expect.stringContaining('Overflow'),
      })
      const timeoutMs = 1000
      await expect(pair.query(NEVER_ENDS, [], { ...limits, timeoutMs })).rejects.toMatchObject({
        code: 'TIMEOUT',
      })
      await expect(
        pair.query('SELECT seq FROM ticks', [], { ...limits, maxRows: COUNT - 1 }),
      ).rejects.toMatchObject({ code: 'QUERY_REFUSED', message: expect.stringContaining('LIMIT') })
      expect(await pair.query('SELECT count(*) AS n FROM ticks', [], limits)).toEqual([
        { n: COUNT },
      ])
    })
  })
})

describe('whole answers', () => {
  let instance: DuckDBInstance
  let connection: Awaited<ReturnType<DuckDBInstance['connect']>>
  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    connection = await instance.connect()
    await connection.run('CREATE TABLE ticks AS SELECT range AS trade_id FROM range(200000)')
  })
  afterAll(() => {
    connection.closeSync()
    instance.closeSync()
  })

  test('whatever stops a query under way, a part of it is no answer', async () => {
    const query = { sql: NEVER_ENDS, params: [], maxRows: 1_000_000, timeoutMs: 3_600_000 }
    await expect(runQuery(connection, query, () => true)).rejects.toMatchObject({
      code: 'ENGINE_CLOSED',
    })
  })

  test('rows and chunks alike: read to the end, or not at all', async () => {
    const all = 'SELECT trade_id FROM ticks'
    expect((await wholeAnswer(connection, all)).currentRowCount).toBe(COUNT)
    const chunks = await wholeChunks(connection, all)
    expect(chunks.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(COUNT)
    await expect(wholeAnswer(connection, FAILS_LATE)).rejects.toThrow('Overflow')
    await expect(wholeChunks(connection, FAILS_LATE)).rejects.toThrow('Overflow')
  })

  test('a statement is taken with all that may stand behind it, and with all in it', async () => {
    const rowsOf = (sql: string) => {
      return runQuery(connection, { sql, params: [], maxRows: 3, timeoutMs: 10_000 }, () => false)
    }
    for (const end of ['', ';', ' ; ', ';;', '; -- done', ' -- done', '; /* ; */ ;\n-- a;b\n']) {
      expect(await rowsOf(`SELECT 1 AS a${end}`)).toEqual([{ a: 1 }])
    }
    expect(await rowsOf(`SELECT ';' AS a /* ; */ ;`)).toEqual([{ a: ';' }])
    expect(await rowsOf(`SELECT '; -- ' AS ";"`)).toEqual([{ ';': '; -- ' }])
    expect(await rowsOf('SELECT 1 AS a, 2 AS a')).toEqual([{ a: 1, a_1: 2 }])
    expect(await rowsOf('FROM (VALUES (1), (2)) v(x) ORDER BY x DESC')).toEqual([
      { x: 2 },
      { x: 1 },
    ])
    await expect(rowsOf('SELECT 1) UNION (SELECT 2')).rejects.toMatchObject({
      code: 'QUERY_REFUSED',
    })
    const semicolons = `SELECT '${';'.repeat(101)}'`
    await expect(rowsOf(semicolons)).rejects.toMatchObject({ code: 'QUERY_REFUSED' })
  })
})
