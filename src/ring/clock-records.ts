// The passing of time as slots, so that folds need no clock: at most one record a second, monotonic
// and wall time, both µs. The first one of a session says so.
import { CLOCK_RECORD_MS } from '../limits.js'
import type { Clock } from '../model/manual-clock.js'
import { FLAG_SESSION, Kind, tagOf } from './ring-layout.js'
import type { RingWriter } from './ring-writer.js'

const RECORD_US = (CLOCK_RECORD_MS - 1) * 1000

export class ClockRecords {
  readonly #clock: Clock | undefined
  #lastUs = Number.NEGATIVE_INFINITY
  #first = true

  /** `clock`: in place of the system's. */
  constructor(clock: Clock | undefined) {
    this.#clock = clock
  }

  /** Writes a record where one is due; tried again with the next slot where there is no room. */
  tell(writer: RingWriter): void {
    const clock = this.#clock
    const us = clock === undefined ? Math.floor(performance.now() * 1000) : nowOf(clock)
    // NaN, which is no time, neither.
    if (us - this.#lastUs >= RECORD_US) this.tellAt(writer, us)
  }

  /** Writes a record now, of a time of the given clock. */
  tellAt(writer: RingWriter, us: number): void {
    const tag = tagOf(Kind.Clock, 0, this.#first ? FLAG_SESSION : 0)
    const wallUs = this.#clock === undefined ? Date.now() * 1000 : us
    if (writer.write(tag, 0, us, wallUs, 0, 0, 0, 0) === 0) return
    this.#lastUs = us
    this.#first = false
  }
}

// It was looked at when the engine was opened. One that fails later must not fail the trade it is
// asked for: no time passes while it does.
function nowOf(clock: Clock): number {
  try {
    const us = clock.now()
    return typeof us === 'number' ? us : Number.NaN
  } catch {
    return Number.NaN
  }
}
