import type { Interval } from './interval.js'

/**
 * One candle. `timestamp` is the start of its bucket, µs since the epoch; volumes are in the pair's
 * units.
 */
export interface Candle {
  readonly pair: string
  readonly interval: Interval
  /** Start of the bucket, µs since the epoch. */
  readonly timestamp: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  /** All volume: bought, sold and of unknown side. */
  readonly volume: number
  readonly trades: number
  /** Volume of trades whose taker bought. */
  readonly buyVolume: number
  /** Volume of trades whose taker sold. */
  readonly sellVolume: number
  /** Sum of price × volume. */
  readonly quoteVolume: number
  /** quoteVolume / volume. */
  readonly vwap: number
  /** buyVolume − sellVolume. */
  readonly delta: number
  /** How often the candle was corrected by late trades; 0 when first posted. */
  readonly revision: number
  /** false while the candle can still change without being late. */
  readonly closed: boolean
  /**
   * Running sum of delta from the pair's anchor at this candle's close; only in answers of
   * `candles()`.
   */
  readonly cvd?: number
}
