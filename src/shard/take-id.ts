// A tick's id into its pair's ledgers: whether its trade was seen, and whether ids start anew with
// it; for 'sequential' ids also what is missing before it.
import { Verdict } from '../dedupe/id-ledger.js'
import { Again, type IdentifiedTrade } from '../dedupe/last-trade.js'
import { TextHash } from '../dedupe/text-hash.js'
import type { Counts } from '../model/counts.js'
import { TRADE_ID, TRADE_PRICE, TRADE_SEQ, TRADE_TS, TRADE_VOLUME } from '../model/trade-words.js'
import * as L from '../ring/ring-layout.js'
import type { PairState } from './pair-state.js'

/** What became of a tick's id: how its trade is counted. */
export const Fate = {
  New: 0,
  /** Taken, though its id is another trade's too. */
  Shared: 1,
  /** Taken, and its id not kept: its hour holds as many as it may. */
  NotKept: 2,
  /** The same trade again. */
  Duplicate: 3,
  /** The same, as far as is known of ids whose ticks are gone. */
  BySpan: 4,
  /** Dropped as the same trade, with another price or volume. */
  Doubtful: 5,
} as const
export type Fate = (typeof Fate)[keyof typeof Fate]

const hash = new TextHash()

/**
 * Offers the id of a trade (trade-words.ts) of the slot at word `at`, of a tick that is stored
 * where it is new; `text` is the id where it is text. Its hour must be in memory.
 */
export function takeId(
  pair: PairState,
  trade: Float64Array,
  halves: Int32Array,
  at: number,
  text: string | undefined,
): Fate {
  if (trade[TRADE_ID] >= 0 && pair.ids.goesOn(trade)) return Fate.New
  return judgeId(pair, trade, halves, at, text)
}

function judgeId(
  pair: PairState,
  trade: Float64Array,
  halves: Int32Array,
  at: number,
  text: string | undefined,
): Fate {
  const timestamp = trade[TRADE_TS]
  const id = trade[TRADE_ID]
  let low = halves[(at + L.WORD_ID) * 2] >>> 0
  let high = halves[(at + L.WORD_ID) * 2 + 1]
  let verdict: Verdict
  if (text !== undefined) {
    hash.of(text)
    low = hash.lo
    high = hash.hi
    verdict = pair.ids.offerText(hash, timestamp)
  } else if (id >= 0) verdict = pair.ids.offer(id, timestamp)
  else verdict = pair.ids.offerBig(high, low, timestamp)
  if (verdict === Verdict.New) return Fate.New
  const [price, volume] = [trade[TRADE_PRICE], trade[TRADE_VOLUME]]
  return fateOf(pair, verdict, { hi: high, lo: low, timestamp, price, volume })
}

/** Counts what became of an id that is not simply new; false where its tick is dropped. */
export function countFate(fate: Fate, counters: Counts, totals: Counts): boolean {
  for (const counts of [counters, totals]) {
    if (fate === Fate.Shared || fate === Fate.Doubtful) counts.idsShared++
    if (fate === Fate.NotKept) counts.idsNotKept++
    if (fate === Fate.BySpan) counts.duplicatesBySpan++
    if (fate >= Fate.Duplicate) counts.duplicates++
  }
  return fate < Fate.Duplicate
}

/**
 * Follows how the venue numbers its trades, by the id of a trade (trade-words.ts) that is new; true
 * where its ids start anew. To be called before the pair's clock takes the tick.
 */
export function followId(pair: PairState, trade: Float64Array): boolean {
  const id = trade[TRADE_ID]
  if (id < 0) return false
  if (pair.options.tradeIds !== 'sequential') {
    return pair.order.take(id, trade[TRADE_TS], pair.engine.latenessUs)
  }
  if (pair.gaps.goesOn(trade)) return false
  return pair.gaps.take(id, trade[TRADE_TS], newestOf(pair), trade[TRADE_SEQ])
}

function fateOf(pair: PairState, verdict: Verdict, trade: IdentifiedTrade): Fate {
  pair.noteLast()
  if (verdict === Verdict.Shared) return Fate.Shared
  if (verdict === Verdict.NotKept) return Fate.NotKept
  const again = pair.lastTrade.judge(trade)
  if (again === Again.Another) return Fate.Shared
  if (again === Again.Doubtful) return Fate.Doubtful
  return verdict === Verdict.DuplicateBySpan ? Fate.BySpan : Fate.Duplicate
}

// What is no trade moves no clock, but its id came at its time.
function newestOf(pair: PairState): number {
  return Math.max(pair.clock.newest, pair.noTradeTs)
}
