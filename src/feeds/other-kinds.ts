// Headers of what is no trade: published beside the trades, and easily taken for them. An update of
// an order book has a time, a price, an amount and a side too.
import { plainName } from './formats/format.js'

interface OtherKind {
  readonly what: string
  /** Plain names, all of which such a header has; several sets. */
  readonly has: readonly string[]
  /** Plain names that such a header has not. */
  readonly lacks?: string
}

const OTHER_KINDS: readonly OtherKind[] = [
  {
    what: 'order-book updates',
    has: ['issnapshot', 'bids asks', 'bidpx00', 'askpx00', 'bid0price', 'bids0price', 'asks0price']
      .concat(['orderid action size', 'price size beginid', 'percentage depth', 'levels price'])
      .concat(['firstupdateid finalupdateid', 'updateid level']),
  },
  {
    what: 'quotes (best bid and ask)',
    has: ['bidprice askprice', 'bestbidprice', 'bestaskprice', 'bidpx askpx', 'bid ask'],
    lacks: 'price',
  },
  { what: 'candles', has: ['open high low close', 'o h l c'] },
  {
    what: 'liquidations',
    has: ['averageprice orderstatus', 'timeinforce originalquantity', 'liquidationprice'],
  },
  {
    what: 'derivative tickers',
    has: ['openinterest', 'sumopeninterest', 'fundingrate markprice', 'markprice indexprice'],
    lacks: 'price',
  },
  { what: 'derivative tickers', has: ['openinterest fundingrate', 'openinterest markprice'] },
  {
    what: 'funding rates',
    has: [
      'fundingrate',
      'lastfundingrate',
      'realizedrate fundingtime',
      'calctime fundingintervalhours',
    ],
  },
  {
    what: 'options chains',
    has: ['strikeprice markiv', 'strikeprice delta', 'impliedvolatility delta'],
  },
]

/** What a header is of, where that is no trades; in words. */
export function otherKindOf(header: readonly string[]): string | undefined {
  const names = new Set(header.map(plainName))
  const found = OTHER_KINDS.find(
    ({ has, lacks }) =>
      (lacks === undefined || !names.has(lacks)) &&
      has.some((all) => all.split(' ').every((name) => names.has(name))),
  )
  return found?.what
}

/** What rows without header are, where they are no trades: Binance's klines have 12 numbers. */
export function otherShapeOf(row: readonly string[]): string | undefined {
  const numbers = row.map(Number)
  if (row.length >= 11 && numbers.every(Number.isFinite)) {
    const [, open, high, low, close] = numbers
    const [from, , , , , , to] = numbers
    if (high >= Math.max(open, close) && low <= Math.min(open, close) && to > from) return 'candles'
  }
  if (row.length === 6 && /^(?:set|make|take)$/.test(row[1])) return 'order-book updates'
  return undefined
}
