// Bought and sold volume of any span, exact to the tick: whole minutes from their candles, whose
// sums are exact, and what is over at either end from the ticks.
//
//   from ┤ ticks ├ minute │ minute │ … │ minute ┤ ticks ├ to
import { unitsOf } from '../model/exact-sum.js'
import { DAY_US, MINUTE_US } from '../model/interval.js'
import { BUY_WORD, SELL_WORD, TRADES_WORD } from '../rollup/candle-record.js'
import type { Database } from '../store/duckdb.js'
import { readGridVolumes, readRecords, type Volumes } from '../store/reads.js'
import { openRecords } from './candle-rows.js'
import type { PairState } from './pair-state.js'
import { overlay, type SideUnits, stagedRecords, stagedUnits } from './staged.js'

/** A span cut into whole minutes and what is over; what memory holds of it, as it is now. */
export class LookBack {
  readonly #pair: PairState
  readonly #sum: SideUnits = { buy: 0n, sell: 0n, trades: 0 }
  /** Whole minutes: their first, and the end of the last. */
  readonly #first: number
  readonly #last: number
  readonly #edges: (readonly [from: number, to: number])[]
  readonly #staged: Float64Array[]
  readonly #open: Float64Array[]
  readonly #through: number

  /** Of [from, to), µs, of a pair that is on its grid. */
  constructor(pair: PairState, from: number, to: number) {
    this.#pair = pair
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
    for (const [start, end] of this.#edges) this.#add(stagedUnits(pair, start, end))
    this.#staged = stagedRecords(pair, 0)
    this.#open = openRecords(pair, 0)
  }

  /** Adds what the file holds; none where the pair has no file. */
  async volumes(db: Database, alias: string | undefined): Promise<Volumes> {
    const { decimals } = this.#pair.options
    for (const [from, to] of alias === undefined ? [] : this.#edges) {
      const through = this.#through
      this.#add(await readGridVolumes(db, alias as string, { from, to, through }, decimals))
    }
    const [first, last] = [this.#first, this.#last]
    if (first < last) {
      const stored = alias === undefined ? [] : await readRecords(db, alias, 0, first, last)
      const memory = [...this.#staged, ...this.#open]
      for (const record of overlay(stored, memory, first, last)) {
        const [buy, sell] = [unitsOf(record, BUY_WORD), unitsOf(record, SELL_WORD)]
        this.#add({ buy, sell, trades: record[TRADES_WORD] })
      }
    }
    return volumesOf(this.#sum, decimals)
  }

  #add({ buy, sell, trades }: SideUnits): void {
    this.#sum.buy += buy
    this.#sum.sell += sell
    this.#sum.trades += trades
  }
}

// A decimal text is rounded once, correctly.
function volumesOf({ buy, sell, trades }: SideUnits, decimals: number): Volumes {
  const value = (units: bigint) => Number(`${units}e-${decimals}`)
  return {
    buy: value(buy),
    sell: value(sell),
    delta: value(buy - sell),
    total: value(buy + sell),
    trades,
  }
}
