import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { type EngineError, type Pair, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { T0, until, withEngine } from '../support/engine-dir.js'

// query(sql, { isolated: true }): a snapshot, and a process that is killed when it is too much.

const COUNT = 3000
const ENDLESS = `SELECT count(*) FROM ticks a, ticks b, ticks c, ticks d
  WHERE a.price + b.price + c.price + d.price < 0`

async function withTicks<T>(work: (pair: Pair, dataDir: string) => Promise<T>): Promise<T> {
  return withEngine({ clock: 'event', shards: 1 }, async (engine, dataDir) => {
    const pair = engine.pair('venue', 'spot', 'A')
    for (let i = 0; i < COUNT; i++) pair.trade(T0 + i * 1000, 100 + (i % 7), 0.5, Side.Sell, i + 1)
    const answer = await work(pair as Pair, dataDir)
    // Whatever it was: the engine is unharmed, and nothing is left behind.
    expect((await pair.last())?.tradeId).toBe(COUNT)
    expect(readdirSync(dataDir).filter((name) => name.startsWith('isolated'))).toEqual([])
    return answer
  })
}

function processes(): string[] {
  const all = execFileSync('ps', ['-eo', 'ppid,args'], { encoding: 'utf8' }).split('\n')
  const ours = new RegExp(`^\\s*${process.pid}\\s.*query\\.process`)
  return all.filter((line) => ours.test(line))
}

test('answers as query() does, of everything received before', async () => {
  await withTicks(async (pair) => {
    const sql = `SELECT side, count(*) AS n, sum(volume) AS v, max(timestamp) AS t FROM ticks
      WHERE price > $1 GROUP BY side`
    const isolated = await pair.query(sql, [102], { isolated: true })
    expect(isolated).toEqual(await pair.query(sql, [102]))
    expect(isolated[0].n).toBe(Array.from({ length: COUNT }).filter((_, i) => i % 7 > 2).length)
    const joined = `WITH t AS (SELECT * FROM ticks) SELECT count(*) AS n
      FROM t JOIN candles_1m c ON date_trunc('minute', t.timestamp) = c.timestamp`
    expect(await pair.query(joined, { isolated: true })).toEqual([{ n: 0 }])
    expect(
      await pair.query("SELECT 'x' AS x, 1.5::DECIMAL(4, 1) AS d", { isolated: true }),
    ).toEqual([{ x: 'x', d: 1.5 }])
    expect(processes()).toEqual([])
  })
})

test('is killed at its deadline, and where it takes more memory than it may', async () => {
  await withTicks(async (pair) => {
    const code = (cause: EngineError) => `${cause.code} ${cause.message}`
    const late = pair.query(ENDLESS, { isolated: true, timeoutMs: 700 })
    expect(await late.catch(code)).toMatch(/^TIMEOUT the query was stopped: timeoutMs=700$/)
    // Every value of this is kept, outside of DuckDB's own limit.
    const large = 'SELECT median(a.price + b.seq) FROM ticks a, ticks b, ticks c'
    const grown = pair.query(large, { isolated: true, timeoutMs: 170_000, memoryMb: 250 })
    expect(await grown.catch(code)).toMatch(/^QUERY_REFUSED .*memoryMb=250 taken=\d{3}/)
    const many = pair.query('SELECT * FROM ticks', { isolated: true, maxRows: 10 })
    expect(await many.catch(code)).toMatch(/^QUERY_REFUSED at most 10 rows/)
    const wrong = pair.query('SELECT nothing FROM ticks', { isolated: true })
    expect(await wrong.catch(code)).toMatch(/^QUERY_REFUSED .*nothing/)
    for (const sql of ['SELECT * FROM meta', "SELECT getenv('HOME')", 'COPY ticks TO STDOUT']) {
      const refused = pair.query(sql, { isolated: true })
      expect(await refused.catch(code)).toMatch(/^QUERY_REFUSED a query is one SELECT/)
    }
    expect(processes()).toEqual([])
  })
})

test('close() kills the process under way', async () => {
  const asked = await withEngine({ clock: 'event', closeTimeoutMs: 2000 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    for (let i = 0; i < COUNT; i++) pair.trade(T0 + i, 100, 0.5, Side.Sell, i + 1)
    const codes = [1, 2].map(() =>
      pair
        .query(ENDLESS, { isolated: true, timeoutMs: 100_000 })
        .catch((cause: EngineError) => cause.code),
    )
    await until('the process of the first', () => processes().length === 1)
    return codes
  })
  expect(await Promise.all(asked)).toEqual(['ENGINE_CLOSED', 'ENGINE_CLOSED'])
  expect(processes()).toEqual([])
})
