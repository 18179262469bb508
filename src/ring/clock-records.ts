// The passing of time as slots, so that folds need no clock: at most one record a second, monotonic
// and wall time, both µs. The first one of a session says so.
import { CLOCK_RECORD_MS } from '../limits.js'
import { FLAG_SESSION, Kind, tagOf } from './ring-layout.js'
import type { RingWriter } from './ring-writer.js'

export class ClockRecords {
  #lastMs = Number.NEGATIVE_INFINITY
  #first = true

  /** Writes a record where one is due; tried again with the next slot where there is no room. */
  tell(writer: RingWriter): void {
    const now = performance.now()
    if (now - this.#lastMs < CLOCK_RECORD_MS - 1) return
    const tag = tagOf(Kind.Clock, 0, this.#first ? FLAG_SESSION : 0)
    const wallUs = Date.now() * 1000
    if (writer.write(tag, 0, Math.floor(now * 1000), wallUs, 0, 0, 0, 0) === 0) return
    this.#lastMs = now
    this.#first = false
  }
}
