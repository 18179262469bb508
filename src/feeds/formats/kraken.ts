import { BASE, type DumpFormat } from './format.js'

// Three numbers could be anything: with --format alone.
export const KRAKEN: readonly DumpFormat[] = [
  {
    name: 'kraken-trades',
    venue: 'kraken',
    what: 'time and sales, and what bitcoincharts.com publishes: no header, no side, no ids',
    shape: [
      ['time', 'seconds'],
      ['price', 'number'],
      ['volume', 'number'],
    ],
    byNameOnly: true,
    columns: { timestamp: 'time', price: 'price', volume: 'volume' },
    ids: 'none',
    contract: () => BASE,
    market: () => 'spot',
    path: /^([A-Z0-9]+)\.csv/,
    source: 'https://support.kraken.com/hc/en-us/articles/360047543791',
  },
]
