// Which of two trades of one time comes first.

/** Whether a pair's trades of one time are in the order of their ids: they are ordered numbers. */
export function ordersById({ tradeIds, order }: { tradeIds: string; order: string }): boolean {
  return order === 'id' && (tradeIds === 'integer' || tradeIds === 'sequential')
}

/** The same of a stored pair, by the facts of its file: one without an order goes by arrival. */
export function isStoredById(meta: Readonly<Record<string, string>>): boolean {
  return ordersById({ tradeIds: meta['trade_ids'] ?? '', order: meta['order'] ?? 'arrival' })
}
