// The last trade that a pair has staged, with its id as the ledgers know it.
import type { IdentifiedTrade } from '../dedupe/last-trade.js'
import { TextHash } from '../dedupe/text-hash.js'
import type { TickColumns } from '../store/tick-columns.js'

const hash = new TextHash()

/** The newest row of the columns; undefined where there is none. */
export function lastStaged(
  full: readonly TickColumns[],
  current: TickColumns,
): IdentifiedTrade | undefined {
  const columns = current.rows > 0 ? current : full[full.length - 1]
  if (columns === undefined) return undefined
  const row = columns.rows - 1
  const [timestamp, price, volume] = [
    columns.timestampAt(row),
    columns.priceAt(row),
    columns.volumeAt(row),
  ]
  const text = columns.textAt(row)
  if (text !== undefined) {
    hash.of(text)
    return { hi: hash.hi, lo: hash.lo, timestamp, price, volume }
  }
  const id = columns.halvesAt(row)
  return { hi: id?.hi ?? -1, lo: id?.lo ?? -1, timestamp, price, volume }
}
