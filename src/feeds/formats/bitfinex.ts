import { BASE, type DumpFormat } from './format.js'

export const BITFINEX: readonly DumpFormat[] = [
  {
    name: 'bitfinex-trades',
    venue: 'bitfinex',
    what: 'answers of /v2/trades/…/hist: an amount below zero is a sell',
    headers: ['id,mts,amount,price', 'exchange,symbol,id,mts,amount,price'],
    columns: { id: 'id', timestamp: 'mts', volume: 'amount', price: 'price' },
    ids: 'trade ids of the whole venue: rising by symbol, with holes',
    contract: () => BASE,
    market: (symbol) => (symbol !== undefined && /F0/.test(symbol) ? 'swap' : 'spot'),
    source: 'https://docs.bitfinex.com/reference/rest-public-trades',
  },
]
