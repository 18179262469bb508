import { BASE, type Contract, type DumpFormat } from './format.js'

// BTCUSDT, BTCPERP and BTC-27DEC24 are linear: size is the base currency. BTCUSD and BTCUSDZ24 are
// inverse: size is a count of contracts of 1 USD.
const INVERSE = /USD(?:[FGHJKMNQUVXZ]\d\d)?$/
const DATED = /USD[FGHJKMNQUVXZ]\d\d$|-\d{1,2}[A-Z]{3}\d\d$/

function contract(
  symbol: string | undefined,
  _market: string | undefined,
  column: string,
): Contract {
  if (column === 'homenotional') return BASE
  if (column === 'foreignnotional') return { volumeUnit: 'quote' }
  if (symbol === undefined || !INVERSE.test(symbol)) return BASE
  return { volumeUnit: 'contracts', contractSize: 1, inverse: true }
}

export const BYBIT: readonly DumpFormat[] = [
  {
    name: 'bybit-trading',
    venue: 'bybit',
    what: 'trades of derivatives',
    headers: [
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional,[RPI]',
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
    market: (symbol) => (symbol !== undefined && DATED.test(symbol) ? 'future' : 'swap'),
    path: /^([A-Z0-9]+(?:-\d{1,2}[A-Z]{3}\d\d)?)\d{4}-\d\d-\d\d/,
    // BitMEX has the same header, and other times.
    fits: ({ row }) => !/D/.test(row('timestamp')),
    source: 'https://public.bybit.com/trading/',
  },
  {
    name: 'bybit-spot',
    venue: 'bybit',
    what: 'spot trades',
    headers: ['id,timestamp,price,volume,side,[rpi]'],
    columns: { id: 'id', timestamp: 'timestamp', price: 'price', volume: 'volume', side: 'side' },
    ids: 'numbered from 1 in each file',
    contract: () => BASE,
    market: () => 'spot',
    path: /^([A-Z0-9]+)[_-]\d{4}-\d\d/,
    source: 'https://public.bybit.com/spot/',
  },
]
