// A bounded buffer on the caller's side for slots that found the ring full: same layout, same
// order.
import * as L from './ring-layout.js'

export class Spill {
  readonly #words: Float64Array
  readonly #halves: Int32Array
  readonly #capacity: number
  #first = 0
  #size = 0

  constructor(slots: number) {
    this.#words = new Float64Array(slots * L.SLOT_WORDS)
    this.#halves = new Int32Array(this.#words.buffer)
    this.#capacity = slots
  }

  /** Slots held. */
  get size(): number {
    return this.#size
  }

  /** false when full. */
  push(
    tag: number,
    pair: number,
    timestamp: number,
    a: number,
    b: number,
    idLow: number,
    idHigh: number,
    d: number,
  ): boolean {
    if (this.#size === this.#capacity) return false
    const at = ((this.#first + this.#size) & (this.#capacity - 1)) * L.SLOT_WORDS
    this.#halves[at * 2] = tag
    this.#halves[at * 2 + 1] = pair
    this.#words[at + L.WORD_TIMESTAMP] = timestamp
    this.#words[at + L.WORD_PRICE] = a
    this.#words[at + L.WORD_VOLUME] = b
    this.#halves[(at + L.WORD_ID) * 2] = idLow
    this.#halves[(at + L.WORD_ID) * 2 + 1] = idHigh
    this.#words[at + L.WORD_RECEIVED] = d
    this.#size++
    return true
  }

  /**
   * Moves up to `limit` slots, oldest first, to slot `index` of the ring and on; returns how many.
   */
  moveInto(ring: Float64Array, index: number, limit: number): number {
    const count = Math.min(limit, this.#size, this.#capacity - this.#first)
    const from = this.#first * L.SLOT_WORDS
    ring.set(this.#words.subarray(from, from + count * L.SLOT_WORDS), index * L.SLOT_WORDS)
    this.#first = (this.#first + count) & (this.#capacity - 1)
    this.#size -= count
    return count
  }
}
