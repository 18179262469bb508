// What a pair has folded and not stored yet, as it is at one moment: a read adds it to what its
// file held then (`through`), and no commit is made for being asked.
import type { StoredTick } from '../model/answer.js'
import type { Side } from '../model/side.js'
import { START_WORD } from '../rollup/candle-record.js'
import type { TickColumns } from '../store/tick-columns.js'
import type { PairState } from './pair-state.js'
import type { SideSums } from './side-sums.js'

/** The newest `limit` ticks of [from, to), µs, and perhaps some more, in no order. */
export function stagedTicks(
  pair: PairState,
  from: number,
  to: number,
  limit: number,
): StoredTick[] {
  const found: { timestamp: number; columns: TickColumns; row: number }[] = []
  // The newest rows come first: soon there are enough, and what is older is passed over.
  let least = from
  let full = false
  forEachStaged(pair, (columns, row) => {
    const timestamp = columns.timestampAt(row)
    if (timestamp < least || timestamp >= to || (full && timestamp === least)) return
    found.push({ timestamp, columns, row })
    if (found.length < 2 * limit) return
    // Of one time the newest row comes first, and stays there.
    found.sort((a, b) => b.timestamp - a.timestamp)
    found.length = limit
    least = found[limit - 1].timestamp
    full = true
  })
  return found.map(({ columns, row }) => columns.tickAt(row))
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
