// When trades happen, and in which pair: a self-exciting (Hawkes) process with an exponential
// kernel, simulated exactly (Dassios and Zhao 2013). A trade brings on others, mostly in its own
// pair.
import type { Random } from './random.js'

/** Trades that one trade brings on, on average. */
const BRANCHING = 0.7
/** How fast its influence fades, per second. */
const DECAY = 4
/** Parents that a child can still have. */
const MEMORY = 8
/** A child that is in another pair: an arbitrage, or news about all of them. */
const CROSSING = 0.1

export class Arrivals {
  readonly #random: Random
  readonly #baseline: number
  /** Cumulative Zipf weights of the pairs. */
  readonly #weights: Float64Array
  readonly #recent = new Int32Array(MEMORY)
  #excitation = 0
  #events = 0
  /** Seconds since the start. */
  seconds = 0
  /** The pair of the trade that has just come. */
  pair = 0

  /** About `ticks` events over `seconds`, Zipf over the pairs. */
  constructor(random: Random, pairs: number, ticks: number, seconds: number) {
    this.#random = random
    this.#baseline = (ticks * (1 - BRANCHING)) / seconds
    this.#weights = new Float64Array(pairs)
    let sum = 0
    for (let i = 0; i < pairs; i++) {
      sum += 1 / (i + 1)
      this.#weights[i] = sum
    }
  }

  /** Moves on to the next trade. */
  next(): void {
    const random = this.#random
    let wait = -Math.log(random.uniform()) / this.#baseline
    let child = false
    if (this.#excitation > 0) {
      const d = 1 + (DECAY * Math.log(random.uniform())) / this.#excitation
      const excited = d > 0 ? -Math.log(d) / DECAY : Number.POSITIVE_INFINITY
      if (excited < wait) {
        wait = excited
        child = true
      }
    }
    this.#excitation = this.#excitation * Math.exp(-DECAY * wait) + BRANCHING * DECAY
    this.seconds += wait
    const parents = Math.min(this.#events, MEMORY)
    const inherits = child && random.uniform() >= CROSSING
    this.pair = inherits ? this.#recent[random.below(parents)] : this.#draw()
    this.#recent[this.#events++ % MEMORY] = this.pair
  }

  #draw(): number {
    const weights = this.#weights
    const wanted = this.#random.uniform() * weights[weights.length - 1]
    let low = 0
    let high = weights.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (weights[middle] < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
