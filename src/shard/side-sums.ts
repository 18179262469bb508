// What was bought and what was sold, as exact sums.
import {
  addUnits,
  addVolume,
  differenceValue,
  gridUnits,
  mergeSum,
  SUM_WORDS,
  sumValue,
} from '../model/exact-sum.js'
import { Side } from '../model/side.js'
import type { StoredSides, Volumes } from '../store/reads.js'

const BUY = 0
const SELL = SUM_WORDS
const TOTAL = 2 * SUM_WORDS

/** Sums of both sides and a count of trades; volumes in the pair's units. */
export class SideSums {
  trades = 0
  readonly #scale: number
  readonly #sums = new Float64Array(3 * SUM_WORDS)

  /** `scale` is 10^decimals of the pair. */
  constructor(scale: number) {
    this.#scale = scale
  }

  add(side: Side, volume: number): void {
    if (side === Side.Unknown) return
    const at = side === Side.Buy ? BUY : SELL
    addVolume(this.#sums, at, volume, gridUnits(volume, this.#scale), this.#scale)
  }

  /** Adds both sides' sums of a candle's record, and its trades. */
  addSums(record: Float64Array, buyAt: number, sellAt: number, trades: number): void {
    mergeSum(this.#sums, BUY, record, buyAt)
    mergeSum(this.#sums, SELL, record, sellAt)
    this.trades += trades
  }

  addStored({ buy, sell, trades, others }: StoredSides): void {
    addUnits(this.#sums, BUY, buy)
    addUnits(this.#sums, SELL, sell)
    this.trades += trades
    for (const { side, volume } of others) this.add(side, volume)
  }

  /** Each figure rounded once. */
  volumes(): Volumes {
    const sums = this.#sums
    sums.fill(0, TOTAL)
    mergeSum(sums, TOTAL, sums, BUY)
    mergeSum(sums, TOTAL, sums, SELL)
    return {
      buy: sumValue(sums, BUY, this.#scale),
      sell: sumValue(sums, SELL, this.#scale),
      delta: differenceValue(sums, BUY, SELL, this.#scale),
      total: sumValue(sums, TOTAL, this.#scale),
      trades: this.trades,
    }
  }
}
