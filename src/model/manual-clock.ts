// Time that moves when it is told to, for tests and backtests.
import { EngineError } from '../errors.js'
import { durationUs, type Time, toMicros } from './time.js'

/** Whatever tells the wall's time, µs since the epoch. */
export interface Clock {
  now(): number
}

type Listener = (fromUs: number, toUs: number) => void

/**
 * A clock that stands until it is moved. An engine opened with one hears of every move at once, so
 * that `engine.settle()` after it sees the candles it closes.
 */
export class ManualClock implements Clock {
  #nowUs: number
  readonly #listeners = new Set<Listener>()

  /** Throws BAD_ARGUMENT for what is no time. */
  constructor(start: Time) {
    this.#nowUs = toMicros(start, 'start')
  }

  /** µs since the epoch. */
  now(): number {
    return this.#nowUs
  }

  /** Moves on by a duration ('61s', '15m'). Throws BAD_ARGUMENT for what is none. */
  advance(duration: string): void {
    this.#moveTo(this.#nowUs + durationUs(duration, 'duration'))
  }

  /** Moves on to a time; throws BAD_ARGUMENT for one that has passed. */
  set(time: Time): void {
    const us = toMicros(time, 'time')
    if (us < this.#nowUs) {
      throw new EngineError('BAD_ARGUMENT', `a clock moves on: time=${us} now=${this.#nowUs}`)
    }
    this.#moveTo(us)
  }

  /** @internal Hears of every move; returns the way to stop. */
  onMove(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #moveTo(us: number): void {
    const from = this.#nowUs
    this.#nowUs = us
    for (const listener of this.#listeners) listener(from, us)
  }
}
