import { BASE, type Contract, type DumpFormat } from './format.js'

// Since February 2026 (historical_data/): BTC-USDT spot, BTC-USDT-PERP, BTC-USD-260206. Before
// (data/): BTCUSDT spot, BTC-USDT swaps, BTC260206.
function marketOf(symbol: string | undefined): string | undefined {
  if (symbol === undefined) return undefined
  if (symbol.endsWith('-PERP') || symbol.endsWith('-SWAP')) return 'swap'
  return /\d{6}$/.test(symbol) ? 'future' : 'spot'
}

// "contract_size" of the contracts' list: 100 USD for BTC and 10 USD for the others in the coin's
// margin; in USDT each its own, here those of the two that most files are of.
const LINEAR: Readonly<Record<string, number>> = { 'BTC-USDT': 0.001, 'ETH-USDT': 0.01 }

function contract(symbol: string | undefined, market: string | undefined): Contract {
  if ((marketOf(symbol) ?? market ?? 'spot') === 'spot') return BASE
  const [base, quote] = (symbol ?? '').split('-')
  if (quote === 'USD') {
    return { volumeUnit: 'contracts', contractSize: base === 'BTC' ? 100 : 10, inverse: true }
  }
  return { volumeUnit: 'contracts', contractSize: LINEAR[`${base}-${quote}`] }
}

const SOURCE = 'https://www.htx.com/futures/data/landing_page/'
const OLD = {
  timestamp: 'Trade Time',
  price: 'Trade Price',
  id: 'Trade ID',
  side: 'Side (buy/sell)',
} as const
const PATH = /^([A-Z0-9]+(?:-[A-Z0-9]+)*?)-trades-\d{4}-\d\d-\d\d/

export const HTX: readonly DumpFormat[] = [
  {
    name: 'htx-trades',
    venue: 'htx',
    what: 'trades since February 2026; of perpetuals and futures in contracts',
    headers: ['instId,tradeId,px,side,size,ts'],
    columns: {
      symbol: 'instId',
      id: 'tradeId',
      price: 'px',
      side: 'side',
      volume: 'size',
      timestamp: 'ts',
    },
    ids: 'trade ids by instrument',
    contract,
    market: marketOf,
    source: SOURCE,
  },
  {
    name: 'htx-spot-trades',
    venue: 'htx',
    what: 'spot trades of the older archive, with or without header',
    headers: ['Trade ID,Trade Time,Trade Price,Volume (Base Currency),Side (buy/sell)'],
    shape: [
      ['Trade ID', 'whole'],
      ['Trade Time', 'time'],
      ['Trade Price', 'number'],
      ['Volume (Base Currency)', 'number'],
      ['Side (buy/sell)', 'word'],
    ],
    columns: { ...OLD, volume: 'Volume (Base Currency)' },
    ids: 'trade ids by symbol',
    contract: () => BASE,
    market: () => 'spot',
    path: PATH,
    fits: ({ exchange, name }) =>
      exchange === 'htx' ||
      exchange === 'huobi' ||
      (exchange === undefined && !/M-trades-/.test(name) && PATH.test(name)),
    source: SOURCE,
  },
  {
    name: 'htx-swap-trades',
    venue: 'htx',
    what: 'swap trades of the older archive, with or without header',
    headers: [
      'Trade ID,Trade Time,Trade Price,Volume (in Contracts),Volume (in Base Currency),Turnover,Side (buy/sell)',
    ],
    shape: [
      ['Trade ID', 'whole'],
      ['Trade Time', 'time'],
      ['Trade Price', 'number'],
      ['Volume (in Contracts)', 'number'],
      ['Volume (in Base Currency)', 'number'],
      ['Turnover', 'number'],
      ['Side (buy/sell)', 'word'],
    ],
    columns: { ...OLD, volume: 'Volume (in Base Currency)' },
    ids: 'trade ids by contract',
    contract: (symbol, _market, column) =>
      column === 'volumeincontracts' ? contract(symbol, 'swap') : BASE,
    market: (symbol) => (symbol !== undefined && /\d{6}$/.test(symbol) ? 'future' : 'swap'),
    path: PATH,
    source: SOURCE,
  },
]
