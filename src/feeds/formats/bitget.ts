import { BASE, type Contract, type DumpFormat } from './format.js'

export const BITGET: readonly DumpFormat[] = [
  {
    name: 'bitget-trades',
    venue: 'bitget',
    what: 'trades of spot and futures; a day is cut at 16:00 UTC',
    headers: ['trade_id,timestamp,price,side,volume(quote),size(base)'],
    columns: {
      id: 'trade_id',
      timestamp: 'timestamp',
      price: 'price',
      side: 'side',
      volume: 'size(base)',
    },
    product: 'volume(quote)',
    ids: 'unique numbers beyond 2^53, not contiguous',
    contract: (_symbol, _market, column): Contract =>
      column === 'volumequote' ? { volumeUnit: 'quote' } : BASE,
    // BTCUSDT_SPBL_20250101_001.csv is spot, …_UMCBL_… and …_DMCBL_… are futures.
    market: (_symbol, file) => {
      const [, product] = /_([A-Z]+)_\d{8}/.exec(file) ?? []
      return product === undefined ? undefined : product === 'SPBL' ? 'spot' : 'swap'
    },
    path: /^([A-Z0-9]+)_[A-Z]+_\d{8}/,
    source: 'https://www.bitget.com/data-download',
  },
]
