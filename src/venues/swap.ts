// A swap in a DEX pool: direction and price from the signed amounts of its two tokens.
import { Side } from '../model/side.js'
import { microsOf, timeUnitOf } from '../model/time.js'
import type { Pair } from '../pair.js'
import { givenId, givenPair, tradeOf } from './given-id.js'

type Amount = bigint | number | string

/** A swap as the pool's event tells it. */
export interface Swap {
  /** Block time: s, ms or µs by its magnitude, a Date or ISO text. */
  readonly timestamp: number | Date | string
  /** What the pool took in (> 0) or gave out (< 0), in the token's smallest unit. */
  readonly amount0: Amount
  readonly amount1: Amount
  readonly decimals0: number
  readonly decimals1: number
  /** Which token is the base currency. */
  readonly baseToken: 0 | 1
  readonly transactionHash: string
  readonly logIndex: number
}

/**
 * One swap. The pool giving out base is a taker buying it; the id is `transactionHash:logIndex`, so
 * that two swaps of one transaction stay two (pairs whose ids are not text get none). Amounts of
 * one sign, or of zero, are refused.
 */
export function fromSwap(pair: Pair, given: Swap): number {
  givenPair(pair)
  const swap = given ?? {}
  const amounts = [
    unitsOf(swap.amount0, swap.decimals0),
    unitsOf(swap.amount1, swap.decimals1),
  ] as const
  const base = amounts[swap.baseToken === 0 ? 0 : 1]
  const quote = amounts[swap.baseToken === 0 ? 1 : 0]
  const price = base * quote < 0 ? Math.abs(quote / base) : Number.NaN
  const volume = Math.abs(pair.options.volumeUnit === 'quote' ? quote : base)
  const { transactionHash, logIndex } = swap
  const named = pair.options.tradeIds === 'text' && typeof transactionHash === 'string'
  const id = named ? `${transactionHash}:${plainOf(logIndex)}` : undefined
  const side = base < 0 ? Side.Buy : Side.Sell
  return tradeOf(pair)(timeOf(swap.timestamp), price, volume, side, givenId(pair.options, id))
}

// Through decimal text, so that no digit is lost that a float64 can hold.
function unitsOf(amount: Amount, decimals: number): number {
  if (!Number.isInteger(decimals)) return Number.NaN
  if (typeof amount === 'number') return amount / 10 ** decimals
  const text = typeof amount === 'bigint' || typeof amount === 'string' ? String(amount) : ''
  if (!/^-?\d+$/.test(text)) return Number.NaN
  return Number(`${text}e-${decimals}`)
}

function timeOf(timestamp: number | Date | string): number {
  if (typeof timestamp !== 'number') return microsOf(timestamp)
  const unit = timeUnitOf(timestamp)
  if (unit === 's') return timestamp * 1e6
  return unit === 'ms' ? timestamp * 1000 : timestamp
}

function plainOf(index: unknown): number {
  const plain = typeof index === 'number' || typeof index === 'bigint' || typeof index === 'string'
  return plain ? Number(index) : Number.NaN
}
