import { type IdLedger, Verdict } from '../../dist/src/dedupe/id-ledger.js'
import type { Numberings } from '../../dist/src/dedupe/numbering.js'
import { TRADE_ID, TRADE_TS, TRADE_WORDS } from '../../dist/src/model/trade-words.js'

// Ids as a shard offers them: first by the short way of ids that only go on.

function wordsOf(id: number, us: number): Float64Array {
  const words = new Float64Array(TRADE_WORDS)
  words[TRADE_ID] = id
  words[TRADE_TS] = us
  return words
}

export function offerId(ledger: IdLedger, id: number, us: number): Verdict {
  return ledger.goesOn(wordsOf(id, us)) ? Verdict.New : ledger.offer(id, us)
}

/** True where ids start anew. */
export function followId(
  numberings: Numberings,
  id: number,
  us: number,
  newest: number,
  seq: number,
): boolean {
  return !numberings.goesOn(wordsOf(id, us)) && numberings.take(id, us, newest, seq)
}
