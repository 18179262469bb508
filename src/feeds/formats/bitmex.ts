import { BASE, type Contract, type DumpFormat } from './format.js'

// `size` counts contracts. Those of XBT in USD are worth 1 USD; of the others (ETHUSD is quanto,
// those in USDT have lots of their own) the file does not say it.
function contract(
  symbol: string | undefined,
  _market: string | undefined,
  column: string,
): Contract {
  if (column === 'homenotional') return BASE
  if (column === 'foreignnotional') return { volumeUnit: 'quote' }
  if (symbol !== undefined && /^XBT(?:USD|[FGHJKMNQUVXZ]\d\d)$/.test(symbol)) {
    return { volumeUnit: 'contracts', contractSize: 1, inverse: true }
  }
  return { volumeUnit: 'contracts' }
}

export const BITMEX: readonly DumpFormat[] = [
  {
    name: 'bitmex-trades',
    venue: 'bitmex',
    what: 'trades of a day, every symbol, volumes in contracts',
    headers: [
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional,[trdType]',
    ],
    columns: {
      timestamp: 'timestamp',
      symbol: 'symbol',
      side: 'side',
      volume: 'size',
      price: 'price',
      id: 'trdMatchID',
    },
    ids: 'UUIDs, no order',
    contract,
    market: (symbol) => {
      if (symbol === undefined) return undefined
      return /[FGHJKMNQUVXZ]\d\d$/.test(symbol) ? 'future' : /_/.test(symbol) ? 'spot' : 'swap'
    },
    fits: ({ row }) => /D/.test(row('timestamp')),
    source: 'https://public.bitmex.com/?prefix=data/trade/',
  },
]
