// Candles made again from what lies below them: minutes from ticks, longer ones from shorter.
import { bucketOf, DAY_US, INTERVAL_US, INTERVALS, MINUTE_US } from '../model/interval.js'
import { type PlacedTrade, tradeWords } from '../model/placed-trade.js'
import type { Side } from '../model/side.js'
import { NO_ID_HIGH } from '../model/trade-order.js'
import {
  candleValues,
  mergeRecord,
  mergeTick,
  RECORD_WORDS,
  REVISION_WORD,
  START_WORD,
  startRecord,
} from '../rollup/candle-record.js'
import { packRecord, unpackRecord } from '../rollup/stored-record.js'
import { type DuckDBConnection, DuckDBTimestampValue } from '../store/duckdb-api.js'
import { wholeAnswer } from '../store/whole-answer.js'

export interface RebuildFacts {
  /** Retention has taken the ticks before this time, µs. */
  readonly ticksFrom: number
  readonly decimals: number
  /** Trades of one time are in the order of their ids. */
  readonly byId: boolean
  /** Candles that end by it are closed, µs. */
  readonly watermark: number
  /** By level: open ones (starts, µs) that are stored, as the end of an input found them. */
  readonly shown: readonly (readonly number[])[]
  /** Start of the first day that ever had a candle, µs. */
  readonly firstDay: number
}

const PAGE_ROWS = 100_000
const LOW_HALF = 2 ** 32 - 1

/**
 * Adds the candles of a level that are not there and should be. `whole`: nothing can be missing any
 * more, since what lies below reaches as far back as there ever was something.
 */
export async function rebuildCandles(
  connection: DuckDBConnection,
  alias: string,
  level: number,
  facts: RebuildFacts,
): Promise<{ candles: number; whole: boolean }> {
  const table = `candles_${INTERVALS[level]}`
  const there = new Set(
    (
      await rowsOf(connection, `SELECT epoch_us(timestamp)::DOUBLE AS t FROM ${alias}.${table}`)
    ).map((row) => row['t'] as number),
  )
  const scale = 10 ** facts.decimals
  const made =
    level === 0
      ? await fromTicks(connection, alias, facts)
      : await fromBelow(connection, alias, level, scale)
  const appender = await connection.createAppender(table, 'main', alias)
  let candles = 0
  for (const record of [...made.values()].sort((a, b) => a[START_WORD] - b[START_WORD])) {
    const start = record[START_WORD]
    const open = start + INTERVAL_US[level] > facts.watermark
    if (there.has(start) || (open && facts.shown[level]?.includes(start) !== true)) continue
    appendCandle(appender, record, scale)
    candles++
  }
  appender.closeSync()
  const first = Math.min(...made.keys())
  const reaches = bucketOf(first, DAY_US) <= facts.firstDay
  return { candles, whole: reaches && (level > 0 || facts.ticksFrom === 0) }
}

/** The minutes of the ticks that are kept, by start. */
export async function fromTicks(connection: DuckDBConnection, alias: string, facts: RebuildFacts) {
  const scale = 10 ** facts.decimals
  const from = Math.ceil(facts.ticksFrom / MINUTE_US) * MINUTE_US
  const made = new Map<number, Float64Array>()
  const halves = facts.byId
    ? `coalesce(trade_id >> 32, ${NO_ID_HIGH})::DOUBLE AS "idHigh",
       coalesce(trade_id & ${LOW_HALF}, 0)::DOUBLE AS "idLow"`
    : `${NO_ID_HIGH}::DOUBLE AS "idHigh", 0::DOUBLE AS "idLow"`
  for (let after = -1; ; ) {
    const ticks = await rowsOf(
      connection,
      `SELECT epoch_us(timestamp)::DOUBLE AS timestamp, seq::DOUBLE AS seq, price, volume, ${halves},
         CASE side WHEN 'BUY' THEN 1 WHEN 'SELL' THEN 2 ELSE 0 END AS side
       FROM ${alias}.ticks WHERE seq > ${after} ORDER BY seq LIMIT ${PAGE_ROWS}`,
    )
    for (const tick of ticks) {
      const trade = tick as unknown as PlacedTrade & { readonly side: Side }
      if (trade.timestamp < from) continue
      const record = recordAt(made, bucketOf(trade.timestamp, MINUTE_US))
      mergeTick(record, tradeWords(trade, scale), trade.side, scale)
    }
    if (ticks.length < PAGE_ROWS) return made
    after = ticks[ticks.length - 1]?.['seq'] as number
  }
}

/** The candles of a level, by start, from those a level below. */
export async function fromBelow(
  connection: DuckDBConnection,
  alias: string,
  level: number,
  scale: number,
) {
  const below = `${alias}.candles_${INTERVALS[level - 1]}`
  const made = new Map<number, Float64Array>()
  for (const row of await rowsOf(connection, `SELECT record FROM ${below} ORDER BY timestamp`)) {
    const part = recordOf(row['record'], scale)
    mergeRecord(recordAt(made, bucketOf(part[START_WORD], INTERVAL_US[level])), part)
  }
  return made
}

/** A record as its row holds it, in memory of its own. */
export function recordOf(blob: unknown, scale: number): Float64Array {
  return unpackRecord(new Float64Array(new Uint8Array(blob as Uint8Array).buffer), scale)
}

function recordAt(made: Map<number, Float64Array>, start: number): Float64Array {
  let record = made.get(start)
  if (record === undefined) {
    record = new Float64Array(RECORD_WORDS)
    startRecord(record, start)
    made.set(start, record)
  }
  return record
}

type Appender = Awaited<ReturnType<DuckDBConnection['createAppender']>>

/** Writes a candle's row. */
export function appendCandle(appender: Appender, record: Float64Array, scale: number): void {
  const v = candleValues(record, scale)
  appender.appendTimestamp(new DuckDBTimestampValue(BigInt(record[START_WORD])))
  for (const value of [v.open, v.high, v.low, v.close, v.volume]) appender.appendDouble(value)
  appender.appendBigInt(BigInt(v.trades))
  for (const value of [v.buyVolume, v.sellVolume, v.quoteVolume, v.vwap, v.delta]) {
    appender.appendDouble(value)
  }
  appender.appendInteger(record[REVISION_WORD])
  appender.appendBlob(new Uint8Array(packRecord(record).buffer))
  appender.endRow()
}

async function rowsOf(connection: DuckDBConnection, sql: string) {
  return (await wholeAnswer(connection, sql)).getRowObjectsJS()
}
