// Whether a venue's ids rise with time, and start anew: for pairs whose ids are whole numbers that
// leave some out. Nothing is decided by it; it is what a warning says.

/** Steps up to one step down, and steps up at least, where ids are said to rise. */
const RISING = 31
const LEAST_RISES = 4

export interface IdOrderState {
  readonly last: number
  readonly highest: number
  readonly top: number
  readonly rises: number
  readonly falls: number
}

export class IdOrder {
  #last = -1
  #highest = -1
  /** Time of the highest, µs. */
  #top = 0
  #rises = 0
  #falls = 0

  /**
   * Takes the id of a new trade; times in µs. True where the ids, which had risen, start anew with
   * it: less than half as high as the highest, or the lowest, of a trade that is newer.
   */
  take(id: number, timestamp: number, latenessUs: number): boolean {
    if (id > this.#last) this.#rises++
    else if (id < this.#last) this.#falls++
    this.#last = id
    if (id > this.#highest) {
      this.#highest = id
      this.#top = timestamp
      return false
    }
    const rising = this.#rises >= LEAST_RISES && this.#falls * RISING <= this.#rises + RISING
    if (!rising || timestamp <= this.#top + latenessUs || id * 2 >= this.#highest) return false
    this.#highest = id
    this.#top = timestamp
    return true
  }

  save(): IdOrderState {
    return {
      last: this.#last,
      highest: this.#highest,
      top: this.#top,
      rises: this.#rises,
      falls: this.#falls,
    }
  }

  static restore(state: IdOrderState): IdOrder {
    const order = new IdOrder()
    order.#last = state.last
    order.#highest = state.highest
    order.#top = state.top
    order.#rises = state.rises
    order.#falls = state.falls
    return order
  }
}
