import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { pairKey, pairPath } from '../../dist/src/model/pair-key.js'
import { type NaiveTick, naiveCandle } from './naive-rollup.js'

// A closed pair's file read by DuckDB alone: the second oracle. Only after engine.close().

const SIDES = ['UNKNOWN', 'BUY', 'SELL']
/** Tables of candles and the lengths of their buckets, µs. */
export const CANDLE_TABLES = [
  ['candles_1m', 60e6],
  ['candles_5m', 300e6],
  ['candles_15m', 900e6],
  ['candles_1h', 3600e6],
  ['candles_1d', 86_400e6],
] as const

export type SqlRow = Record<string, unknown>

/** Where a pair's file lies. */
export function filePath(dataDir: string, exchange: string, market: string, symbol: string) {
  return join(dataDir, ...pairPath(pairKey(exchange, market, symbol)), 'trading.duckdb')
}

/** Rows of a query over a closed file; BIGINTs as numbers where they are exact. */
export async function sql(path: string, query: string): Promise<SqlRow[]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  try {
    const connection = await instance.connect()
    try {
      const rows = (await connection.runAndReadAll(query)).getRowObjectsJS()
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])),
      )
    } finally {
      connection.disconnectSync()
    }
  } finally {
    instance.closeSync()
  }
}

function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

export interface FileTick extends NaiveTick {
  tradeId: number | bigint | null
}

/** Every stored tick: by time, then id, then arrival; ids that are text are no order. */
export async function ticksOf(path: string): Promise<FileTick[]> {
  const rows = await sql(
    path,
    `SELECT epoch_us(timestamp) AS timestamp, seq, price, volume, side::VARCHAR AS side,
       trade_id AS "tradeId" FROM ticks
     ORDER BY ticks.timestamp, TRY_CAST(trade_id AS BIGINT) NULLS LAST, seq`,
  )
  return rows.map((row) => ({ ...row, side: SIDES.indexOf(String(row.side)) })) as FileTick[]
}

/** Candles of a table as the naive model words them, by start. */
export async function candlesOf(path: string, table: string) {
  return sql(
    path,
    `SELECT epoch_us(timestamp) AS start, open, high, low, close, volume, trades,
       buy_volume AS "buyVolume", sell_volume AS "sellVolume", quote_volume AS "quoteVolume", vwap,
       delta FROM ${table} ORDER BY ${table}.timestamp`,
  )
}

/** The candles of one length that end by `watermark`, as the naive model makes them. */
export function closedNaive(ticks: readonly NaiveTick[], lengthUs: number, watermark: number) {
  const buckets = new Map<number, NaiveTick[]>()
  for (const tick of ticks) {
    const start = tick.timestamp - (tick.timestamp % lengthUs)
    const bucket = buckets.get(start)
    if (bucket === undefined) buckets.set(start, [tick])
    else bucket.push(tick)
  }
  return [...buckets]
    .filter(([start]) => start + lengthUs <= watermark)
    .sort(([a], [b]) => a - b)
    .map(([start, members]) => naiveCandle(start, members))
}
