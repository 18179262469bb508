// Raw and aggregated trades of one venue are the same trades under other ids. A pair takes the kind
// that it was given first, from whichever adapter.
import { Refusal } from '../model/refusal.js'
import type { Pair } from '../pair.js'
import { refuse } from './offered.js'

export type IdKind = 'raw' | 'aggregated'

const taken = new WeakMap<Pair, IdKind>()

/**
 * 0 where the pair takes this kind; otherwise the refusal, which is counted and told. The kind is
 * not stored: a pair of a new session takes what it is given first.
 */
export function checkKind(pair: Pair, kind: IdKind | undefined, message: unknown): number {
  if (kind === undefined) return 0
  const first = taken.get(pair)
  if (first === kind) return 0
  if (first !== undefined) {
    return refuse(pair, Refusal.MixedIds, `${kind} trades on a pair of ${first} ones`, message)
  }
  taken.set(pair, kind)
  return 0
}

/**
 * The kind of what ccxt has parsed, by the venue's own fields. Binance and its likes: aggTrades
 * have the first and last raw id (f, l); trades have an event of that name, or id and qty. OKX: the
 * channel `trades` counts what it has put together, `trades-all` and REST do not.
 */
export function ccxtIdKind(info: Readonly<Record<string, unknown>>): IdKind | undefined {
  if (info['e'] === 'aggTrade' || (has(info, 'a') && has(info, 'f') && has(info, 'l'))) {
    return 'aggregated'
  }
  if (info['e'] === 'trade' || (has(info, 'id') && has(info, 'qty') && has(info, 'isBuyerMaker'))) {
    return 'raw'
  }
  if (has(info, 'instId') && has(info, 'tradeId')) return has(info, 'count') ? 'aggregated' : 'raw'
  return undefined
}

function has(info: Readonly<Record<string, unknown>>, field: string): boolean {
  return info[field] !== undefined
}
