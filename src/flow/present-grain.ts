// The trades of the present: of the span of time that is the newest grain of every window, and
// lies behind the anchor of the CVD. A trade of it, as nearly all are, is added up here alone; the
// windows and the CVD get the sums when a trade lies elsewhere, or when somebody asks.
import { Side } from '../model/side.js'
import { TRADE_TS, TRADE_VOLUME_UNITS } from '../model/trade-words.js'

const FROM = 0
const TO = 1
const BUY = 2
const SELL = 3
const TRADES = 4

const TWO_52 = 2 ** 52

export class PresentGrain {
  // One array, so that a trade touches one line of memory.
  readonly #words = new Float64Array([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0])

  /** Volume bought and sold, in whole units of the grid, below 2^52. */
  get buy(): number {
    return this.#words[BUY]
  }
  get sell(): number {
    return this.#words[SELL]
  }
  get trades(): number {
    return this.#words[TRADES]
  }

  /**
   * Adds a trade, in words as trade-words.ts has them; false where it lies elsewhere, or its volume
   * cannot be added here: then it is not added.
   */
  add(trade: Float64Array, side: Side): boolean {
    const words = this.#words
    const timestamp = trade[TRADE_TS]
    if (!(timestamp >= words[FROM] && timestamp < words[TO])) return false
    if (side !== Side.Unknown) {
      const units = trade[TRADE_VOLUME_UNITS]
      const at = side === Side.Buy ? BUY : SELL
      const sum = words[at] + units
      if (units < 0 || sum >= TWO_52) return false
      words[at] = sum
    }
    words[TRADES] += 1
    return true
  }

  /** Forgets what was added; from now on trades of [from, to), µs, are of the present. */
  begin(from: number, to: number): void {
    const words = this.#words
    words.fill(0)
    words[FROM] = from
    words[TO] = to
  }

  /** Forgets what was added. */
  clear(): void {
    this.#words.fill(0, BUY)
  }
}
