// Candles as they are answered: stored records and open ones, with CVD and what fills their gaps.
import { CANDLE_NUMBERS, type CandleArrays } from '../model/arrays.js'
import { differenceValue, mergeSum, SUM_WORDS } from '../model/exact-sum.js'
import { bucketOf, DAY_US, INTERVALS, type Interval } from '../model/interval.js'
import {
  BUY_WORD,
  candleValues,
  REVISION_WORD,
  SELL_WORD,
  START_WORD,
} from '../rollup/candle-record.js'
import type { PairState } from './pair-state.js'

export type CandleRow = ReturnType<typeof rowOf>

function rowOf(pair: PairState, level: number, record: Float64Array, closed: boolean, cvd: number) {
  const {
    open,
    high,
    low,
    close,
    volume,
    trades,
    buyVolume,
    sellVolume,
    quoteVolume,
    vwap,
    delta,
  } = candleValues(record, pair.scale)
  return {
    pair: pair.name,
    interval: INTERVALS[level],
    timestamp: record[START_WORD],
    open,
    high,
    low,
    close,
    volume,
    trades,
    buyVolume,
    sellVolume,
    quoteVolume,
    vwap,
    delta,
    revision: record[REVISION_WORD],
    closed,
    cvd,
  }
}

/** Copies of every open candle of the level, oldest first: the newest as the rollup folds it. */
export function openRecords(pair: PairState, level: number): Float64Array[] {
  return pair.rollup.openCandles(level).map((record) => record.slice())
}

/** CVD at each candle's close: the running sum of exact deltas from the anchor. */
export function withCvd(
  pair: PairState,
  level: number,
  all: readonly { r: Float64Array; closed: boolean }[],
): CandleRow[] {
  const sums = new Float64Array(2 * SUM_WORDS)
  const byDay = pair.engine.anchor === 'utc-day'
  if (!byDay) sums.set(pair.base.subarray(level * 2 * SUM_WORDS, (level + 1) * 2 * SUM_WORDS))
  let day = -1
  return all.map(({ r, closed }) => {
    const today = bucketOf(r[START_WORD], DAY_US)
    if (byDay && today !== day) sums.fill(0)
    day = today
    mergeSum(sums, 0, r, BUY_WORD)
    mergeSum(sums, SUM_WORDS, r, SELL_WORD)
    return rowOf(pair, level, r, closed, differenceValue(sums, 0, SUM_WORDS, pair.scale))
  })
}

/** With the empty buckets between: 'previous' at the last close, 'zero' at 0. */
export function fillGaps(
  rows: CandleRow[],
  lengthUs: number,
  how: 'previous' | 'zero',
  anchor: string,
): CandleRow[] {
  const filled: CandleRow[] = []
  for (const row of rows) {
    const last = filled[filled.length - 1]
    if (last !== undefined) {
      for (let t = last.timestamp + lengthUs; t < row.timestamp; t += lengthUs) {
        const price = how === 'previous' ? last.close : 0
        // The anchor may lie among the empty ones.
        const anew = anchor === 'utc-day' && bucketOf(t, DAY_US) > bucketOf(last.timestamp, DAY_US)
        filled.push({ ...emptyRow(last, t, price), ...(anew ? { cvd: 0 } : {}) })
      }
    }
    filled.push(row)
  }
  return filled
}

function emptyRow(last: CandleRow, timestamp: number, price: number): CandleRow {
  return {
    ...last,
    timestamp,
    open: price,
    high: price,
    low: price,
    close: price,
    vwap: price,
    volume: 0,
    trades: 0,
    buyVolume: 0,
    sellVolume: 0,
    quoteVolume: 0,
    delta: 0,
    revision: 0,
    closed: true,
  }
}

/** Rows as columns. */
export function candleArrays(pair: string, interval: Interval, rows: readonly CandleRow[]) {
  const column = (name: (typeof CANDLE_NUMBERS)[number]) => [
    name,
    Float64Array.from(rows, (row) => row[name]),
  ]
  return {
    length: rows.length,
    pair,
    interval,
    ...Object.fromEntries(CANDLE_NUMBERS.map(column)),
    closed: Uint8Array.from(rows, ({ closed }) => (closed ? 1 : 0)),
  } as CandleArrays
}
