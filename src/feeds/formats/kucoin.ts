import { BASE, type Contract, type DumpFormat } from './format.js'

// Futures end in M (BTCUSDTM in the archive, XBTUSDTM in the API) or in a month (XBTMH25).
const FUTURES = /(?:USDT|USDC|USD)M$|M[FGHJKMNQUVXZ]\d\d$/
// `multiplier` of GET /api/v1/contracts/active, in the base currency, of those that most files are
// of; of the others the file does not say it.
const SIZES: Readonly<Record<string, number>> = {
  BTCUSDTM: 0.001,
  XBTUSDTM: 0.001,
  ETHUSDTM: 0.01,
}

function contract(symbol: string | undefined, market: string | undefined): Contract {
  const futures = symbol !== undefined && FUTURES.test(symbol)
  if (!futures && (market === undefined || market === 'spot')) return BASE
  // XBTUSDM is margined in the coin: a contract is 1 USD.
  if (symbol !== undefined && /USDM$/.test(symbol)) {
    return { volumeUnit: 'contracts', contractSize: 1, inverse: true }
  }
  return {
    volumeUnit: 'contracts',
    contractSize: symbol === undefined ? undefined : SIZES[symbol],
  }
}

const common = {
  venue: 'kucoin',
  ids: 'unique numbers of two ranges, no order',
  contract,
  columns: {
    id: 'trade_id',
    timestamp: 'trade_time',
    price: 'price',
    volume: 'size',
    side: 'side',
  },
  path: /^([A-Z0-9]+)-trades-\d{4}-\d\d-\d\d/,
  source: 'https://www.kucoin.com/support (historical-data.kucoin.com)',
} as const

export const KUCOIN: readonly DumpFormat[] = [
  {
    ...common,
    name: 'kucoin-trades',
    what: 'trades; of futures in contracts',
    headers: ['trade_id,trade_time,price,size,side'],
    market: (symbol) => {
      if (symbol === undefined) return undefined
      return /M[FGHJKMNQUVXZ]\d\d$/.test(symbol) ? 'future' : FUTURES.test(symbol) ? 'swap' : 'spot'
    },
  },
  {
    ...common,
    name: 'kucoin-futures-trades',
    what: 'futures trades, without header, in contracts',
    shape: [
      ['trade_id', 'whole'],
      ['trade_time', 'time'],
      ['price', 'number'],
      ['size', 'number'],
      ['side', 'word'],
    ],
    contract: (symbol, market) => contract(symbol, market === 'spot' ? 'spot' : 'swap'),
    market: (symbol) =>
      symbol !== undefined && /M[FGHJKMNQUVXZ]\d\d$/.test(symbol) ? 'future' : 'swap',
    fits: ({ exchange, name }) =>
      exchange === 'kucoin' ||
      (exchange === undefined && /(?:M|M[FGHJKMNQUVXZ]\d\d)-trades-/.test(name)),
  },
]
