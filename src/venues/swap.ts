// A swap in a DEX pool: direction and price from the signed amounts of its two tokens.
import { Refusal } from '../model/refusal.js'
import { Side } from '../model/side.js'
import type { Pair } from '../pair.js'
import { type AnyId, givenId, givenPair } from './given-id.js'
import { messageTime, numberFrom } from './message-numbers.js'
import { countsOf, offer, refuse } from './offered.js'

type Amount = bigint | number | string
type Whole = bigint | number | string

/** A swap as the pool's event tells it. */
export interface Swap {
  /** Block time: s, ms or µs by its magnitude, as number, bigint or hex; a Date or ISO text. */
  readonly timestamp: number | bigint | Date | string
  /** What the pool took in (> 0) or gave out (< 0), in the token's smallest unit. */
  readonly amount0: Amount
  readonly amount1: Amount
  /**
   * Whose amounts they are: the pool's (Uniswap v3, the default), or the swapper's, whose signs are
   * the other way round (Uniswap v4).
   */
  readonly amountsOf?: 'pool' | 'swapper' | undefined
  readonly decimals0: number
  readonly decimals1: number
  /** Which token is the base currency. */
  readonly baseToken: 0 | 1
  /**
   * √(token1 / token0) × 2^96 of the pool after the swap, as its event has it: where it is given,
   * the price is the pool's and not the ratio of the amounts, which holds the fee, and is nothing
   * for a few smallest units.
   */
  readonly sqrtPriceX96?: Amount | undefined
  readonly transactionHash: string
  /** Place of the event in its block: a number, digits or hex. */
  readonly logIndex: Whole
  /** Gives pairs of whole-number ids an id, and swaps of one block their order. */
  readonly blockNumber?: Whole | undefined
  /** Tells a swap that a reorganisation has moved from the same in its new block. */
  readonly blockHash?: string | undefined
  /** The chain has taken the swap back: it is refused. */
  readonly removed?: boolean | undefined
}

/** Events in one block; ids of whole numbers are block × 2^20 + place. */
const MOST_LOGS = 2 ** 20
const X96 = 2 ** 96

/**
 * One swap. The pool giving out base is a taker buying it. The id is `transactionHash:logIndex` on
 * pairs of text ids, so that two swaps of one transaction stay two; on pairs of whole numbers it is
 * made of block and place, and swaps of one block stand in the order in which they ran. Amounts of
 * one sign, or of zero, are refused, and so is a swap that was removed.
 */
export function fromSwap(pair: Pair, given: Swap): number {
  givenPair(pair)
  const swap: Partial<Swap> = given ?? {}
  if (swap.removed === true) {
    return refuse(pair, Refusal.Removed, 'by a reorganisation', swap, swapName(swap))
  }
  const turned = turnedBy(pair, swap)
  const amount0 = turned * unitsOf(swap.amount0, swap.decimals0)
  const amount1 = turned * unitsOf(swap.amount1, swap.decimals1)
  const [base, quote] = swap.baseToken === 0 ? [amount0, amount1] : [amount1, amount0]
  // By the other amount where one was too small to be told.
  const bought = base < 0 || (base === 0 && quote > 0)
  const offered = {
    time: messageTime(swap.timestamp),
    price: priceOf(base, quote, marginalPrice(swap)),
    volume: Math.abs(pair.options.volumeUnit === 'quote' ? quote : base),
    side: bought ? { word: 'base out', side: Side.Buy } : { word: 'base in', side: Side.Sell },
    id: givenId(pair.options, swapId(pair, swap)),
    message: swap,
  }
  return offer(pair, offered, {})
}

/** The place of a swap in its block; undefined where it is no whole number. */
export function placeOf(index: unknown): number | undefined {
  const place = typeof index === 'string' && /^0x/i.test(index) ? Number(index) : numberFrom(index)
  return Number.isSafeInteger(place) && place >= 0 ? place : undefined
}

/** What names a swap on its chain. */
export function swapName({ transactionHash, logIndex }: Partial<Swap>): string {
  return `${plain(transactionHash)}:${placeOf(logIndex) ?? plain(logIndex)}`
}

// NaN, and so refused, for signs that nobody can tell.
function turnedBy(pair: Pair, { amountsOf }: Partial<Swap>): number {
  if (amountsOf === undefined || amountsOf === 'pool') return 1
  if (amountsOf === 'swapper') return -1
  countsOf(pair)?.refuse('amountsOf must be pool or swapper', amountsOf)
  return Number.NaN
}

// Two swaps of one transaction have one hash: without a place there is no id.
function swapId(pair: Pair, swap: Partial<Swap>): AnyId {
  const { transactionHash, logIndex, blockNumber } = swap
  const place = placeOf(logIndex)
  if (pair.options.tradeIds !== 'text') {
    const block = placeOf(blockNumber)
    if (block === undefined || place === undefined || place >= MOST_LOGS) return undefined
    const id = BigInt(block) * BigInt(MOST_LOGS) + BigInt(place)
    return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id
  }
  const placed = place !== undefined || (typeof logIndex === 'string' && logIndex !== '')
  return placed && typeof transactionHash === 'string' ? swapName(swap) : undefined
}

// Amounts of one sign are no swap. Where one is nothing, only the pool can say the price.
function priceOf(base: number, quote: number, marginal: number | undefined): number {
  if (base * quote < 0) return marginal ?? Math.abs(quote / base)
  return base * quote === 0 && base !== quote ? (marginal ?? Number.NaN) : Number.NaN
}

// Base currency in units of quote currency, by the pool's square root; undefined without one.
function marginalPrice(swap: Partial<Swap>): number | undefined {
  const { sqrtPriceX96, decimals0, decimals1, baseToken } = swap
  if (sqrtPriceX96 === undefined || sqrtPriceX96 === null) return undefined
  const root = numberFrom(sqrtPriceX96) / X96
  const price = root * root * 10 ** (numberFrom(decimals0) - numberFrom(decimals1))
  if (!(root > 0 && price > 0)) return Number.NaN
  return baseToken === 0 ? price : 1 / price
}

// Through decimal text, so that no digit is lost that a float64 can hold.
function unitsOf(amount: unknown, decimals: unknown): number {
  const places = numberFrom(decimals)
  if (!Number.isInteger(places)) return Number.NaN
  if (typeof amount === 'number') return amount / 10 ** places
  const text = typeof amount === 'bigint' || typeof amount === 'string' ? String(amount) : ''
  if (!/^-?\d+$/.test(text)) return Number.NaN
  return Number(`${text}e-${places}`)
}

function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : typeof value
}
