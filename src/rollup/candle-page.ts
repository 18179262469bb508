import { INTERVAL_US } from '../model/interval.js'
import { FLAGS_WORD, OFF_GRID_FLAG, POSTED_FLAG, START_WORD, STORED_FLAG } from './candle-record.js'

/**
 * The candles of one hour (levels 0 to 2) or one day (levels 3 and 4), by level and bucket. All of
 * them are in memory or none is; `complete` is false only between restore and load.
 */
export class CandlePage {
  /** Start of the hour or day, µs. */
  readonly start: number
  readonly firstLevel: number
  complete: boolean
  /** Candles that the store has not taken. */
  dirty = 0
  /** When it was last touched, in touches of its cache. */
  usedAt = 0
  private readonly rows: (Float64Array | undefined)[][]

  constructor(start: number, lengthUs: number, firstLevel: number, levels: number) {
    this.start = start
    this.firstLevel = firstLevel
    this.complete = true
    this.rows = []
    for (let level = firstLevel; level < firstLevel + levels; level += 1) {
      this.rows.push(new Array(lengthUs / INTERVAL_US[level]).fill(undefined))
    }
  }

  row(level: number, start: number): Float64Array | undefined {
    return this.rows[level - this.firstLevel][(start - this.start) / INTERVAL_US[level]]
  }

  put(level: number, start: number, record: Float64Array): void {
    this.rows[level - this.firstLevel][(start - this.start) / INTERVAL_US[level]] = record
  }

  /** Takes up stored candles of a level; those already here are newer. */
  load(level: number, records: readonly Float64Array[]): void {
    this.complete = true
    for (const record of records) {
      if (this.row(level, record[START_WORD]) !== undefined) continue
      record[FLAGS_WORD] = (record[FLAGS_WORD] & OFF_GRID_FLAG) | POSTED_FLAG | STORED_FLAG
      this.put(level, record[START_WORD], record)
    }
  }
}
