import { BASE, type DumpFormat } from './format.js'

const PATH = /^([A-Z0-9]+_[A-Z0-9]+(?:_\d{8})?)-\d{6}\.csv/
// `quanto_multiplier` of GET /futures/usdt/contracts/…, of the two that most files are of.
const SIZES: Readonly<Record<string, number>> = { BTC_USDT: 0.0001, ETH_USDT: 0.01 }

export const GATE: readonly DumpFormat[] = [
  {
    name: 'gate-spot-deals',
    venue: 'gate',
    what: 'spot deals, newest first, without header; side 1 is a sell, 2 a buy',
    shape: [
      ['timestamp', 'seconds'],
      ['dealid', 'whole'],
      ['price', 'number'],
      ['amount', 'number'],
      ['side', '1|2'],
    ],
    columns: {
      timestamp: 'timestamp',
      id: 'dealid',
      price: 'price',
      volume: 'amount',
      side: 'side',
    },
    side: { buy: ['2'], sell: ['1'] },
    ids: 'deal ids, rising by market',
    contract: () => BASE,
    market: () => 'spot',
    path: PATH,
    source: 'https://www.gate.io/en/article/21688',
  },
  {
    name: 'gate-futures-trades',
    venue: 'gate',
    what: 'futures trades, without header; a size below zero is a sell, sizes count contracts',
    shape: [
      ['timestamp', 'seconds'],
      ['id', 'whole'],
      ['price', 'number'],
      ['size', 'signed'],
    ],
    columns: { timestamp: 'timestamp', id: 'id', price: 'price', volume: 'size' },
    ids: 'trade ids, rising by contract',
    contract: (symbol) => ({
      volumeUnit: 'contracts',
      contractSize: symbol === undefined ? undefined : SIZES[symbol],
    }),
    market: (symbol) => (symbol !== undefined && /_\d{8}$/.test(symbol) ? 'future' : 'swap'),
    path: PATH,
    source: 'https://www.gate.io/en/article/21688',
  },
]
