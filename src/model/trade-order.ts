// Which of two trades comes first: by time, then by the venue's id, then by arrival. A trade
// without a whole-number id comes behind those of its time that have one. Where ids are no order
// (text, or a pair of order 'arrival'), no trade has an id here, and arrival decides.
//
// An id is two halves, as it stands in a slot: high × 2^32 + low, below 2^63.

/** Upper half in place of an id: above that of every id. */
export const NO_ID_HIGH = 2 ** 31

/** A trade's place among others. */
export interface TradePlace {
  /** µs. */
  readonly timestamp: number
  readonly idHigh: number
  readonly idLow: number
  readonly seq: number
}

/** Below 0 where `a` comes before `b`, above 0 where behind it. */
export function comparePlaces(a: TradePlace, b: TradePlace): number {
  return a.timestamp - b.timestamp || a.idHigh - b.idHigh || a.idLow - b.idLow || a.seq - b.seq
}

/** Whether a pair's trades of one time are in the order of their ids: they are ordered numbers. */
export function ordersById({ tradeIds, order }: { tradeIds: string; order: string }): boolean {
  return order === 'id' && (tradeIds === 'integer' || tradeIds === 'sequential')
}

/** The same of a stored pair, by the facts of its file: one without an order goes by arrival. */
export function isStoredById(meta: Readonly<Record<string, string>>): boolean {
  return ordersById({ tradeIds: meta['trade_ids'] ?? '', order: meta['order'] ?? 'arrival' })
}
