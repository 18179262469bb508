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
   * The id is a number that is no whole number from 0 to 2^53 − 1, which did not arrive exactly:
   * pass a bigint or its decimal digits. Or it is text of more than 256 bytes, or no text.
   */
  IdNotExact: -5,
  /** The pair's shard has been given up after too many faults. */
  ShardFailed: -6,
  /** The pair's file cannot be used, or was made with other options; see the fault event. */
  PairRefused: -7,
  /** A venue's message that cannot be read at all; nothing was offered to any pair. */
  BadMessage: -8,
  /**
   * The venue numbers raw and aggregated trades apart, and this pair has taken the other kind: the
   * same trades would be counted twice.
   */
  MixedIds: -9,
  /** What the volume is worth in the pair's unit cannot be told: a quanto contract, say. */
  VolumeUnit: -10,
  /** A swap that a reorganisation of its chain has removed. */
  Removed: -11,
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
  [-9]: 'mixed-ids',
  [-10]: 'volume-unit',
  [-11]: 'removed',
}

/** Codes of the fault event that tells the first refusal of a kind which the caller can mend. */
export const REMEDY_CODES: Readonly<Record<number, string>> = {
  [-4]: 'TIME_UNIT',
  [-5]: 'ID_NOT_EXACT',
  [-9]: 'MIXED_IDS',
  [-10]: 'VOLUME_UNIT',
  [-11]: 'SWAP_REMOVED',
}

const REMEDIES: Readonly<Record<number, string>> = {
  [-9]:
    'raw and aggregated trades are the same trades with other ids; ' +
    'take one kind, live and from history, or a pair for each',
  [-10]:
    "the volume cannot be told in the pair's unit; name contractSize and inverse as the venue " +
    "has them, or take volumes as they come with volumeUnit 'contracts'",
  [-11]:
    'a reorganisation removed a swap that may be stored already; hold swaps until they are ' +
    'deep enough with swapFeed(pair, { confirmations })',
}

/** What is wrong with a refused value and what to do, for the fault event. */
export function refusalRemedy(refusal: number, value: unknown): string {
  if (refusal === Refusal.TimeUnit) {
    const unit = timeUnitOf(Number(value))
    const given = unit === undefined || unit === 'us' ? 'no time since 2000' : `in ${unit}`
    return `times are µs since the epoch, this one is ${given}; convert it: value=${bare(value)}`
  }
  if (refusal === Refusal.IdNotExact) {
    return `a trade id must be a whole number that arrived exactly, or text of 1 to 256 bytes; pass numbers beyond 2^53 as a bigint or decimal digits: value=${bare(value)}`
  }
  const remedy = REMEDIES[refusal]
  if (remedy !== undefined) return `${remedy}: value=${bare(value)}`
  return `${REFUSAL_NAMES[refusal]}: value=${bare(value)}`
}
