import { bare } from '../errors.js'
import { timeUnitOf } from './time.js'

/**
 * What `trade()` returns instead of a receipt: negative, one code for each reason. Nothing refused
 * was received.
 */
export const Refusal = {
  /** Ring (and spill, where there is one) are full; try again later. */
  RingFull: -1,
  /** The engine is closing or closed. */
  Closed: -2,
  /** Price, volume or a time is not a finite number. */
  NotFinite: -3,
  /** The timestamp can only be s, ms or ns: times are µs since the epoch. */
  TimeUnit: -4,
  /**
   * The id is not a whole number from 0 to 2^63 − 1 that arrived exactly: pass a bigint or a
   * decimal string.
   */
  IdNotExact: -5,
  /** The pair's shard has been given up after too many faults. */
  ShardFailed: -6,
  /** The pair's file cannot be used, or was made with other options; see the fault event. */
  PairRefused: -7,
  /** A venue's message that cannot be read at all; nothing was offered to any pair. */
  BadMessage: -8,
} as const
export type Refusal = (typeof Refusal)[keyof typeof Refusal]

/** The reason as a word, 'ring-full' say. */
export const REFUSAL_NAMES: Readonly<Record<number, string>> = {
  [-1]: 'ring-full',
  [-2]: 'closed',
  [-3]: 'not-finite',
  [-4]: 'time-unit',
  [-5]: 'id-not-exact',
  [-6]: 'shard-failed',
  [-7]: 'pair-refused',
  [-8]: 'bad-message',
}

/** What is wrong with a refused value and what to do, for the fault event. */
export function refusalRemedy(refusal: number, value: unknown): string {
  if (refusal === Refusal.TimeUnit) {
    const unit = timeUnitOf(Number(value))
    const given = unit === undefined || unit === 'us' ? 'no time since 2000' : `in ${unit}`
    return `times are µs since the epoch, this one is ${given}; convert it: value=${bare(value)}`
  }
  if (refusal === Refusal.IdNotExact) {
    return `a trade id must be a whole number from 0 to 2^63 − 1 that arrived exactly; pass a bigint or its decimal digits: value=${bare(value)}`
  }
  return `${REFUSAL_NAMES[refusal]}: value=${bare(value)}`
}
