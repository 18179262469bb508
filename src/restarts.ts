// When a shard that died is run again: later each time, and not for ever.
import { MAX_RESTARTS } from './limits.js'

const FIRST_PAUSE_MS = 50
const HEALTHY_MS = 60_000

export class Restarts {
  #inARow = 0
  #startedMs = 0
  #timer: NodeJS.Timeout | undefined

  started(): void {
    this.#startedMs = performance.now()
  }

  /** Runs `again` after a pause; false when there were too many, without a minute between. */
  later(again: () => void): boolean {
    if (performance.now() - this.#startedMs > HEALTHY_MS) this.#inARow = 0
    this.#inARow++
    if (this.#inARow > MAX_RESTARTS) return false
    this.#timer = setTimeout(again, FIRST_PAUSE_MS * 2 ** (this.#inARow - 1))
    return true
  }

  cancel(): void {
    clearTimeout(this.#timer)
  }
}
