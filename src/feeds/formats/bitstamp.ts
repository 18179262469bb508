import { BASE, type DumpFormat } from './format.js'

export const BITSTAMP: readonly DumpFormat[] = [
  {
    name: 'bitstamp-transactions',
    venue: 'bitstamp',
    what: 'answers of /api/v2/transactions; type 0 is a buy, 1 a sell',
    headers: ['date,tid,price,type,amount'],
    columns: { timestamp: 'date', id: 'tid', price: 'price', side: 'type', volume: 'amount' },
    side: { buy: ['0'], sell: ['1'] },
    ids: 'trade ids of the whole venue: rising by symbol, with holes',
    contract: () => BASE,
    market: () => 'spot',
    source: 'https://www.bitstamp.net/api/#tag/Transactions-public',
  },
]
