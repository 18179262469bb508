import { BASE, type Contract, type DumpFormat } from './format.js'

// Spot volumes are base units; those of swaps and futures count contracts (`ctVal` of
// GET /api/v5/public/instruments): margined in the coin 100 USD for BTC and 10 USD for the others;
// in USDT and USDC each its own, here those of the two that most files are of.
const LINEAR: Readonly<Record<string, number>> = {
  'BTC-USDT': 0.01,
  'ETH-USDT': 0.1,
}

function contract(symbol: string | undefined, market: string | undefined): Contract {
  const [base, quote] = (symbol ?? '').split('-')
  if (marketOf(symbol) === 'spot' || (symbol === undefined && market === 'spot')) return BASE
  if (quote === 'USD') {
    return { volumeUnit: 'contracts', contractSize: base === 'BTC' ? 100 : 10, inverse: true }
  }
  return { volumeUnit: 'contracts', contractSize: LINEAR[`${base}-${quote}`] }
}

// BTC-USDT, BTC-USDT-SWAP, BTC-USD-260703, BTC-USD-260703-70000-C
function marketOf(symbol: string | undefined): string | undefined {
  if (symbol === undefined) return undefined
  if (symbol.endsWith('-SWAP')) return 'swap'
  if (/-[CP]$/.test(symbol)) return 'option'
  return /-\d{6}$/.test(symbol) ? 'future' : /^[^-]+-[^-]+$/.test(symbol) ? 'spot' : undefined
}

const common = {
  venue: 'okx',
  ids: 'trade ids, contiguous by instrument',
  contract,
  market: marketOf,
  path: /^([A-Z0-9]+-[A-Z0-9]+(?:-SWAP|-\d{6})?)-trades-\d{4}-\d\d/,
  source: 'https://www.okx.com/historical-data',
} as const

export const OKX: readonly DumpFormat[] = [
  {
    ...common,
    name: 'okx-trades',
    what: 'trades since 2023; of swaps and futures in contracts',
    headers: ['instrument_name,trade_id,side,price,size,created_time,[source]'],
    columns: {
      symbol: 'instrument_name',
      id: 'trade_id',
      side: 'side',
      price: 'price',
      volume: 'size',
      timestamp: 'created_time',
    },
  },
  {
    ...common,
    name: 'okx-trades-gbk',
    what: 'trades before 2023, the header half Chinese (GBK)',
    headers: ['trade_id/…,side/…,size/…,price/…,created_time/…'],
    columns: {
      id: 'trade_id',
      side: 'side',
      volume: 'size',
      price: 'price',
      timestamp: 'created_time',
    },
  },
]
