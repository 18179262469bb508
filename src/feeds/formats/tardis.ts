// tardis.dev: every exchange under a name of its own, which says the market; amounts as the
// exchange has them.
import { BASE, type Contract, type DumpFormat } from './format.js'

/** What tardis calls an exchange, and what trades there. `usd`: amounts count contracts in USD. */
const EXCHANGES: Readonly<
  Record<string, { market: string; unit: 'base' | 'contracts' | 'mixed' }>
> = {
  'binance-futures': { market: 'swap', unit: 'base' },
  'binance-delivery': { market: 'swap', unit: 'contracts' },
  'binance-options': { market: 'option', unit: 'base' },
  'binance-european-options': { market: 'option', unit: 'base' },
  bitmex: { market: 'swap', unit: 'contracts' },
  deribit: { market: 'swap', unit: 'mixed' },
  bybit: { market: 'swap', unit: 'mixed' },
  'bybit-options': { market: 'option', unit: 'base' },
  'okex-swap': { market: 'swap', unit: 'contracts' },
  'okex-futures': { market: 'future', unit: 'contracts' },
  'okex-options': { market: 'option', unit: 'contracts' },
  'huobi-dm': { market: 'future', unit: 'contracts' },
  'huobi-dm-swap': { market: 'swap', unit: 'contracts' },
  'huobi-dm-linear-swap': { market: 'swap', unit: 'contracts' },
  'huobi-dm-options': { market: 'option', unit: 'contracts' },
  'bitfinex-derivatives': { market: 'swap', unit: 'base' },
  'bitget-futures': { market: 'swap', unit: 'base' },
  'gate-io-futures': { market: 'swap', unit: 'contracts' },
  'kucoin-futures': { market: 'swap', unit: 'contracts' },
  'coinbase-international': { market: 'swap', unit: 'base' },
  'crypto-com-derivatives': { market: 'swap', unit: 'base' },
  cryptofacilities: { market: 'swap', unit: 'mixed' },
  phemex: { market: 'swap', unit: 'mixed' },
  'woo-x': { market: 'swap', unit: 'base' },
  ftx: { market: 'swap', unit: 'base' },
  dydx: { market: 'swap', unit: 'base' },
  'dydx-v4': { market: 'swap', unit: 'base' },
  hyperliquid: { market: 'swap', unit: 'base' },
  ascendex: { market: 'spot', unit: 'base' },
}

const SPOT = new Set([
  ...['binance', 'binance-us', 'bitstamp', 'bitfinex', 'bybit-spot', 'coinbase', 'crypto-com'],
  ...['gate-io', 'gemini', 'huobi', 'kraken', 'kucoin', 'okex', 'upbit', 'bitget', 'bitflyer'],
])
const DATED = /\d{6}$|-\d{1,2}[A-Z]{3}\d\d$|[FGHJKMNQUVXZ]\d\d$/

/** The market of an exchange's name; undefined for one that nobody knows. */
export function marketOfExchange(exchange: string, symbol = ''): string | undefined {
  const name = exchange.toLowerCase()
  const known = Object.hasOwn(EXCHANGES, name) ? EXCHANGES[name].market : undefined
  if (known !== undefined) {
    if (/-[CP]$/.test(symbol)) return 'option'
    return known === 'swap' && DATED.test(symbol) ? 'future' : known
  }
  if (SPOT.has(name)) return 'spot'
  if (/option/.test(name)) return 'option'
  return /futures?|swap|perp|deriv|delivery|linear|inverse/.test(name) ? 'swap' : undefined
}

/** Whether tardis has files of the exchange, and the exchange liquidations. */
export function hasLiquidations(exchange: string): boolean {
  return Object.hasOwn(EXCHANGES, exchange)
}

/** What an exchange's amounts are. */
export function contractOfExchange(
  exchange: string | undefined,
  symbol: string | undefined,
): Contract {
  const known =
    exchange !== undefined && Object.hasOwn(EXCHANGES, exchange) ? EXCHANGES[exchange] : undefined
  if (known === undefined || known.unit === 'base') return BASE
  const name = symbol ?? ''
  // BTCUSD, BTC-USD-…, XBTUSD, BTC-PERPETUAL: contracts worth a number of USD.
  const inverse = /USD(?!T|C)|^[A-Z]+-(?:PERPETUAL|\d)|^PI_|^FI_/.test(name)
  if (known.unit === 'mixed') {
    if (!inverse || /-[CP]$/.test(name)) return BASE
    return exchange === 'deribit'
      ? { volumeUnit: 'quote' }
      : { volumeUnit: 'contracts', contractSize: 1, inverse: true }
  }
  const bitcoin = /^(?:BTC|XBT)/.test(name)
  if (exchange === 'bitmex') {
    return bitcoin && inverse
      ? { volumeUnit: 'contracts', contractSize: 1, inverse: true }
      : { volumeUnit: 'contracts' }
  }
  if (!inverse) return { volumeUnit: 'contracts' }
  return { volumeUnit: 'contracts', contractSize: bitcoin ? 100 : 10, inverse: true }
}

export const TARDIS: readonly DumpFormat[] = [
  {
    name: 'tardis',
    venue: undefined,
    what: 'trades; liquidations have the same header, and are told by the name of the file',
    headers: ['exchange,symbol,timestamp,local_timestamp,[id],[side],price,amount'],
    columns: {
      exchange: 'exchange',
      symbol: 'symbol',
      timestamp: 'timestamp',
      received: 'local_timestamp',
      id: 'id',
      side: 'side',
      price: 'price',
      volume: 'amount',
    },
    ids: "the exchange's",
    contract: () => BASE,
    market: () => undefined,
    source: 'https://docs.tardis.dev/downloadable-csv-files#trades',
  },
]
