// What a pair trades, as far as its volumes are concerned; found out once a pair.
import type { Pair } from '../pair.js'
import { type MarketKind, type VolumeLine, volumeLine } from './ccxt-volumes.js'

/** Markets on which an amount is an amount of the base currency, whatever the options say. */
const SPOT: ReadonlySet<string> = new Set(['spot', 'margin', 'otc', 'dex', 'amm'])
const OPTIONS: ReadonlySet<string> = new Set(['option', 'options'])
/** Markets of contracts: there a trade's cost may say what its amount is. */
const CONTRACTS: ReadonlySet<string> = new Set(
  ['swap', 'future', 'futures', 'perp', 'perpetual', 'delivery', 'linear', 'inverse']
    .concat(['contract', 'usdm', 'coinm', 'um', 'cm'])
    .concat([...OPTIONS]),
)

export interface PairMarket {
  readonly kind: MarketKind
  readonly line: VolumeLine | undefined
  /** Settled in a third currency: a contract has no fixed worth in base or quote currency. */
  readonly quanto: boolean
}

const known = new WeakMap<Pair, PairMarket>()

/** What a pair trades; `exchange` where a message names another than the pair. */
export function pairMarket(pair: Pair, exchange?: string): PairMarket {
  const found = known.get(pair)
  if (found !== undefined) return found
  const { key, options } = pair
  const kind = kindOf(key.market, options.contractSize !== 1 || options.inverse, options.inverse)
  const line = volumeLine(exchange ?? key.exchange, kind)
  const market = { kind, line, quanto: kind !== 'spot' && isQuanto(key.symbol) }
  known.set(pair, market)
  return market
}

function kindOf(market: string, sized: boolean, inverse: boolean): MarketKind {
  if (OPTIONS.has(market)) return 'option'
  if (SPOT.has(market) || (!CONTRACTS.has(market) && !sized)) return 'spot'
  return inverse ? 'inverse' : 'linear'
}

/** Whether a unified symbol, 'ETH/USD:BTC' say, is settled in neither of its currencies. */
export function isQuanto(symbol: unknown): boolean {
  if (typeof symbol !== 'string') return false
  const [, base, quote, settle] = /^([^/:]+)\/([^/:]+):([^/:-]+)/.exec(symbol) ?? []
  if (base === undefined || settle === base || settle === quote) return false
  return !(isDollar(quote) && isDollar(settle))
}

// A contract in USD that is settled in USDT or USDC is linear to every venue that has it.
function isDollar(code: string): boolean {
  return code.includes('USD') || code === 'DAI'
}
