// Exchange time as a shard estimates it for one pair: the newest timestamp plus the monotonic time
// since it arrived. The wall clock moves nothing; it only helps to tell a tick from the future.
//
// The arrival of a tick is taken as the clock record after it, so that the estimate is never ahead.

/**
 * A wall clock that is behind must not shut a venue out: where so many ticks of a session's start
 * agree that it is later, they are believed. One alone is not: everything after it would seem late.
 */
const BELIEVED = 3

export interface ClockState {
  readonly newest: number
  readonly arrived: number
  readonly estimate: number
}

export class ExchangeClock {
  /** Newest exchange time seen, µs; 0 before the first tick. */
  newest = 0
  /** Estimated exchange time now, µs. */
  estimate = 0
  /** Wall clock of the last clock record, µs; 0 before the first. */
  wall = 0
  #arrived = -1
  // The last tick from the future, and how many in a row agreed with it.
  #ahead = 0
  #agreed = 0
  // A tick of this session was taken.
  #anchored = false

  /** Takes a tick's time; true when it is the newest. */
  tick(timestamp: number): boolean {
    this.#anchored = true
    if (timestamp <= this.newest) return false
    this.newest = timestamp
    this.#arrived = -1
    if (timestamp > this.estimate) this.estimate = timestamp
    return true
  }

  /** Takes a clock record: monotonic and wall time, µs. */
  pass(monotonicUs: number, wallUs: number): void {
    this.wall = wallUs
    if (this.newest === 0) return
    if (this.#arrived < 0) this.#arrived = monotonicUs
    const estimate = this.newest + (monotonicUs - this.#arrived)
    if (estimate > this.estimate) this.estimate = estimate
  }

  /**
   * A new session: its monotonic clock starts elsewhere, and how long we were away is not known.
   */
  startSession(): void {
    this.#arrived = -1
    this.#agreed = 0
    this.#anchored = false
  }

  /**
   * Latest timestamp that is not taken for one from the future: ahead of the estimate and of the
   * wall clock both. A backfill runs ahead of the estimate, since it brings an hour in a second.
   */
  limit(maxFutureUs: number): number {
    if (this.wall === 0) return Number.POSITIVE_INFINITY
    return Math.max(this.estimate, this.wall) + maxFutureUs
  }

  /** Whether a tick is from the future, with the wall clock (µs) at this. */
  isFuture(timestamp: number, maxFutureUs: number, wallUs: number): boolean {
    // The last record may have come before its pair was loaded.
    this.wall = wallUs
    if (timestamp <= this.limit(maxFutureUs)) return false
    return !this.believes(timestamp, maxFutureUs)
  }

  /** Whether a tick beyond the limit is to be believed after all. */
  believes(timestamp: number, maxFutureUs: number): boolean {
    if (this.#anchored) return false
    this.#agreed = Math.abs(timestamp - this.#ahead) <= maxFutureUs ? this.#agreed + 1 : 1
    this.#ahead = timestamp
    return this.#agreed >= BELIEVED
  }

  save(): ClockState {
    return { newest: this.newest, arrived: this.#arrived, estimate: this.estimate }
  }

  restore(state: ClockState, sameSession: boolean): void {
    this.newest = state.newest
    this.estimate = state.estimate
    this.#arrived = sameSession ? state.arrived : -1
    this.#anchored = sameSession
  }
}
