import { EngineError, invariant } from '../errors.js'
import { HOUR_US, INTERVAL_US, MINUTE_US } from '../model/interval.js'
import type { Side } from '../model/side.js'
import { TRADE_TS } from '../model/trade-words.js'
import { CandlePages, LEVELS } from './candle-pages.js'
import {
  FLAGS_WORD,
  mergeTick,
  POSTED_FLAG,
  RECORD_WORDS,
  REVISION_WORD,
  startRecord,
} from './candle-record.js'
import { type DirtyCandleHandler, DirtyCandles } from './dirty-candles.js'
import { OpenBuckets } from './open-buckets.js'
import { OpenCandle } from './open-candle.js'
import type { CandleSink, RollupOptions, RollupState } from './rollup-state.js'
import { ShownCandles } from './shown-candles.js'

// The candles of one pair. Ticks go into 1-minute candles; every longer candle is a pure fold of
// the ones a level below, made when the watermark passes its end and made again when a late tick
// changed one of them. No clock and no I/O: the caller loads pages (needs, loadHour) and stores
// candles (forEachDirty, clearDirty). What is posted depends on nothing but the order of the calls.

const EMPTY = new Float64Array(0)

/** Rolls one pair's trades up into candles. */
export class Rollup {
  /** Lower bound on the event time still expected, µs; a bucket that ends by it is closed. */
  watermark = Number.NEGATIVE_INFINITY
  private readonly scale: number
  private readonly sink: CandleSink
  private readonly pages: CandlePages
  private readonly buckets = new OpenBuckets()
  private readonly dirty: DirtyCandles
  /** Open candles that the store was given when the input ended. */
  readonly shown: ShownCandles
  private readonly openFold: OpenCandle
  // The open minute of the last tick. Empty (start > end) while a revision is pending, so that the
  // fast path of add() need not ask.
  private current: Float64Array = EMPTY
  private currentStart = Number.POSITIVE_INFINITY
  private currentEnd = Number.NEGATIVE_INFINITY
  // The closed minute that late ticks are changing: its next post counts as one revision.
  private pendingStart = -1
  private pendingPosted: boolean[] = []
  private pending: Float64Array = EMPTY
  private pendingFolded = false
  // The hour loaded for a tick that has not come yet: a commit in between must not let it go.
  private loadedHour = Number.NaN

  constructor(options: RollupOptions) {
    this.scale = options.scale
    this.sink = options.sink
    this.pages = new CandlePages(options.maxHourPages, options.maxDayPages, options.scale)
    this.dirty = new DirtyCandles(this.pages)
    this.shown = new ShownCandles(this.pages, this.buckets, this.dirty)
    this.openFold = new OpenCandle(this.pages, this.buckets)
  }

  /** Earliest end of an open bucket, µs, or Infinity: advance() to less closes nothing. */
  get nextCloseEnd(): number {
    return this.buckets.nextEnd
  }

  /** Whether late ticks wait for settleRevisions(), advance() or a tick elsewhere to be posted. */
  get revisionPending(): boolean {
    return this.pendingStart >= 0
  }

  /** Candles that forEachDirty() would give. */
  get dirtyCandles(): number {
    return this.dirty.count
  }

  /** -1 if a tick at `timestamp` can be folded now, else the start (µs) of the hour to load. */
  needs(timestamp: number): number {
    if (timestamp >= this.currentStart && timestamp < this.currentEnd) return -1
    return this.pages.needs(timestamp)
  }

  /**
   * Puts stored candles into memory: by level, those of the hour (levels 0 to 2) and of its day
   * (levels 3, 4), in any order. The records are kept, not copied. What is in memory stays.
   */
  loadHour(hourStart: number, rowsByLevel: readonly (readonly Float64Array[])[]): void {
    this.pages.load(hourStart, rowsByLevel)
    this.takeUpPending(hourStart)
    this.loadedHour = hourStart
    this.pages.evict(this.watermark, hourStart, this.pendingStart)
  }

