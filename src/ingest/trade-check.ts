// What a trade's numbers must be, and what is wrong with those that are not.
import { Refusal } from '../model/refusal.js'
import { MAX_TIMESTAMP_US, MIN_TIMESTAMP_US } from '../model/time.js'

const MAX_ID = 2n ** 63n - 1n
const TWO_32 = 2 ** 32
/** Bits of an id above its lower 32 that a float64 has room for. */
const EXACT_HIGH_BITS = 21

/** Whether a trade can be made of them: finite, and times in µs (`receivedAt` may be 0). */
export function areNumbers(
  timestamp: number,
  price: number,
  volume: number,
  receivedAt: number,
): boolean {
  // x − x is 0 for finite numbers alone; what is no number at all must not be calculated with.
  return (
    typeof timestamp === 'number' &&
    typeof price === 'number' &&
    typeof volume === 'number' &&
    typeof receivedAt === 'number' &&
    price - price + (volume - volume) === 0 &&
    timestamp >= MIN_TIMESTAMP_US &&
    timestamp <= MAX_TIMESTAMP_US &&
    (receivedAt === 0 || (receivedAt >= MIN_TIMESTAMP_US && receivedAt <= MAX_TIMESTAMP_US))
  )
}

/**
 * Whether the halves of an id say it: it is a whole number from 0 to 2^53 − 1, so that a float64
 * holds it as it was written.
 */
export function isExactId(id: number, low: number, high: number): boolean {
  return high >>> EXACT_HIGH_BITS === 0 && high * TWO_32 + (low >>> 0) === id
}

/** A refusal, and the value that it is about. */
export interface Refused {
  readonly refusal: number
  readonly value: unknown
}

/** What is wrong with the numbers of a trade that trade() did not take. */
export function refusedNumbers(
  timestamp: number,
  price: number,
  volume: number,
  receivedAt: number,
): Refused {
  for (const value of [price, volume, timestamp, receivedAt]) {
    if (!Number.isFinite(value)) return { refusal: Refusal.NotFinite, value }
  }
  const ours = timestamp >= MIN_TIMESTAMP_US && timestamp <= MAX_TIMESTAMP_US
  return { refusal: Refusal.TimeUnit, value: ours ? receivedAt : timestamp }
}

/** A bigint or decimal digits; undefined where it is not a whole number of 63 bits. */
export function wideId(id: unknown): bigint | undefined {
  if (typeof id === 'string' && !/^\d{1,19}$/.test(id)) return undefined
  if (typeof id !== 'string' && typeof id !== 'bigint') return undefined
  const wide = BigInt(id)
  return wide < 0n || wide > MAX_ID ? undefined : wide
}
