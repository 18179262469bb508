// Bought and sold volume of any span, exact to the tick: whole minutes from their candles, whose
// sums are exact, and what is over at either end from the ticks.
//
//   from ┤ ticks ├ minute │ minute │ … │ minute ┤ ticks ├ to
import { DAY_US, MINUTE_US } from '../model/interval.js'
import { BUY_WORD, SELL_WORD, TRADES_WORD } from '../rollup/candle-record.js'
import { unpackRecord } from '../rollup/stored-record.js'
import type { Database } from '../store/duckdb.js'
import { readRecords, readSides, type Volumes } from '../store/reads.js'
import { openRecords } from './candle-rows.js'
import type { PairState } from './pair-state.js'
import { SideSums } from './side-sums.js'
import { addStaged, overlay, stagedRecords } from './staged.js'

/** A span cut into whole minutes and what is over; what memory holds of it, as it is now. */
export class LookBack {
  readonly #pair: PairState
  readonly #sides: SideSums
  /** Whole minutes: their first, and the end of the last. */
  readonly #first: number
  readonly #last: number
  readonly #edges: (readonly [from: number, to: number])[]
  readonly #staged: Float64Array[]
  readonly #open: Float64Array[]
  readonly #through: number

  /** Of [from, to), µs. */
  constructor(pair: PairState, from: number, to: number) {
    this.#pair = pair
    this.#sides = new SideSums(pair.scale)
    this.#through = pair.storedSeq
    // Candles that may be gone while their ticks are kept say nothing: then ticks are summed.
    const kept = pair.clock.estimate - pair.engine.retentionUs[1]
    const gone = from < kept + DAY_US ? Number.POSITIVE_INFINITY : 0
    const first = Math.max(gone, Math.ceil(from / MINUTE_US) * MINUTE_US)
    // The newest minute is whole where no tick of it lies behind `to`.
    const whole = to > pair.clock.newest ? Math.ceil(to / MINUTE_US) * MINUTE_US : to
    const last = whole - (whole % MINUTE_US)
    this.#first = first
    this.#last = last
    const ends: [number, number][] =
      first < last
        ? [
            [from, first],
            [last, to],
          ]
        : [[from, to]]
    this.#edges = ends.filter(([start, end]) => start < end)
    for (const [start, end] of this.#edges) addStaged(this.#sides, pair, start, end)
    this.#staged = stagedRecords(pair, 0)
    this.#open = openRecords(pair, 0)
  }

  /** Adds what the file holds; none where the pair has no file. */
  async volumes(db: Database, alias: string | undefined): Promise<Volumes> {
    const { options, scale } = this.#pair
    for (const [from, to] of alias === undefined ? [] : this.#edges) {
      const span = { from, to, through: this.#through }
      this.#sides.addStored(await readSides(db, alias as string, span, options.decimals))
    }
    const [first, last] = [this.#first, this.#last]
    if (first < last) {
      const records = alias === undefined ? [] : await readRecords(db, alias, 0, first, last)
      const stored = records.map((record) => unpackRecord(record, scale))
      const memory = [...this.#staged, ...this.#open]
      for (const record of overlay(stored, memory, first, last)) {
        this.#sides.addSums(record, BUY_WORD, SELL_WORD, record[TRADES_WORD])
      }
    }
    return this.#sides.volumes()
  }
}
