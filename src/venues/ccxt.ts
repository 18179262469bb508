// ccxt and ccxt.pro: unified trades, and what a unified market is here.
import { EngineError, shown } from '../errors.js'
import { objectOf } from '../model/given.js'
import { nearNames } from '../model/pair-key.js'
import { Side } from '../model/side.js'
import { microsOf } from '../model/time.js'
import type { Pair } from '../pair.js'
import type { PairOptions } from '../pair-options.js'
import { givenId, givenPair, tradeOf } from './given-id.js'

type Maybe<T> = T | undefined | null

/** A ccxt Trade: times in ms, amounts of derivatives in contracts. */
export interface CcxtTrade {
  readonly id?: Maybe<string>
  readonly timestamp?: Maybe<number>
  readonly datetime?: Maybe<string>
  readonly side?: Maybe<string>
  readonly price?: Maybe<number>
  readonly amount?: Maybe<number>
  readonly cost?: Maybe<number>
}

/** Of a ccxt Market, what is needed here. */
export interface CcxtMarket {
  readonly symbol: string
  readonly type: string
  readonly contractSize?: Maybe<number>
  readonly inverse?: Maybe<boolean>
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

// Venues whose trade ids are whole numbers in ccxt, on every market of theirs. Contiguous or not is
// not said: ccxt may give raw trades live and aggregated ones from history.
const WHOLE_IDS: ReadonlySet<string> = new Set([
  'binance',
  'binanceusdm',
  'binancecoinm',
  'binanceus',
  'bitfinex',
  'bitstamp',
  'coinbase',
  'coinbaseexchange',
  'gemini',
  'okx',
])
const DERIVATIVES: readonly string[] = ['swap', 'future', 'option']

/**
 * One unified trade; ms to µs, contracts to base units where the pair's volumes are base units.
 * Fields that are missing are refused by name; a missing side is Side.Unknown.
 */
export function fromCcxt(pair: Pair, trade: CcxtTrade): number {
  givenPair(pair)
  const { timestamp, datetime, side } = trade ?? {}
  const us = typeof timestamp === 'number' ? timestamp * 1000 : microsOf(datetime ?? Number.NaN)
  const taker = side === 'buy' ? Side.Buy : side === 'sell' ? Side.Sell : Side.Unknown
  const id = givenId(pair.options, trade?.id)
  return tradeOf(pair)(us, numberOf(trade?.price), volumeOf(pair, trade ?? {}), taker, id)
}

// ccxt's amount: base units on spot markets, contracts on others.
function volumeOf({ key, options }: Pair, trade: CcxtTrade): number {
  const amount = numberOf(trade.amount)
  const price = numberOf(trade.price)
  const { volumeUnit, contractSize, inverse } = options
  if (volumeUnit === 'quote') return typeof trade.cost === 'number' ? trade.cost : amount * price
  if (volumeUnit === 'contracts' || !DERIVATIVES.includes(key.market)) return amount
  return inverse ? (amount * contractSize) / price : amount * contractSize
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN
}

/**
 * A market of an exchange whose markets are loaded, as `engine.pair()` takes it: volumes in base
 * units, ids as that venue has them. Throws BAD_NAME, with near names, for a symbol it has not.
 */
export function ccxtPair(exchange: CcxtExchange, symbol: string): CcxtPair {
  const markets = objectOf('markets', objectOf('exchange', exchange).markets ?? {})
  if (typeof symbol !== 'string') {
    throw new EngineError('BAD_NAME', `symbol must be text: symbol=${shown(symbol)}`)
  }
  const market = Object.hasOwn(markets, symbol) ? markets[symbol] : undefined
  if (!market) {
    const near = nearNames(symbol, Object.keys(markets))
    const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''
    const loaded = Object.keys(markets).length > 0 ? '' : '; call loadMarkets() first'
    throw new EngineError(
      'BAD_NAME',
      `${exchange.id} has no such market${hint}${loaded}: symbol=${symbol}`,
    )
  }
  const { contractSize, inverse } = market
  return {
    exchange: exchange.id,
    market: market.type,
    symbol: market.symbol,
    options: {
      tradeIds: WHOLE_IDS.has(exchange.id) ? 'integer' : 'text',
      volumeUnit: 'base',
      ...(contractSize ? { contractSize } : {}),
      ...(inverse ? { inverse } : {}),
    },
  }
}
