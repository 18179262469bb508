import { bare, EngineError } from '../errors.js'

// Candle intervals, shortest first: each is folded from the one before it.

/** Every candle interval, shortest first. */
export const INTERVALS = ['1m', '5m', '15m', '1h', '1d'] as const
/** A candle's length. */
export type Interval = (typeof INTERVALS)[number]

export const MINUTE_US = 60_000_000
export const HOUR_US = 60 * MINUTE_US
export const DAY_US = 24 * HOUR_US

/** Length of each interval in µs, in the order of INTERVALS. */
export const INTERVAL_US: readonly number[] = [
  MINUTE_US,
  5 * MINUTE_US,
  15 * MINUTE_US,
  HOUR_US,
  DAY_US,
]

/** Index of an interval in INTERVALS; throws BAD_ARGUMENT for any other word. */
export function levelOf(interval: string): number {
  const level = INTERVALS.indexOf(interval as Interval)
  if (level >= 0) return level
  throw new EngineError(
    'BAD_ARGUMENT',
    `interval must be one of ${INTERVALS.join(', ')}: interval=${bare(interval)}`,
  )
}

/**
 * Start of the bucket of `lengthUs` that holds `timestamp` (both µs; buckets count from the epoch).
 */
export function bucketOf(timestamp: number, lengthUs: number): number {
  return timestamp - (timestamp % lengthUs)
}
