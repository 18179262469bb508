// The check of a run's answers: the files an engine left, or a baseline's one table, against the
// naive model. Files are opened read only, after their owner has closed them.
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type Market, symbolOf } from './market.js'
import { candleSums, type NaivePair, naivePairs } from './naive-model.js'

const TICK_SUMS = `SELECT count(*)::DOUBLE AS ticks,
  coalesce(sum(round(volume * 1000)::BIGINT), 0)::DOUBLE AS volume,
  coalesce(sum(CASE side WHEN 'BUY' THEN 1 WHEN 'SELL' THEN -1 ELSE 0 END
    * round(volume * 1000)::BIGINT), 0)::DOUBLE AS cvd,
  coalesce(sum(round(price * 100)::BIGINT), 0)::DOUBLE AS cents,
  count(DISTINCT trade_id)::DOUBLE AS ids`

const sumOf = (column: string, scale: number) =>
  `coalesce(sum(round(${column} * ${scale})::BIGINT), 0)::DOUBLE AS ${column}`

const CANDLE_SUMS = `SELECT count(*)::DOUBLE AS n, coalesce(sum(trades), 0)::DOUBLE AS trades,
  ${['volume', 'delta'].map((column) => sumOf(column, 1000)).join(', ')},
  ${['open', 'high', 'low', 'close'].map((column) => sumOf(column, 100)).join(', ')}`

/** Length of each interval in minutes. */
const MINUTES = { '1m': 1, '5m': 5, '15m': 15, '1h': 60, '1d': 1440 } as const

function same(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return
  throw new Error(`wrong answer: ${what}: ${JSON.stringify(found)} not ${JSON.stringify(expected)}`)
}

function expectedTicks(pair: NaivePair): Record<string, number> {
  const { ticks, volume, cvd, cents } = pair
  return { ticks, volume, cvd, cents, ids: ticks }
}

/** Where an engine keeps a symbol of the benches. */
export function pairFile(dataDir: string, symbol: string): string {
  return join(dataDir, 'bench', 'spot', encodeURIComponent(symbol), 'trading.duckdb')
}

/** Compares every pair's file with the model: ticks, CVD, and the candles of every interval. */
export async function checkFiles(dataDir: string, market: Market): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const row = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS()[0]
  for (const [index, pair] of naivePairs(market).entries()) {
    if (pair.ticks === 0) continue
    const symbol = symbolOf(index)
    await connection.run(`ATTACH '${pairFile(dataDir, symbol)}' AS f (READ_ONLY)`)
    same(`${symbol} ticks`, await row(`${TICK_SUMS} FROM f.ticks`), expectedTicks(pair))
    for (const [interval, minutes] of Object.entries(MINUTES)) {
      const found = await row(`${CANDLE_SUMS} FROM f.candles_${interval}`)
      same(`${symbol} ${interval}`, found, candleSums(pair, minutes))
    }
    await connection.run('DETACH f')
  }
  connection.closeSync()
  instance.closeSync()
}

/** Compares one table that holds every pair's rows. */
export async function checkTable(path: string, market: Market): Promise<void> {
  const expected = { ticks: 0, volume: 0, cvd: 0, cents: 0, ids: 0 }
  for (const pair of naivePairs(market)) {
    expected.ticks += pair.ticks
    expected.volume += pair.volume
    expected.cvd += pair.cvd
    expected.cents += pair.cents
    expected.ids = Math.max(expected.ids, pair.ticks)
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`ATTACH '${path}' AS f (READ_ONLY)`)
  const found = await connection.runAndReadAll(`${TICK_SUMS} FROM f.ticks`)
  same('table', found.getRowObjectsJS()[0], expected)
  connection.closeSync()
  instance.closeSync()
}
