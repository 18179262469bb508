// A tick's id into its pair's ledgers: known already, a venue's reset, or new; for 'sequential' ids
// also what is missing before it.
import { Verdict } from '../dedupe/id-ledger.js'
import type { IdRanges } from '../dedupe/id-ranges.js'
import type { TextIds } from '../dedupe/text-ids.js'
import type { PairState } from './pair-state.js'

/** Ids from here on do not fit a float64: both halves are passed on. */
const BIG_ID_HIGH = 2 ** 21
const TWO_32 = 2 ** 32

/** Offers the id high · 2^32 + low of the tick `seq`. */
export function takeId(
  pair: PairState,
  high: number,
  low: number,
  timestamp: number,
  seq: number,
): Verdict {
  const newest = newestOf(pair)
  if (high >= BIG_ID_HIGH) return pair.ids.offerBig(high, low, timestamp, newest)
  const id = high * TWO_32 + low
  const highest = pair.ids.ranges.highest
  const verdict = pair.ids.offer(id, timestamp, newest)
  if (pair.options.tradeIds !== 'sequential' || verdict === Verdict.Duplicate) return verdict
  if (verdict === Verdict.Reset) pair.gaps.restart(pair.ids.olderRanges as IdRanges, seq)
  else if (highest >= 0 && !pair.ids.isOlder(timestamp)) {
    if (id > highest + 1) pair.gaps.jumped(highest + 1, id - 1, newest, timestamp, seq)
    else if (id < highest) pair.gaps.filled(id, timestamp, seq)
  }
  return verdict
}

/** The same for an id that is text. */
export function takeText(
  pair: PairState,
  ids: TextIds,
  text: string,
  timestamp: number,
  seq: number,
): Verdict {
  const verdict = ids.offer(text, timestamp, newestOf(pair))
  if (verdict === Verdict.Reset) pair.textsSince = seq
  return verdict
}

// What is no trade moves no clock, but its id came at its time.
function newestOf(pair: PairState): number {
  return Math.max(pair.clock.newest, pair.noTradeTs)
}
