import { LEVELS } from './candle-pages.js'
import { DIRTY_FLAG, FLAGS_WORD, STORED_FLAG } from './candle-record.js'

/** Takes a candle the store has to write; `replaces`: it holds an older row of that bucket. */
export type DirtyCandleHandler = (level: number, record: Float64Array, replaces: boolean) => void

/** Closed candles that the store has not written as they are, each bucket once. */
export class DirtyCandles {
  count = 0
  private readonly records: Float64Array[][]

  constructor() {
    this.records = Array.from({ length: LEVELS }, () => [])
  }

  /** Returns false when the candle was already waiting. */
  mark(level: number, record: Float64Array): boolean {
    if ((record[FLAGS_WORD] & DIRTY_FLAG) !== 0) return false
    record[FLAGS_WORD] |= DIRTY_FLAG
    this.records[level].push(record)
    this.count += 1
    return true
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
