import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { IdPage } from '../../dist/src/dedupe/id-page.js'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'

// A file with and without the tables that are made at their first row, through the whole engine.

const KEEP = { '5m': 'off', '15m': 'off', '1h': 'off', '1d': 'off' }
const OPTIONS = {
  shards: 1,
  clock: 'event',
  retention: { ticks: '1h', '1m': '2d', ...KEEP },
} as const
const HOUR = 3600e6
const EMPTY = Buffer.from(new IdPage(0).encode()).toString('hex')

// As a commit leaves it that had their first rows.
async function addTables(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE text_ids (seq BIGINT, timestamp TIMESTAMP, trade_id VARCHAR);
    CREATE TABLE seen_ids (hour TIMESTAMP, ids BLOB)`)
  await connection.run(`INSERT INTO text_ids SELECT i, make_timestamp(${T0} + i * ${HOUR}), 'x' || i
    FROM range(0, 73) r(i)`)
  await connection.run(`INSERT INTO seen_ids SELECT make_timestamp(${T0} + i * ${HOUR}), from_hex('${EMPTY}')
    FROM range(0, 73) r(i)`)
  await connection.run(
    `UPDATE state SET meta = replace(meta, '{', '{"added_tables":"text_ids,seen_ids",')`,
  )
  connection.closeSync()
  instance.closeSync()
}

test('read, exported and retired where they are; empty where they are not', async () => {
  await withDir(async (dataDir) => {
    await opened({ dataDir, ...OPTIONS }, async (engine) => {
      for (const symbol of ['WITH', 'WITHOUT']) {
        const pair = engine.pair('venue', 'spot', symbol)
        for (let i = 0; i <= 72; i++) pair.trade(T0 + i * HOUR, 100, 1, Side.Buy, i + 1)
      }
    })
    const path = filePath(dataDir, 'venue', 'spot', 'WITH')
    await addTables(path)
    await withDir(async (elsewhere) => {
      await opened({ dataDir, ...OPTIONS }, async (engine) => {
        for (const [symbol, rows] of [
          ['WITH', 73],
          ['WITHOUT', 0],
        ] as const) {
          const pair = engine.find(`venue:spot:${symbol}`)
          const count = 'SELECT count(*) AS n FROM text_ids WHERE seq >= 0'
          expect(await pair.query(count)).toEqual([{ n: rows }])
          expect(await pair.query(count, { isolated: true })).toEqual([{ n: rows }])
          const joined = 'SELECT count(i.trade_id) AS n FROM ticks LEFT JOIN text_ids i USING (seq)'
          expect((await pair.query(joined))[0]['n']).toBeLessThanOrEqual(rows)
          await expect(pair.query('FROM seen_ids')).rejects.toThrow('refused: table seen_ids')
          const file = join(elsewhere, `${symbol}.csv`)
          expect((await pair.export('text_ids', { file, format: 'csv' })).rows).toBe(rows)
          expect(readFileSync(file, 'utf8')).toMatch(/^seq,timestamp,trade_id\n/)
        }
        await engine.cleanup()
      })
    })
    // Like ticks, and like candles_1m, which go by whole days.
    const left = await sql(path, 'SELECT min(seq) AS first, count(*) AS n FROM text_ids')
    expect(left).toEqual([{ first: 71, n: 2 }])
    expect(await sql(path, 'SELECT count(*) AS n FROM seen_ids')).toEqual([{ n: 49 }])
    const [facts] = await sql(path, 'SELECT meta FROM state ORDER BY rowid DESC LIMIT 1')
    expect(JSON.parse(String(facts.meta))).toMatchObject({ added_tables: 'text_ids,seen_ids' })
    expect((await verify(dataDir)).problems).toEqual([])
    const other = filePath(dataDir, 'venue', 'spot', 'WITHOUT')
    expect(await sql(other, "FROM duckdb_tables() WHERE table_name = 'text_ids'")).toEqual([])
  })
})