  /** Folds one trade, in words as trade-words.ts has them; needs() of its time must be -1. */
  add(trade: Float64Array, side: Side): void {
    const timestamp = trade[TRADE_TS]
    if (!(timestamp >= this.currentStart && timestamp < this.currentEnd)) this.seek(timestamp)
    mergeTick(this.pendingStart < 0 ? this.current : this.pending, trade, side, this.scale)
  }

  /** Moves the watermark (µs) on and closes, by end and then level, every bucket it passed. */
  advance(watermark: number): void {
    this.settleRevisions()
    if (!(watermark > this.watermark)) return
    this.watermark = watermark
    while (this.buckets.nextEnd <= watermark) {
      const level = this.buckets.nextLevel
      const start = this.buckets.takeNext()
      if (level === 0 && start === this.currentStart) this.leaveCurrent()
      if (level > 0) this.refold(level, start)
      this.post(level, start)
    }
  }

  /** Posts the pending revision, if any: the minute and the closed candles above, lowest first. */
  settleRevisions(): void {
    if (this.pendingStart < 0) return
    const minute = this.pendingStart
    this.foldPending()
    this.pendingStart = -1
    for (let level = 0; level < LEVELS; level += 1) {
      const start = minute - (minute % INTERVAL_US[level])
      if (start + INTERVAL_US[level] > this.watermark) break
      this.post(level, start)
    }
  }

  /** The input has ended: posts open candles as they stand; false where nothing is new to tell. */
  showOpen(): boolean {
    if (this.shown.any || this.buckets.nextEnd === Number.POSITIVE_INFINITY) return false
    if (this.pendingStart >= 0) this.foldPending()
    // The next tick is not merged before it has withdrawn them.
    this.leaveCurrent()
    this.shown.show((level, record) => this.sink.candle(level, record, false))
    return true
  }

  /** The newest open candle of a level, in memory that the next call or tick overwrites. */
  openCandle(level: number): Float64Array | undefined {
    const start = this.buckets.newest(level)
    if (Number.isNaN(start)) return undefined
    if (this.pendingStart >= 0) this.foldPending()
    return this.openFold.at(level, start, this.watermark)
  }

  /** Copies of all open candles of a level, oldest first; seldom more than one. */
  openCandles(level: number): Float64Array[] {
    if (this.pendingStart >= 0) this.foldPending()
    const starts = this.buckets.starts[level]
    return starts.map((start) => this.openFold.at(level, start, this.watermark).slice())
  }

  /** Every candle closed or changed since clearDirty(), each once, shortest interval first. */
  forEachDirty(handler: DirtyCandleHandler): void {
    if (this.pendingStart >= 0) this.foldPending()
    this.dirty.forEach(handler)
  }

  /** The store has written what forEachDirty() gave. */
  clearDirty(): void {
    this.dirty.clear()
    this.shown.clear()
    this.pages.hours.settle()
    this.pages.days.settle()
    this.pages.evict(this.watermark, this.pendingStart, this.loadedHour)
  }

  /** The state to store in the transaction that stores the dirty candles. */
  save(): RollupState {
    return {
      scale: this.scale,
      watermark: this.watermark,
      open: this.buckets.starts.map((starts) => [...starts]),
      records: this.pages.copyMinutes(this.buckets.starts[0]),
      pendingStart: this.pendingStart,
      pendingPosted: this.pendingPosted,
      hours: { ...this.pages.hours.seen },
      days: { ...this.pages.days.seen },
      shown: this.shown.starts.map((starts) => [...starts]),
    }
  }

