import { INTERVAL_US } from '../model/interval.js'
import { type CandlePages, LEVELS } from './candle-pages.js'
import { mergeRecord, RECORD_WORDS, startRecord, TRADES_WORD } from './candle-record.js'
import type { OpenBuckets } from './open-buckets.js'

/**
 * Candles still open, folded on demand: the closed candles of the level below (remembered until
 * one of them changes) and the open ones. It is asked after every drain, so it must be cheap.
 */
export class OpenCandle {
  private readonly pages: CandlePages
  private readonly buckets: OpenBuckets
  private readonly scratch: Float64Array[] = []
  private readonly closedPart: Float64Array[] = []
  // Which bucket each scratch record holds, as long as no tick came in and no candle closed.
  private readonly foldedStart = new Float64Array(LEVELS).fill(Number.NaN)
  private foldedTrades = -1
  private readonly closedStart = new Float64Array(LEVELS).fill(Number.NaN)

  constructor(pages: CandlePages, buckets: OpenBuckets) {
    this.pages = pages
    this.buckets = buckets
    for (let level = 0; level < LEVELS; level += 1) {
      this.scratch.push(new Float64Array(RECORD_WORDS))
      this.closedPart.push(new Float64Array(RECORD_WORDS))
    }
  }

  /** A closed candle of `level` was made or changed. */
  forget(level: number): void {
    if (level + 1 < LEVELS) this.closedStart[level + 1] = Number.NaN
    this.foldedTrades = -1
  }

  /** The open candle of a bucket; memory that the next call overwrites. */
  at(level: number, start: number, watermark: number): Float64Array {
    let trades = 0
    for (const minute of this.buckets.starts[0]) trades += this.minute(minute)[TRADES_WORD]
    if (trades !== this.foldedTrades) this.foldedStart.fill(Number.NaN)
    this.foldedTrades = trades
    return this.fold(level, start, watermark)
  }

  private minute(start: number): Float64Array {
    return this.pages.page(0, start).row(0, start) as Float64Array
  }

  private fold(level: number, start: number, watermark: number): Float64Array {
    if (level === 0) return this.minute(start)
    const record = this.scratch[level]
    if (this.foldedStart[level] === start) return record
    const closed = this.closedPart[level]
    if (this.closedStart[level] !== start) {
      startRecord(closed, start)
      this.pages.mergeChildren(closed, level, start, watermark)
      this.closedStart[level] = start
    }
    record.set(closed)
    const end = start + INTERVAL_US[level]
    for (const child of this.buckets.starts[level - 1]) {
      if (child >= start && child < end) mergeRecord(record, this.fold(level - 1, child, watermark))
    }
    this.foldedStart[level] = start
    return record
  }
}
