// The account of a pair: what was offered, what was refused before it was received, and what feeds
// and adapters made of their input.
import { bare, EngineError } from './errors.js'
import { type ReadCounts, ReadingCounts } from './model/reading-counts.js'
import { REFUSAL_NAMES, type Refusal } from './model/refusal.js'
import { PairReads } from './pair-reads.js'
import type { ShardLink } from './shard-link.js'

/** Where a pair tells what becomes of its input. */
export interface PairTeller {
  refused(pair: string, refusal: number, value: unknown): void
  /** A number of the pair may be wrong. */
  warned(pair: string, code: string, message: string): void
  /** Throws UNKNOWN_PAIR where nothing was ever stored of the pair. */
  checkStored(pair: string): void
}

/** Counts a refusal and has it told; returns it. For Pair alone. */
export let countRefusal: (pair: PairAccount, refusal: number, value: unknown) => number

export class PairAccount extends PairReads {
  /** Calls of trade() and the like; refused ones by code. */
  offered = 0
  readonly refusals = new Map<number, number>()
  readonly #teller: PairTeller
  #readingCounts: ReadingCounts | undefined

  static {
    countRefusal = (pair, refusal, value) => pair.#count(refusal, value)
  }

  /** @internal */
  constructor(id: number, name: string, link: ShardLink, teller: PairTeller) {
    super(id, name, link, (pair) => teller.checkStored(pair))
    this.#teller = teller
  }

  /** Calls that were refused, whatever for. */
  get refused(): number {
    let sum = 0
    for (const count of this.refusals.values()) sum += count
    return sum
  }

  /** Where feeds and adapters count what they made of their input; `reading()` gives it out. */
  get readingCounts(): ReadingCounts {
    this.#readingCounts ??= new ReadingCounts()
    return this.#readingCounts
  }

  /**
   * What feeds and adapters made of their input for this pair since it was opened: sides by word,
   * what was passed over and why, units of time and volume. Trades given to `trade()` itself are
   * not in it.
   */
  reading(): ReadCounts {
    return this.readingCounts.counts()
  }

  /**
   * Counts and tells a trade that an adapter refuses before it could be offered, as `trade()` does
   * with its own refusals. `value` is what was wrong with it. Returns `refusal`; throws
   * BAD_ARGUMENT for what is no `Refusal`.
   */
  refuse(refusal: Refusal, value: unknown): number {
    if (REFUSAL_NAMES[refusal] === undefined) {
      const rule = 'refusal must be one of Refusal'
      throw new EngineError('BAD_ARGUMENT', `${rule}: refusal=${bare(refusal)}`)
    }
    this.offered++
    return this.#count(refusal, value)
  }

  /** Tells, as a `fault` event of this pair, that a number may be wrong. For adapters. */
  warn(code: string, message: string): void {
    this.#teller.warned(this.name, code, message)
  }

  #count(refusal: number, value: unknown): number {
    this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1)
    this.#teller.refused(this.name, refusal, value)
    return refusal
  }
}