  /** A rollup as saved; load every hour of pagesToLoad() first. Another scale: BAD_OPTION. */
  static restore(state: RollupState, options: RollupOptions): Rollup {
    if (state.scale !== options.scale) {
      const facts = `stored=${state.scale} scale=${options.scale}`
      throw new EngineError('BAD_OPTION', `scale differs from that of the stored candles: ${facts}`)
    }
    const rollup = new Rollup(options)
    const { pages, buckets } = rollup
    rollup.watermark = state.watermark
    rollup.pendingStart = state.pendingStart
    rollup.pendingPosted = state.pendingPosted
    pages.hours.mayBeStored(state.hours.from, state.hours.to)
    pages.days.mayBeStored(state.days.from, state.days.to)
    for (let level = 0; level < LEVELS; level += 1) {
      for (const start of state.open[level]) buckets.open(level, start)
    }
    pages.restoreMinutes(state.open[0], state.records)
    rollup.shown.restore(state.shown ?? [])
    return rollup
  }

  /** After restore(): hours (starts, µs) whose candles, and whose day's, the open buckets need. */
  pagesToLoad(): number[] {
    return this.buckets.hours(this.pendingStart).filter((hour) => this.pages.needs(hour) >= 0)
  }

  // Makes the minute of `timestamp` the one add() merges into: pending if closed, else current.
  private seek(timestamp: number): void {
    const start = timestamp - (timestamp % MINUTE_US)
    if (this.shown.any) this.shown.withdraw()
    if (this.pendingStart >= 0) {
      if (start === this.pendingStart) {
        this.touchPending()
        return
      }
      this.settleRevisions()
    }
    invariant(this.pages.needs(timestamp) < 0, `candle page is loaded: timestamp=${timestamp}`)
    if (this.pages.ensure(timestamp)) this.pages.evict(this.watermark, timestamp, Number.NaN)
    this.loadedHour = Number.NaN
    const page = this.pages.page(0, start)
    let record = page.row(0, start)
    if (record === undefined) {
      record = new Float64Array(RECORD_WORDS)
      startRecord(record, start)
      page.put(0, start, record)
      this.buckets.openAbove(start, this.watermark)
    }
    if (start + MINUTE_US <= this.watermark) {
      this.leaveCurrent()
      this.pendingStart = start
      this.pendingPosted = this.pages.posted(start)
      this.pending = record
      this.touchPending()
    } else {
      this.current = record
      this.currentStart = start
      this.currentEnd = start + MINUTE_US
    }
  }

  private leaveCurrent(): void {
    this.currentStart = Number.POSITIVE_INFINITY
    this.currentEnd = Number.NEGATIVE_INFINITY
  }

  // The minute is dirty from its first late tick on: a commit before its post must contain it.
  private touchPending(): void {
    this.pendingFolded = false
    this.dirty.mark(0, this.pending)
    this.openFold.forget(0)
  }

  private takeUpPending(hourStart: number): void {
    if (this.pendingStart < hourStart || this.pendingStart >= hourStart + HOUR_US) return
    const record = this.pages.page(0, this.pendingStart).row(0, this.pendingStart)
    invariant(record !== undefined, `pending minute is stored: start=${this.pendingStart}`)
    this.pending = record
    this.pages.unpost(this.pendingStart, this.pendingPosted)
  }

  // Folds the pending minute into the closed candles above it, without posting them.
  private foldPending(): void {
    if (this.pendingFolded) return
    this.pendingFolded = true
    for (let level = 1; level < LEVELS; level += 1) {
      const start = this.pendingStart - (this.pendingStart % INTERVAL_US[level])
      if (start + INTERVAL_US[level] > this.watermark) break
      this.refold(level, start)
      this.dirty.mark(level, this.pages.page(level, start).row(level, start) as Float64Array)
    }
  }

  private refold(level: number, start: number): void {
    this.pages.refold(level, start)
    this.openFold.forget(level)
  }

  private post(level: number, start: number): void {
    const record = this.pages.page(level, start).row(level, start)
    invariant(record !== undefined, `a closed candle is there: level=${level} start=${start}`)
    if ((record[FLAGS_WORD] & POSTED_FLAG) !== 0) record[REVISION_WORD] += 1
    record[FLAGS_WORD] |= POSTED_FLAG
    if (this.shown.any) this.shown.close(level, start)
    this.dirty.mark(level, record)
    this.openFold.forget(level)
    this.sink.candle(level, record, true)
  }
}
