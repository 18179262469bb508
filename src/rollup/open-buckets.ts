import { DAY_US, HOUR_US, INTERVAL_US } from '../model/interval.js'

/** The buckets that have trades and are not closed: starts (µs) by level, ascending. */
export class OpenBuckets {
  readonly starts: number[][]
  /** Earliest end of an open bucket, µs; Infinity when none is open. */
  nextEnd = Number.POSITIVE_INFINITY
  /** Level of the bucket that ends at `nextEnd`; the lowest, where several do. */
  nextLevel = 0

  constructor() {
    this.starts = INTERVAL_US.map(() => [])
  }

  open(level: number, start: number): void {
    const starts = this.starts[level]
    let at = starts.length
    while (at > 0 && starts[at - 1] > start) at -= 1
    if (at > 0 && starts[at - 1] === start) return
    starts.splice(at, 0, start)
    this.findNext()
  }

  /** Opens the buckets that hold a minute (start, µs), but for those the watermark has passed. */
  openAbove(minute: number, watermark: number): void {
    for (const [level, length] of INTERVAL_US.entries()) {
      const start = minute - (minute % length)
      if (start + length > watermark) this.open(level, start)
    }
  }

  /** Takes the bucket that ends first and returns its start, µs. */
  takeNext(): number {
    const start = this.starts[this.nextLevel].shift() as number
    this.findNext()
    return start
  }

  /** Start of the newest open bucket of a level, µs; NaN when none is open. */
  newest(level: number): number {
    const starts = this.starts[level]
    return starts.length === 0 ? Number.NaN : starts[starts.length - 1]
  }

  /** Hours (starts, µs) whose candles, and whose day's, open buckets need, and this minute's. */
  hours(minute: number): number[] {
    const hours = new Set(this.starts[3])
    if (minute >= 0) hours.add(minute - (minute % HOUR_US))
    const days = new Set([...hours].map((hour) => hour - (hour % DAY_US)))
    for (const day of this.starts[4]) if (!days.has(day)) hours.add(day)
    return [...hours].sort((a, b) => a - b)
  }

  private findNext(): void {
    this.nextEnd = Number.POSITIVE_INFINITY
    for (let level = 0; level < this.starts.length; level += 1) {
      if (this.starts[level].length === 0) continue
      const end = this.starts[level][0] + INTERVAL_US[level]
      if (end >= this.nextEnd) continue
      this.nextEnd = end
      this.nextLevel = level
    }
  }
}
