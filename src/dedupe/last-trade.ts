// The trade that was taken last, and what else came with its id and time: it tells trades that
// share an id from one trade sent twice, where id and time alone cannot.
//
// Where an id comes with one time after another, it is no trade's own: then trades of one time with
// other prices or volumes are other trades. So is one whose time is the same only after cutting.
import { SECOND_US } from './same-time.js'

/** Trades of one id and time that are told apart. */
const MOST_TOLD_APART = 64

export interface LastTradeState {
  readonly hi: number
  readonly lo: number
  readonly timestamp: number
  readonly shared: boolean
  /** Price and volume of each trade of this id and time. */
  readonly contents: readonly number[]
}

/** What is to be done with a trade whose id and time were seen. */
export const Again = {
  /** It is the same trade, as far as can be known. */
  Same: 0,
  /** It has another price or volume, and nothing says that its id is shared: told, not taken. */
  Doubtful: 1,
  /** It is another trade: its id is shared. */
  Another: 2,
} as const
export type Again = (typeof Again)[keyof typeof Again]

/** A trade by its id in two halves (of text: of its hash), −1 for none; time in µs. */
export interface IdentifiedTrade {
  readonly hi: number
  readonly lo: number
  readonly timestamp: number
  readonly price: number
  readonly volume: number
}

export class LastTrade {
  #hi = -1
  #lo = -1
  #timestamp = 0
  // Its id has come with another time right before.
  #shared = false
  // Price, volume, price, volume… of the trades of this id and time.
  #contents: number[] = []

  /**
   * Takes up the trade that was taken last. To be told before judge(), and whenever a trade was
   * taken whose id was seen: no two trades of one id in a row may be missed.
   */
  take({ hi, lo, timestamp, price, volume }: IdentifiedTrade): void {
    const again = lo === this.#lo && hi === this.#hi
    if (again && timestamp === this.#timestamp) {
      if (!this.#has(price, volume) && this.#contents.length < 2 * MOST_TOLD_APART) {
        this.#contents.push(price, volume)
      }
      return
    }
    this.#shared = again && hi >= 0
    this.#hi = hi
    this.#lo = lo
    this.#timestamp = timestamp
    this.#contents = [price, volume]
  }

  /** Judges a trade whose id was seen with this time, or one that is the same after cutting. */
  judge({ hi, lo, timestamp, price, volume }: IdentifiedTrade): Again {
    if (lo !== this.#lo || hi !== this.#hi) return Again.Same
    if (timestamp !== this.#timestamp) {
      // Of one second they may be one trade in two resolutions; further apart it is an older one.
      const near = Math.abs(timestamp - this.#timestamp) < SECOND_US
      if (!near || (!this.#shared && this.#has(price, volume))) return Again.Same
      return timestamp > this.#timestamp ? Again.Another : Again.Doubtful
    }
    if (this.#has(price, volume)) return Again.Same
    return this.#shared ? Again.Another : Again.Doubtful
  }

  save(): LastTradeState {
    return {
      hi: this.#hi,
      lo: this.#lo,
      timestamp: this.#timestamp,
      shared: this.#shared,
      contents: [...this.#contents],
    }
  }

  static restore({ hi, lo, timestamp, shared, contents }: LastTradeState): LastTrade {
    const last = new LastTrade()
    last.#hi = hi
    last.#lo = lo
    last.#timestamp = timestamp
    last.#shared = shared
    last.#contents = [...contents]
    return last
  }

  #has(price: number, volume: number): boolean {
    for (let i = 0; i < this.#contents.length; i += 2) {
      if (this.#contents[i] === price && this.#contents[i + 1] === volume) return true
    }
    return false
  }
}
