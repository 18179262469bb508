// Ids of an hour that came in rising order, with their times: runs of contiguous ids, four bytes an
// id, and twelve more for each run.
//
//   firsts  [ 70 | 90 ]         ids 70, 71, 72 and 90
//   starts  [  0 |  3 ]         where a run's times begin
//   times   [ a b c | d ]       µs since the hour began

import { Held } from './id-table.js'
import { isSameTime } from './same-time.js'

const FIRST_IDS = 8
const FIRST_RUNS = 2

export class IdRows {
  /** Ids held. */
  count = 0
  /** The highest id held, −1 where there is none. */
  last = -1
  #runs = 0
  #firsts = new Float64Array(FIRST_RUNS)
  #starts = new Uint32Array(FIRST_RUNS)
  #times = new Uint32Array(FIRST_IDS)

  /** Bytes of memory. */
  get rowBytes(): number {
    return this.#firsts.byteLength + this.#starts.byteLength + this.#times.byteLength
  }

  /** Keeps an id above all that are held. */
  push(id: number, time: number): void {
    if (id !== this.last + 1 || this.#runs === 0) this.#startRun(id)
    if (this.count === this.#times.length) this.#times = widened(this.#times)
    this.#times[this.count++] = time
    this.last = id
  }

  /** Whether an id is held: with this time, or with another. */
  find(id: number, time: number): Held {
    const at = this.#indexOf(id)
    if (at < 0) return Held.No
    return isSameTime(this.#times[at], time) ? Held.Same : Held.OtherTime
  }

  /** Every id with its time, rising. */
  forEach(visit: (id: number, time: number) => void): void {
    for (let run = 0; run < this.#runs; run++) {
      const from = this.#starts[run]
      const to = run + 1 < this.#runs ? this.#starts[run + 1] : this.count
      for (let i = from; i < to; i++) visit(this.#firsts[run] + (i - from), this.#times[i])
    }
  }

  #startRun(id: number): void {
    if (this.#runs === this.#firsts.length) {
      const firsts = new Float64Array(this.#runs * 2)
      firsts.set(this.#firsts)
      this.#firsts = firsts
      this.#starts = widened(this.#starts)
    }
    this.#firsts[this.#runs] = id
    this.#starts[this.#runs++] = this.count
  }

  #indexOf(id: number): number {
    let low = 0
    let high = this.#runs
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#firsts[middle] <= id) low = middle + 1
      else high = middle
    }
    const run = low - 1
    if (run < 0) return -1
    const at = this.#starts[run] + (id - this.#firsts[run])
    const end = low < this.#runs ? this.#starts[low] : this.count
    return at < end ? at : -1
  }
}

function widened(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const wide = new Uint32Array(words.length * 2)
  wide.set(words)
  return wide
}
