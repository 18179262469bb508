import { BASE, type DumpFormat } from './format.js'

export const COINBASE: readonly DumpFormat[] = [
  {
    name: 'coinbase-trades',
    venue: 'coinbase',
    what: "answers of /products/…/trades; `side` is the maker's",
    headers: ['time,trade_id,price,size,side'],
    columns: { timestamp: 'time', id: 'trade_id', price: 'price', volume: 'size', side: 'side' },
    side: { of: 'maker' },
    ids: 'trade ids, contiguous by product',
    contract: () => BASE,
    market: () => 'spot',
    source: 'https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproducttrades',
  },
]
