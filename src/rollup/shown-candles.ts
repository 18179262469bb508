import type { CandlePages } from './candle-pages.js'
import { FLAGS_WORD, STORED_FLAG } from './candle-record.js'
import type { DirtyCandles } from './dirty-candles.js'
import type { OpenBuckets } from './open-buckets.js'

/** A row of the store. */
export interface CandlePlace {
  readonly level: number
  /** Start of the bucket, µs. */
  readonly start: number
}

/**
 * Candles that are open and were given to the store all the same, when the input ended. They stay
 * true for as long as nothing is folded: the next tick withdraws all of them, a close replaces the
 * one that closes, and neither counts as a revision.
 */
export class ShownCandles {
  /** Starts (µs) by level, ascending: all open buckets, or none. */
  starts: number[][] = []
  /** Rows that the store holds of withdrawn ones, until clear(). */
  readonly withdrawn: CandlePlace[] = []
  private readonly pages: CandlePages
  private readonly buckets: OpenBuckets
  private readonly dirty: DirtyCandles

  constructor(pages: CandlePages, buckets: OpenBuckets, dirty: DirtyCandles) {
    this.pages = pages
    this.buckets = buckets
    this.dirty = dirty
  }

  get any(): boolean {
    return this.starts.length > 0
  }

  /** Folds every open candle as it stands, lowest level first, marks it dirty, and visits it. */
  show(visit: (level: number, record: Float64Array) => void): void {
    this.starts = this.buckets.starts.map((starts) => [...starts])
    for (const { level, start } of this.places()) {
      if (level > 0) this.pages.refold(level, start)
      const record = this.record(level, start)
      this.dirty.mark(level, record)
      visit(level, record)
    }
  }

  /** A bucket has closed: what the store holds of it is replaced like any other. */
  close(level: number, start: number): void {
    this.starts[level] = this.starts[level].filter((one) => one !== start)
    if (this.starts.every((starts) => starts.length === 0)) this.starts = []
  }

  /** Something is folded: none of them is true any more. */
  withdraw(): void {
    for (const place of this.places()) {
      const record = this.record(place.level, place.start)
      this.dirty.unmark(place.level, record)
      if ((record[FLAGS_WORD] & STORED_FLAG) === 0) continue
      record[FLAGS_WORD] &= ~STORED_FLAG
      this.withdrawn.push(place)
    }
    this.starts = []
  }

  /** The store has let go of the withdrawn rows. */
  clear(): void {
    this.withdrawn.length = 0
  }

  /** As saved: the store holds them. */
  restore(starts: readonly (readonly number[])[]): void {
    this.starts = starts.map((ofLevel) => [...ofLevel])
    for (const { level, start } of this.places()) this.pages.restoreStored(level, start)
  }

  private places(): CandlePlace[] {
    return this.starts.flatMap((starts, level) => starts.map((start) => ({ level, start })))
  }

  private record(level: number, start: number): Float64Array {
    return this.pages.page(level, start).row(level, start) as Float64Array
  }
}
