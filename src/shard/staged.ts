// What a pair has folded and not stored yet, as it is at one moment: a read adds it to what its
// file held then (`through`), and no commit is made for being asked.
import type { StoredTick } from '../model/answer.js'
import type { Side } from '../model/side.js'
import { comparePlaces, NO_ID_HIGH, type TradePlace } from '../model/trade-order.js'
import { START_WORD } from '../rollup/candle-record.js'
import type { TickColumns } from '../store/tick-columns.js'
import type { PairState } from './pair-state.js'
import type { SideSums } from './side-sums.js'

const DIGITS = /^\d+$/
const MOST_ID = 2n ** 63n - 1n
const LOW_HALF = 2n ** 32n - 1n

/** The newest `limit` ticks of [from, to), µs, and perhaps some more, in no order. */
export function stagedTicks(
  pair: PairState,
  from: number,
  to: number,
  limit: number,
): StoredTick[] {
  const found: { place: TradePlace; columns: TickColumns; row: number }[] = []
  // The newest rows come first: soon there are enough, and what is older is passed over.
  let least: TradePlace = { timestamp: from, idHigh: -1, idLow: 0, seq: 0 }
  forEachStaged(pair, (columns, row) => {
    const timestamp = columns.timestampAt(row)
    if (timestamp < least.timestamp || timestamp >= to) return
    const place = columns.placeAt(row, pair.ordersById)
    if (comparePlaces(place, least) < 0) return
    found.push({ place, columns, row })
    if (found.length < 2 * limit) return
    found.sort((a, b) => comparePlaces(b.place, a.place))
    found.length = limit
    least = found[limit - 1].place
  })
  return found.map(({ columns, row }) => columns.tickAt(row))
}

/** The ticks in their order, ascending. */
export function inOrder(ticks: readonly StoredTick[], pair: PairState): StoredTick[] {
  return ticks
    .map((tick) => ({ tick, place: placeOf(tick, pair.ordersById) }))
    .sort((a, b) => comparePlaces(a.place, b.place))
    .map(({ tick }) => tick)
}

// An id that no number holds came as its digits.
function placeOf({ timestamp, tradeId, seq }: StoredTick, byId: boolean): TradePlace {
  const id = byId && DIGITS.test(String(tradeId)) ? BigInt(tradeId ?? 0) : MOST_ID + 1n
  if (id > MOST_ID) return { timestamp, idHigh: NO_ID_HIGH, idLow: 0, seq }
  return { timestamp, idHigh: Number(id >> 32n), idLow: Number(id & LOW_HALF), seq }
}

/** Adds the volumes of [from, to), µs. */
export function addStaged(sides: SideSums, pair: PairState, from: number, to: number): void {
  forEachStaged(pair, (columns, row) => {
    const timestamp = columns.timestampAt(row)
    if (timestamp < from || timestamp >= to) return
    sides.trades++
    sides.add(columns.sideAt(row) as Side, columns.volumeAt(row))
  })
}

/** Copies of a level's closed candles that the file does not hold, or not as they are now. */
export function stagedRecords(pair: PairState, level: number): Float64Array[] {
  const records: Float64Array[] = []
  pair.rollup.forEachDirty((of, record) => {
    if (of === level) records.push(record.slice())
  })
  return records
}

/** Stored records of [from, to) with staged ones in their place or behind them, ascending. */
export function overlay(
  stored: readonly Float64Array[],
  staged: readonly Float64Array[],
  from: number,
  to: number,
): Float64Array[] {
  const here = staged.filter((r) => r[START_WORD] >= from && r[START_WORD] < to)
  if (here.length === 0) return [...stored]
  const byStart = new Map(stored.map((record) => [record[START_WORD], record]))
  for (const record of here) byStart.set(record[START_WORD], record)
  return [...byStart.values()].sort((a, b) => a[START_WORD] - b[START_WORD])
}

// The newest row first.
function forEachStaged(pair: PairState, visit: (columns: TickColumns, row: number) => void): void {
  const all = [...pair.columns, pair.current]
  for (let i = all.length - 1; i >= 0; i--) {
    const columns = all[i]
    for (let row = columns.rows - 1; row >= 0; row--) visit(columns, row)
  }
}
