import {
  addQuote,
  addTradeVolume,
  differenceValue,
  mergeSum,
  quoteValue,
  SUM_WORDS,
  sumValue,
} from '../model/exact-sum.js'
import { Side } from '../model/side.js'
import {
  TRADE_ID_HIGH,
  TRADE_ID_LOW,
  TRADE_PRICE,
  TRADE_SEQ,
  TRADE_TS,
} from '../model/trade-words.js'

// A candle under construction: one Float64Array, so that folding allocates nothing and a copy is
// one `set`. It keeps (timestamp, id, seq) of its first and its last tick: open and close are
// decided by them (trade-order.ts), and a late tick finds its place when the ticks are gone.
//
//   start open high low close | firstTs firstSeq lastTs lastSeq | trades
//   buy[8] sell[8] unknown[8] quote[8] (exact sums) | flags revision
//   firstId[2] lastId[2] (upper and lower half)

/** Bucket start, µs since the epoch. */
export const START_WORD = 0
export const OPEN_WORD = 1
export const HIGH_WORD = 2
export const LOW_WORD = 3
export const CLOSE_WORD = 4
/** Timestamp (µs) and sequence of the tick that gave the open. */
export const FIRST_TS_WORD = 5
export const FIRST_SEQ_WORD = 6
/** Timestamp (µs) and sequence of the tick that gave the close. */
export const LAST_TS_WORD = 7
export const LAST_SEQ_WORD = 8
export const TRADES_WORD = 9
/** First words of the four exact sums: volume bought, sold, of unknown side; price × volume. */
export const BUY_WORD = 10
export const SELL_WORD = BUY_WORD + SUM_WORDS
export const UNKNOWN_WORD = SELL_WORD + SUM_WORDS
export const QUOTE_WORD = UNKNOWN_WORD + SUM_WORDS
export const FLAGS_WORD = QUOTE_WORD + SUM_WORDS
/** How often the candle was posted again; 0 when first posted. */
export const REVISION_WORD = FLAGS_WORD + 1
/** Halves of the ids of the ticks that gave the open and the close, upper half first. */
export const FIRST_ID_WORD = REVISION_WORD + 1
export const LAST_ID_WORD = FIRST_ID_WORD + 2
/** Float64 words of one record. */
export const RECORD_WORDS = LAST_ID_WORD + 2

/** A sum holds values off the decimal grid. The only flag worth storing. */
export const OFF_GRID_FLAG = 1
/** The candle has been given to the sink. */
export const POSTED_FLAG = 2
/** The store holds a row of this bucket. */
export const STORED_FLAG = 4
/** The store's row, if any, is behind this record. */
export const DIRTY_FLAG = 8

/** The figures of a candle, rounded once each. Volumes in the pair's units. */
export interface CandleValues {
  open: number
  high: number
  low: number
  close: number
  volume: number
  trades: number
  buyVolume: number
  sellVolume: number
  quoteVolume: number
  vwap: number
  delta: number
}

/** Makes `record` an empty candle of the bucket at `start` (µs). */
export function startRecord(record: Float64Array, start: number): void {
  record.fill(0)
  record[START_WORD] = start
  record[HIGH_WORD] = Number.NEGATIVE_INFINITY
  record[LOW_WORD] = Number.POSITIVE_INFINITY
  record[FIRST_TS_WORD] = Number.POSITIVE_INFINITY
  record[LAST_TS_WORD] = Number.NEGATIVE_INFINITY
}

/** Folds one trade, in words as trade-words.ts has them. */
export function mergeTick(
  record: Float64Array,
  trade: Float64Array,
  side: Side,
  scale: number,
): void {
  const price = trade[TRADE_PRICE]
  const timestamp = trade[TRADE_TS]
  if (price > record[HIGH_WORD]) record[HIGH_WORD] = price
  if (price < record[LOW_WORD]) record[LOW_WORD] = price
  const lastTs = record[LAST_TS_WORD]
  if (
    timestamp > lastTs ||
    (timestamp === lastTs && compareTick(record, LAST_ID_WORD, LAST_SEQ_WORD, trade) > 0)
  ) {
    record[CLOSE_WORD] = price
    record[LAST_TS_WORD] = timestamp
    record[LAST_ID_WORD] = trade[TRADE_ID_HIGH]
    record[LAST_ID_WORD + 1] = trade[TRADE_ID_LOW]
    record[LAST_SEQ_WORD] = trade[TRADE_SEQ]
  }
  if (timestamp <= record[FIRST_TS_WORD]) offerFirst(record, trade)
  record[TRADES_WORD] += 1
  const at = side === Side.Buy ? BUY_WORD : side === Side.Sell ? SELL_WORD : UNKNOWN_WORD
  const volumeOff = addTradeVolume(record, at, trade, scale)
  const quoteOff = addQuote(record, QUOTE_WORD, trade, scale)
  if (volumeOff || quoteOff) record[FLAGS_WORD] |= OFF_GRID_FLAG
}

