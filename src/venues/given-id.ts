// An id that came as text, in the way its pair takes ids.
import { bare, EngineError } from '../errors.js'
import type { Pair } from '../pair.js'
import type { TradeIds } from '../pair-options.js'

const DIGITS = /^\d{1,19}$/

/** An id as a message has it; undefined for none. */
export type AnyId = number | bigint | string | undefined

/** Digits as a number where one holds them; nothing for a pair without ids. */
export function givenId(options: Pair['options'], id: AnyId | null): AnyId {
  const mode: TradeIds = options.tradeIds
  if (id === undefined || id === null || id === '' || mode === 'none') return undefined
  if (typeof id !== 'string') {
    return mode === 'text' && (typeof id === 'number' || typeof id === 'bigint') ? String(id) : id
  }
  if (mode === 'text' || !DIGITS.test(id)) return id
  const exact = Number(id)
  return Number.isSafeInteger(exact) ? exact : id
}

/** The pair, as it is; throws BAD_ARGUMENT for what is none. */
export function givenPair(pair: Pair): Pair {
  if (typeof pair?.trade === 'function') return pair
  const rule = 'pair must be what engine.pair() gives'
  throw new EngineError('BAD_ARGUMENT', `${rule}: pair=${bare(pair)}`)
}

/** `trade()` of a pair whatever its ids are: a wrong one is refused at run time. */
export type AnyTrade = (
  timestamp: number,
  price: number,
  volume: number,
  side: number,
  tradeId: AnyId,
  receivedAt?: number,
) => number

/** `noTrade()` likewise. */
export type AnyNoTrade = (timestamp: number, tradeId: AnyId, receivedAt?: number) => number

/** The pair's trade(), for an id that givenId() has made fit. */
export function tradeOf(pair: Pair): AnyTrade {
  return pair.trade.bind(pair) as unknown as AnyTrade
}

/** The pair's noTrade(): the id of a trade off the book is seen, and nothing else comes of it. */
export function noTradeOf(pair: Pair): AnyNoTrade {
  return pair.noTrade.bind(pair) as unknown as AnyNoTrade
}
