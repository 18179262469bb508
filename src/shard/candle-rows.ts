// Candles as they are answered: stored records and open ones, with CVD and what fills their gaps.
import { EngineError } from '../errors.js'
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
  return {
    pair: pair.name,
    interval: INTERVALS[level],
    timestamp: record[START_WORD],
    ...candleValues(record, pair.scale),
    revision: record[REVISION_WORD],
    closed,
    cvd,
  }
}

/** Copies of every open candle of the level, oldest first: the newest as the rollup folds it. */
export function openRecords(pair: PairState, level: number): Float64Array[] {
  return pair.rollup.openCandles(level).map((record) => record.slice())
}

/** What CVD goes on from where it has no anchor, and through which candle; a copy. */
export interface CvdBase {
  readonly sums: Float64Array
  readonly through: number
}

/** The level's base as it is now; undefined where CVD starts anew each day. */
export function baseOf(pair: PairState, level: number): CvdBase | undefined {
  if (pair.engine.anchor === 'utc-day') return undefined
  const at = level * 2 * SUM_WORDS
  return { sums: pair.base.slice(at, at + 2 * SUM_WORDS), through: pair.baseThrough[level] }
}

/** CVD at each candle's close: the running sum of exact deltas from the anchor, or the base. */
export function withCvd(
  pair: PairState,
  level: number,
  all: readonly { r: Float64Array; closed: boolean }[],
  base: CvdBase | undefined,
): CandleRow[] {
  const sums = base?.sums ?? new Float64Array(2 * SUM_WORDS)
  let day = -1
  return all.map(({ r, closed }) => {
    const today = bucketOf(r[START_WORD], DAY_US)
    if (base === undefined && today !== day) sums.fill(0)
    day = today
    mergeSum(sums, 0, r, BUY_WORD)
    mergeSum(sums, SUM_WORDS, r, SELL_WORD)
    return rowOf(pair, level, r, closed, differenceValue(sums, 0, SUM_WORDS, pair.scale))
  })
}

/** Rows that filling may come to, where no limit says less: two years of minutes. */
const MOST_FILLED = 1_051_200

interface Filling {
  readonly lengthUs: number
  readonly how: 'previous' | 'zero'
  readonly anchor: string
  readonly limit: number | undefined
}

/**
 * With the empty buckets between: 'previous' at the last close, 'zero' at 0. From the newest back,
 * so that a limit ends it. Throws BAD_ARGUMENT where it would be too many.
 */
export function fillGaps(
  rows: readonly CandleRow[],
  { lengthUs, how, anchor, limit }: Filling,
): CandleRow[] {
  const all =
    rows.length === 0 ? 0 : (rows[rows.length - 1].timestamp - rows[0].timestamp) / lengthUs + 1
  const most = Math.min(limit ?? Number.POSITIVE_INFINITY, all)
  if (most > MOST_FILLED) {
    const rule = `filled candles must be at most ${MOST_FILLED}; give limit, or from and to`
    throw new EngineError('BAD_ARGUMENT', `${rule}: candles=${most}`)
  }
  const filled: CandleRow[] = []
  for (let i = rows.length - 1; i >= 0 && filled.length < most; i--) {
    filled.push(rows[i])
    const last = rows[i - 1]
    if (last === undefined) break
    const price = how === 'previous' ? last.close : 0
    for (let t = rows[i].timestamp - lengthUs; t > last.timestamp; t -= lengthUs) {
      if (filled.length >= most) break
      // The anchor may lie among the empty ones.
      const anew = anchor === 'utc-day' && bucketOf(t, DAY_US) > bucketOf(last.timestamp, DAY_US)
      filled.push({ ...emptyRow(last, t, price), ...(anew ? { cvd: 0 } : {}) })
    }
  }
  return filled.reverse()
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
