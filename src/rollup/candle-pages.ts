import { invariant } from '../errors.js'
import { DAY_US, HOUR_US, INTERVAL_US } from '../model/interval.js'
import type { CandlePage } from './candle-page.js'
import {
  FLAGS_WORD,
  mergeRecord,
  OFF_GRID_FLAG,
  POSTED_FLAG,
  RECORD_WORDS,
  REVISION_WORD,
  STORED_FLAG,
  startRecord,
} from './candle-record.js'
import { PageCache } from './page-cache.js'
import { packRecords, unpackRecord, unpackRecords } from './stored-record.js'

// Levels 0 to 2 (1m, 5m, 15m) live in pages of an hour, levels 3 and 4 (1h, 1d) in pages of a day.
//
//   day page   [ 1h × 24 | 1d ]          hour page   [ 1m × 60 | 5m × 12 | 15m × 4 ]

const DAY_LEVEL = 3
/** Candle levels: 1m, 5m, 15m, 1h, 1d. */
export const LEVELS = INTERVAL_US.length

/** All candles of a pair that are in memory. */
export class CandlePages {
  readonly hours: PageCache
  readonly days: PageCache

  private readonly scale: number

  constructor(maxHourPages: number, maxDayPages: number, scale: number) {
    this.scale = scale
    this.hours = new PageCache(HOUR_US, 0, DAY_LEVEL, maxHourPages)
    this.days = new PageCache(DAY_US, DAY_LEVEL, LEVELS - DAY_LEVEL, maxDayPages)
  }

  /** Start (µs) of the hour to load before a tick at `timestamp` can be folded, or -1. */
  needs(timestamp: number): number {
    const hour = this.hours.startOf(timestamp)
    const lacking = this.hours.lacks(hour) || this.days.lacks(this.days.startOf(timestamp))
    return lacking ? hour : -1
  }

  /** The page of a bucket, which must be in memory. */
  page(level: number, start: number): CandlePage {
    const cache = level < DAY_LEVEL ? this.hours : this.days
    const page = cache.get(cache.startOf(start))
    invariant(page?.complete === true, `candle page is loaded: level=${level} start=${start}`)
    return page
  }

  /** Makes the pages of a bucket's hour and day where they are absent; true when it made one. */
  ensure(timestamp: number): boolean {
    const hour = this.hours.startOf(timestamp)
    const day = this.days.startOf(timestamp)
    const hasHour = this.hours.get(hour) !== undefined
    const hasDay = this.days.get(day) !== undefined
    if (!hasHour) this.hours.create(hour)
    if (!hasDay) this.days.create(day)
    return !(hasHour && hasDay)
  }

  evict(watermark: number, keepA: number, keepB: number): void {
    this.hours.evict(watermark, keepA, keepB)
    this.days.evict(watermark, keepA, keepB)
  }

  /** Folds the candles one level below that are part of the bucket and end by `until` (µs). */
  mergeChildren(into: Float64Array, level: number, start: number, until: number): void {
    const child = level - 1
    const page = this.page(child, start)
    const step = INTERVAL_US[child]
    const end = Math.min(start + INTERVAL_US[level], until)
    for (let at = start; at + step <= end; at += step) {
      const row = page.row(child, at)
      if (row !== undefined) mergeRecord(into, row)
    }
  }

  /** Makes the candle of a bucket, or makes it again in place, from those one level below. */
  refold(level: number, start: number): void {
    const page = this.page(level, start)
    const old = page.row(level, start)
    const record = old ?? new Float64Array(RECORD_WORDS)
    const flags = record[FLAGS_WORD] & ~OFF_GRID_FLAG
    const revision = record[REVISION_WORD]
    startRecord(record, start)
    record[FLAGS_WORD] = flags
    record[REVISION_WORD] = revision
    this.mergeChildren(record, level, start, Number.POSITIVE_INFINITY)
    if (old === undefined) page.put(level, start, record)
  }

  /** Takes up stored candles of an hour and its day, where a page lacks them. */
  load(hourStart: number, rowsByLevel: readonly (readonly Float64Array[])[]): void {
    const dayStart = this.days.startOf(hourStart)
    const lacksHour = this.hours.lacks(hourStart)
    const lacksDay = this.days.lacks(dayStart)
    this.ensure(hourStart)
    for (let level = 0; level < LEVELS; level += 1) {
      if (!(level < DAY_LEVEL ? lacksHour : lacksDay)) continue
      const page = level < DAY_LEVEL ? this.hours.get(hourStart) : this.days.get(dayStart)
      const rows = rowsByLevel[level] ?? []
      page?.load(
        level,
        rows.map((row) => unpackRecord(row, this.scale)),
      )
    }
  }

  /** The 1-minute records at `starts` (µs), packed one after another. */
  copyMinutes(starts: readonly number[]): Float64Array {
    const minutes = starts.map((start) => {
      const record = this.hours.get(this.hours.startOf(start))?.row(0, start)
      invariant(record !== undefined, `an open minute is in memory: start=${start}`)
      // What the store has to write, or holds, is of this moment: shown candles are saved apart.
      const copy = record.slice()
      copy[FLAGS_WORD] &= OFF_GRID_FLAG
      return copy
    })
    return packRecords(minutes)
  }

  /** Takes copied minutes back, into pages that still have to be loaded. */
  restoreMinutes(starts: readonly number[], records: Float64Array): void {
    const minutes = unpackRecords(records, starts.length, this.scale)
    for (const [i, start] of starts.entries()) {
      const hour = this.hours.startOf(start)
      const page = this.hours.get(hour) ?? this.hours.create(hour)
      page.complete = false
      page.put(0, start, minutes[i])
    }
  }

  /** The store holds a row of an open bucket: of a longer one, that is all there is to know. */
  restoreStored(level: number, start: number): void {
    const cache = level < DAY_LEVEL ? this.hours : this.days
    let page = cache.get(cache.startOf(start))
    if (page === undefined) {
      page = cache.create(cache.startOf(start))
      page.complete = false
    }
    let record = page.row(level, start)
    if (record === undefined) {
      record = new Float64Array(RECORD_WORDS)
      startRecord(record, start)
      page.put(level, start, record)
    }
    record[FLAGS_WORD] |= STORED_FLAG
  }

  /** By level: whether the candle that holds this minute (µs) was posted before. */
  posted(minute: number): boolean[] {
    return INTERVAL_US.map((length, level) => {
      const start = minute - (minute % length)
      const flags = this.page(level, start).row(level, start)?.[FLAGS_WORD] ?? 0
      return (flags & POSTED_FLAG) !== 0
    })
  }

  /** Takes the mark of having been posted from those that were not: they were stored before. */
  unpost(minute: number, posted: readonly boolean[]): void {
    for (const [level, length] of INTERVAL_US.entries()) {
      const start = minute - (minute % length)
      const record = posted[level] ? undefined : this.page(level, start).row(level, start)
      if (record !== undefined) record[FLAGS_WORD] &= ~POSTED_FLAG
    }
  }
}
