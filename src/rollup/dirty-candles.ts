import { type CandlePages, LEVELS } from './candle-pages.js'
import { DIRTY_FLAG, FLAGS_WORD, START_WORD, STORED_FLAG } from './candle-record.js'

/** Takes a candle the store has to write; `replaces`: it holds an older row of that bucket. */
export type DirtyCandleHandler = (level: number, record: Float64Array, replaces: boolean) => void

/** Candles that the store has not written as they are, each bucket once. */
export class DirtyCandles {
  count = 0
  private readonly pages: CandlePages
  private readonly records: Float64Array[][]

  constructor(pages: CandlePages) {
    this.pages = pages
    this.records = Array.from({ length: LEVELS }, () => [])
  }

  mark(level: number, record: Float64Array): void {
    if ((record[FLAGS_WORD] & DIRTY_FLAG) !== 0) return
    record[FLAGS_WORD] |= DIRTY_FLAG
    this.records[level].push(record)
    this.pages.page(level, record[START_WORD]).dirty += 1
    this.count += 1
  }

  /** Takes a candle back that need not be written. */
  unmark(level: number, record: Float64Array): void {
    if ((record[FLAGS_WORD] & DIRTY_FLAG) === 0) return
    record[FLAGS_WORD] &= ~DIRTY_FLAG
    this.records[level].splice(this.records[level].indexOf(record), 1)
    this.pages.page(level, record[START_WORD]).dirty -= 1
    this.count -= 1
  }

  forEach(handler: DirtyCandleHandler): void {
    for (let level = 0; level < LEVELS; level += 1) {
      for (const record of this.records[level]) {
        handler(level, record, (record[FLAGS_WORD] & STORED_FLAG) !== 0)
      }
    }
  }

  clear(): void {
    for (const records of this.records) {
      for (const record of records) {
        record[FLAGS_WORD] = (record[FLAGS_WORD] & ~DIRTY_FLAG) | STORED_FLAG
      }
      records.length = 0
    }
    this.count = 0
  }
}
