import type { PageRange } from './page-cache.js'

/** Where candles are posted. `record` is live memory: copy what outlives the call. */
export interface CandleSink {
  /** `closed` false: as it stands at the end of the input. */
  candle(level: number, record: Float64Array, closed: boolean): void
}

export interface RollupOptions {
  /** 10^decimals of the pair's grid, at most 10^8. */
  readonly scale: number
  readonly sink: CandleSink
  /** Hours (about 30 KB each) and days of candles kept in memory beyond those in use. */
  readonly maxHourPages: number
  readonly maxDayPages: number
}

/** What a restart needs beside the stored candles; true once all dirty candles are stored. */
export interface RollupState {
  scale: number
  watermark: number
  /** Starts (µs) of the open buckets by level, and the open 1m records, packed in one. */
  open: number[][]
  records: Float64Array
  /** Minute (µs) whose revision is not posted yet, -1 for none. */
  pendingStart: number
  /** By level: whether the candle that holds that minute was posted before. */
  pendingPosted: boolean[]
  /** The hours and days (starts, µs) that ever had a candle. */
  hours: PageRange
  days: PageRange
  /** Starts (µs) by level of open buckets that the store holds; none in older states. */
  shown?: number[][]
}
