// What a unified market of ccxt is here.
import { EngineError, shown } from '../errors.js'
import { objectOf } from '../model/given.js'
import { nearNames } from '../model/pair-key.js'
import type { PairOptions, TradeIds } from '../pair-options.js'
import { type MarketKind, volumeLine } from './ccxt-volumes.js'
import { isQuanto } from './market-kind.js'
import { asDecimal, numberFrom } from './message-numbers.js'

type Maybe<T> = T | undefined | null

/** Of a ccxt Market, what is needed here. */
export interface CcxtMarket {
  readonly symbol: string
  readonly type: string
  readonly contractSize?: Maybe<number | string>
  readonly inverse?: Maybe<boolean>
  readonly quanto?: Maybe<boolean>
  /** The contract as the venue describes it. */
  readonly info?: unknown
}

/** Of a ccxt Exchange whose markets are loaded, what is needed here. */
export interface CcxtExchange {
  readonly id: string
  readonly markets?: Maybe<Record<string, Maybe<CcxtMarket>>>
}

/** What `engine.pair()` takes. */
export interface CcxtPair {
  readonly exchange: string
  readonly market: string
  readonly symbol: string
  readonly options: PairOptions
}

// Venues that number the trades of each market one by one, raw ones and aggregated ones alike: what
// ccxt's cache of 1,000 trades drops under a slow consumer is then told as a gap.
const SEQUENTIAL: ReadonlySet<string> = new Set([
  'binance',
  'binanceusdm',
  'binancecoinm',
  'binanceus',
  'coinbase',
  'coinbaseexchange',
])
// Venues whose trade ids are whole numbers in ccxt, on every market of theirs, and not contiguous:
// one numbering for all markets, or (OKX's live channel) one id for several trades.
const WHOLE_IDS: ReadonlySet<string> = new Set(['bitfinex', 'bitstamp', 'gemini', 'okx'])

/**
 * A market of an exchange whose markets are loaded, as `engine.pair()` takes it: volumes in base
 * units, ids as that venue has them; `options` say otherwise. Throws BAD_NAME, with near names, for
 * a symbol it has not; UNIT_MISMATCH for a quanto contract, which has volumes in contracts alone:
 * `ccxtPair(exchange, symbol, { volumeUnit: 'contracts' })`.
 */
export function ccxtPair(
  exchange: CcxtExchange,
  symbol: string,
  options: PairOptions = {},
): CcxtPair {
  const market = marketOf(exchange, symbol)
  const kind = kindOf(market)
  const volumeUnit = objectOf('options', options).volumeUnit ?? 'base'
  if (volumeUnit !== 'contracts' && kind !== 'spot' && quantoOf(market)) {
    const way = "take them as they come: ccxtPair(exchange, symbol, { volumeUnit: 'contracts' })"
    throw new EngineError(
      'UNIT_MISMATCH',
      `a quanto contract is worth no fixed amount of its base or quote currency; ${way}: symbol=${symbol} volumeUnit=${volumeUnit}`,
    )
  }
  const contractSize = contractSizeOf(exchange.id, market, kind)
  return {
    exchange: exchange.id,
    market: market.type,
    symbol: market.symbol,
    options: {
      tradeIds: idsOf(exchange.id),
      volumeUnit,
      ...(contractSize > 0 ? { contractSize } : {}),
      ...(kind === 'inverse' ? { inverse: true } : {}),
      ...options,
    },
  }
}

function marketOf(exchange: CcxtExchange, symbol: string): CcxtMarket {
  const markets = objectOf('markets', objectOf('exchange', exchange).markets ?? {})
  if (typeof symbol !== 'string') {
    throw new EngineError('BAD_NAME', `symbol must be text: symbol=${shown(symbol)}`)
  }
  const market = Object.hasOwn(markets, symbol) ? markets[symbol] : undefined
  if (market) return market
  const near = nearNames(symbol, Object.keys(markets))
  const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''
  const loaded = Object.keys(markets).length > 0 ? '' : '; call loadMarkets() first'
  throw new EngineError(
    'BAD_NAME',
    `${exchange.id} has no such market${hint}${loaded}: symbol=${symbol}`,
  )
}

// An option is never divided by its price, in whatever currency it is settled.
function kindOf({ type, inverse }: CcxtMarket): MarketKind {
  if (type === 'option') return 'option'
  if (type !== 'swap' && type !== 'future') return 'spot'
  return inverse === true ? 'inverse' : 'linear'
}

function quantoOf({ symbol, quanto }: CcxtMarket): boolean {
  return quanto === true || isQuanto(symbol)
}

// What one contract is worth, by the venue's own figures where ccxt's is something else; 0 where
// nothing says it.
function contractSizeOf(exchange: string, market: CcxtMarket, kind: MarketKind): number {
  const line = volumeLine(exchange, kind)
  if (line?.contractSize !== undefined) return line.contractSize
  const size = numberFrom(market.contractSize ?? undefined)
  if (!(size > 0)) return 0
  const info = (market.info ?? {}) as Readonly<Record<string, unknown>>
  const times = line?.multiplier === undefined ? Number.NaN : numberFrom(info[line.multiplier])
  return times > 0 ? asDecimal(size * times) : size
}

function idsOf(exchange: string): TradeIds {
  if (SEQUENTIAL.has(exchange)) return 'sequential'
  return WHOLE_IDS.has(exchange) ? 'integer' : 'text'
}
