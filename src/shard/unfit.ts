// Slots that are no trade to be stored among the others: bad data and what is too late, kept aside;
// and trades of nothing, of which the id alone counts.
import * as L from '../ring/ring-layout.js'
import { asideOf } from './aside-tick.js'
import type { Outbox } from './outbox.js'
import type { PairState } from './pair-state.js'
import { tellLate, tellOnce, tellReject } from './telling.js'

/**
 * Whether a slot is no trade, and its id not missing: a caller said so, or it is a trade of nothing
 * (Binance futures' X "NA", rows of quantity 0.0) that has an id.
 */
export function isNoTrade(pair: PairState, tag: number, price: number, volume: number): boolean {
  if ((tag & L.FLAG_NO_TRADE) !== 0) return true
  const { tradeIds, prices } = pair.options
  if ((tag & L.FLAG_NO_ID) !== 0 || tradeIds === 'none') return false
  return volume === 0 || (price === 0 && volume > 0 && prices !== 'any')
}

/**
 * Keeps the id of a slot that is no trade, where there is one, and its time. Nothing else comes of
 * it: candles, flow and the clock go on as if it had not come.
 */
export function keepNoTrade(
  pair: PairState,
  halves: Int32Array,
  at: number,
  hasId: boolean,
  timestamp: number,
  text: string | undefined,
): void {
  if (timestamp > pair.noTradeTs) pair.noTradeTs = timestamp
  if (!hasId) return
  pair.noTradeFrom = Math.min(pair.noTradeFrom, timestamp)
  const id = (at + L.WORD_ID) * 2
  pair.noTradeIds.add(halves[id + 1], halves[id], text, timestamp)
  pair.addedTables.add('seen_ids')
}

/** Keeps a slot that is bad data in `rejected_ticks`, and tells why. */
export function keepRejected(
  pair: PairState,
  outbox: Outbox,
  words: Float64Array,
  halves: Int32Array,
  at: number,
  tag: number,
  seq: number,
  text: string | undefined,
): void {
  const price = words[at + L.WORD_PRICE]
  const reason = reasonOf(pair, tag, price, words[at + L.WORD_VOLUME])
  pair.lastSeq = seq
  pair.touch(seq)
  pair.setAside(asideOf(words, halves, at, tag, seq, reason, text))
  tellReject(pair, outbox, words[at + L.WORD_TIMESTAMP], reason)
  if (reason === 'price' && price <= 0) tellPrices(pair, outbox, price)
}

/** Keeps a trade that is behind even the candles kept in `late_ticks`, and tells of it. */
export function keepTooLate(
  pair: PairState,
  outbox: Outbox,
  words: Float64Array,
  halves: Int32Array,
  at: number,
  tag: number,
  seq: number,
  text: string | undefined,
): void {
  pair.setAside(asideOf(words, halves, at, tag, seq, undefined, text))
  tellLate(pair, outbox, words[at + L.WORD_TIMESTAMP], false)
}

function reasonOf(
  pair: PairState,
  tag: number,
  price: number,
  volume: number,
): 'price' | 'volume' | 'future' {
  if (isNoTrade(pair, tag, price, volume)) return 'future'
  const { maxPrice, maxVolume } = pair.options
  if (!(price >= pair.leastPrice && price <= maxPrice)) return 'price'
  return volume > 0 && volume <= maxVolume ? 'future' : 'volume'
}

function tellPrices(pair: PairState, outbox: Outbox, price: number): void {
  if (pair.options.prices === 'any') return
  tellOnce(
    pair,
    outbox,
    'PRICE_REJECTED',
    `prices of 0 and below are rejected; where they are prices (spreads, power), open the pair with prices: 'any' (replay: --prices any; a stored pair: tickloom set ${pair.name} --prices any): price=${price}`,
  )
}