// Most ticks are behind the first.
function offerFirst(record: Float64Array, trade: Float64Array): void {
  const sameTime = trade[TRADE_TS] === record[FIRST_TS_WORD]
  if (sameTime && compareTick(record, FIRST_ID_WORD, FIRST_SEQ_WORD, trade) >= 0) return
  record[OPEN_WORD] = trade[TRADE_PRICE]
  record[FIRST_TS_WORD] = trade[TRADE_TS]
  record[FIRST_ID_WORD] = trade[TRADE_ID_HIGH]
  record[FIRST_ID_WORD + 1] = trade[TRADE_ID_LOW]
  record[FIRST_SEQ_WORD] = trade[TRADE_SEQ]
}

/** Folds a candle of a shorter interval, or another part of the same one. */
export function mergeRecord(into: Float64Array, from: Float64Array): void {
  if (from[HIGH_WORD] > into[HIGH_WORD]) into[HIGH_WORD] = from[HIGH_WORD]
  if (from[LOW_WORD] < into[LOW_WORD]) into[LOW_WORD] = from[LOW_WORD]
  const lastTs = from[LAST_TS_WORD]
  const last = lastTs - into[LAST_TS_WORD] || compareAt(into, from, LAST_ID_WORD, LAST_SEQ_WORD)
  if (last > 0) {
    into[CLOSE_WORD] = from[CLOSE_WORD]
    into[LAST_TS_WORD] = lastTs
    into[LAST_ID_WORD] = from[LAST_ID_WORD]
    into[LAST_ID_WORD + 1] = from[LAST_ID_WORD + 1]
    into[LAST_SEQ_WORD] = from[LAST_SEQ_WORD]
  }
  const firstTs = from[FIRST_TS_WORD]
  const first =
    firstTs - into[FIRST_TS_WORD] || compareAt(into, from, FIRST_ID_WORD, FIRST_SEQ_WORD)
  if (first < 0) {
    into[OPEN_WORD] = from[OPEN_WORD]
    into[FIRST_TS_WORD] = firstTs
    into[FIRST_ID_WORD] = from[FIRST_ID_WORD]
    into[FIRST_ID_WORD + 1] = from[FIRST_ID_WORD + 1]
    into[FIRST_SEQ_WORD] = from[FIRST_SEQ_WORD]
  }
  into[TRADES_WORD] += from[TRADES_WORD]
  mergeSum(into, BUY_WORD, from, BUY_WORD)
  mergeSum(into, SELL_WORD, from, SELL_WORD)
  mergeSum(into, UNKNOWN_WORD, from, UNKNOWN_WORD)
  mergeSum(into, QUOTE_WORD, from, QUOTE_WORD)
  into[FLAGS_WORD] |= from[FLAGS_WORD] & OFF_GRID_FLAG
}

// Of one time: above 0 where the tick comes behind the one whose id and seq stand at the words.
function compareTick(
  record: Float64Array,
  idWord: number,
  seqWord: number,
  trade: Float64Array,
): number {
  return (
    trade[TRADE_ID_HIGH] - record[idWord] ||
    trade[TRADE_ID_LOW] - record[idWord + 1] ||
    trade[TRADE_SEQ] - record[seqWord]
  )
}

// The same of the tick that stands at the words of another record.
function compareAt(
  into: Float64Array,
  from: Float64Array,
  idWord: number,
  seqWord: number,
): number {
  return (
    from[idWord] - into[idWord] ||
    from[idWord + 1] - into[idWord + 1] ||
    from[seqWord] - into[seqWord]
  )
}

/** The figures of a record that has trades. */
export function candleValues(record: Float64Array, scale: number): CandleValues {
  const total = new Float64Array(SUM_WORDS)
  mergeSum(total, 0, record, BUY_WORD)
  mergeSum(total, 0, record, SELL_WORD)
  mergeSum(total, 0, record, UNKNOWN_WORD)
  const volume = sumValue(total, 0, scale)
  const quoteVolume = quoteValue(record, QUOTE_WORD, scale)
  return {
    open: record[OPEN_WORD],
    high: record[HIGH_WORD],
    low: record[LOW_WORD],
    close: record[CLOSE_WORD],
    volume,
    trades: record[TRADES_WORD],
    buyVolume: sumValue(record, BUY_WORD, scale),
    sellVolume: sumValue(record, SELL_WORD, scale),
    quoteVolume,
    vwap: volume === 0 ? record[CLOSE_WORD] : quoteVolume / volume,
    delta: differenceValue(record, BUY_WORD, SELL_WORD, scale),
  }
}
