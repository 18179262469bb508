// Ticks and candles as columns: what a chart, a backtest or a notebook takes as it is.
import type { Interval } from './interval.js'

/**
 * Ticks as arrays of one length, ascending by time, then id where ids are ordered (those without
 * one last), then arrival; `tradeBatch()` takes them as they are. Times in µs since the epoch.
 */
export interface TickArrays {
  readonly length: number
  readonly timestamp: Float64Array
  readonly price: Float64Array
  readonly volume: Float64Array
  /** As in `Side`. */
  readonly side: Uint8Array
  /** −1 where there was none; undefined where no tick had one; text where the pair's ids are. */
  readonly tradeId: BigInt64Array | readonly (string | undefined)[] | undefined
  /** 0 where there was none. */
  readonly receivedAt: Float64Array
  readonly seq: Float64Array
}

/** The tick behind which a read goes on. */
export interface TickCursor {
  /** µs. */
  readonly timestamp: number
  /** Its id, where it is a whole number. */
  readonly id?: bigint
  readonly seq: number
}

/** Where a read that ended with these goes on; there is at least one. */
export function cursorBehind({ length, timestamp, tradeId, seq }: TickArrays): TickCursor {
  const id = tradeId?.[length - 1]
  return {
    timestamp: timestamp[length - 1],
    ...(typeof id === 'bigint' && id >= 0n ? { id } : {}),
    seq: seq[length - 1],
  }
}

/** Fields of a candle that are numbers. */
export const CANDLE_NUMBERS = [
  'timestamp',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'trades',
  'buyVolume',
  'sellVolume',
  'quoteVolume',
  'vwap',
  'delta',
  'revision',
  'cvd',
] as const

/** Candles as arrays of one length, ascending; fields as in `Candle`. */
export type CandleArrays = Readonly<Record<(typeof CANDLE_NUMBERS)[number], Float64Array>> & {
  readonly length: number
  readonly pair: string
  readonly interval: Interval
  /** 1 = closed. */
  readonly closed: Uint8Array
}

/** The memory of an answer that consists of columns: it is moved to the caller, not copied. */
export function buffersOf(answer: object): ArrayBuffer[] {
  return Object.values(answer)
    .filter((column) => ArrayBuffer.isView(column))
    .map((column) => column.buffer as ArrayBuffer)
}
