// A replay that takes as long as the market did, or a part of it.

/** Waits shorter than a timer can be are not made. */
const LEAST_WAIT_MS = 2

export class Pace {
  readonly #speed: number
  #startMs = 0
  #startUs: number | undefined

  /** `speed`: 1 as the market did, 10 ten times as fast. */
  constructor(speed: number) {
    this.#speed = speed
  }

  /** How long to wait until a tick of this time is due; ms, 0 when it is. */
  waitMs(timestampUs: number, nowMs: number): number {
    if (this.#startUs === undefined) {
      this.#startUs = timestampUs
      this.#startMs = nowMs
    }
    const dueMs = this.#startMs + (timestampUs - this.#startUs) / 1000 / this.#speed
    return dueMs - nowMs >= LEAST_WAIT_MS ? dueMs - nowMs : 0
  }
}
