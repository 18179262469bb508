// What a venue's amount is in the unit of its pair.
import type { Pair } from '../pair.js'
import { pairMarket } from './market-kind.js'
import { asDecimal } from './message-numbers.js'
import { countsOf, warnOnce } from './offered.js'

/** As far as a cost may be rounded by its venue before it is another figure. */
const NEAR = 0.01

/** What a message says of a trade; NaN where it says nothing. */
export interface ToldVolume {
  readonly price: number
  readonly amount: number
  readonly cost: number
  /** Volume in base currency, where the message has it beside the amount. */
  readonly base: number
  /** In ccxt's or tardis-dev's names, where the message is of a venue whatever the pair says. */
  readonly exchange: string | undefined
}

export interface Converted {
  readonly price: number
  readonly volume: number
}

// A volume in one of the two currencies of its market; NaN in the other.
interface Size {
  readonly base: number
  readonly quote: number
}

/**
 * Price and volume in the pair's unit. A price or amount that is missing comes from the cost. Where
 * the cost of a derivative is another than amount × contractSize × price, and nothing is known of
 * the venue, the cost is believed, and told; on spot markets the amount is.
 */
export function converted(pair: Pair, told: ToldVolume, message: unknown): Converted {
  const { options } = pair
  const { kind, line } = pairMarket(pair, told.exchange)
  const unit = line?.amount ?? (kind === 'spot' ? 'base' : 'contracts')
  countUnit(pair, unit)
  if (line?.doubt !== undefined) warnOnce(pair, 'VOLUME_DOUBT', `${line.doubt}; taken as it comes`)
  // Most messages: an amount of the base currency, and nothing beside it.
  if (unit === options.volumeUnit && Number.isNaN(told.cost) && Number.isNaN(told.base)) {
    return { price: told.price, volume: told.amount }
  }
  const perUnit = unit === 'contracts' ? options.contractSize : 1
  const inQuote = unit === 'quote' || (unit === 'contracts' && kind === 'inverse')
  const amount = perUnit === 1 ? told.amount : asDecimal(told.amount * perUnit)
  const price = Number.isNaN(told.price) ? priceOf(amount, told.cost, inQuote) : told.price
  if (options.volumeUnit === 'base' && told.base > 0) {
    return { price, volume: told.base }
  }
  const size = inQuote ? { base: Number.NaN, quote: amount } : { base: amount, quote: Number.NaN }
  const better = sizeOfCost(pair, size, price, told, message)
  return {
    price,
    volume: inUnit(pair, better ?? size, price, unit, better ? undefined : told.amount),
  }
}

// The size by the trade's cost, where that is to be believed. An inverse trade costs base currency,
// any other quote currency. What an option costs says nothing of its size: its price may be in
// either.
function sizeOfCost(
  pair: Pair,
  size: Size,
  price: number,
  told: ToldVolume,
  message: unknown,
): Size | undefined {
  const { kind, line } = pairMarket(pair, told.exchange)
  if (kind === 'option') return undefined
  // On spot markets a cost is rounded to cents more often than not.
  if (kind === 'spot' && Number.isNaN(told.amount)) return undefined
  if (!Number.isNaN(told.amount)) {
    if (line !== undefined || !differs(size, price, told.cost)) return undefined
    tellDifference(pair, size, price, told, message)
    // A venue that tells the cost of an inverse trade in dollars has told its amount once more.
    if (kind === 'spot' || (kind === 'inverse' && near(told.cost, size.quote))) return undefined
  }
  return kind === 'inverse'
    ? { base: told.cost, quote: Number.NaN }
    : { base: Number.NaN, quote: told.cost }
}

// `counted`: the amount as it came; undefined where it is not believed.
function inUnit(
  pair: Pair,
  size: Size,
  price: number,
  unit: 'base' | 'quote' | 'contracts',
  counted: number | undefined,
): number {
  const { volumeUnit, contractSize } = pair.options
  const { kind } = pairMarket(pair)
  const inverse = kind === 'inverse'
  if (volumeUnit === 'quote') return quoteOf(size, price)
  if (volumeUnit === 'base' || kind === 'spot') return baseOf(size, price, inverse)
  if (unit === 'contracts' && counted !== undefined) return counted
  const worth = inverse ? quoteOf(size, price) : baseOf(size, price, inverse)
  return asDecimal(worth / contractSize)
}

function baseOf({ base, quote }: Size, price: number, inverse: boolean): number {
  if (!Number.isNaN(base)) return base
  // Coins of a linear trade have an end in decimal; dollars by price, of an inverse one, have none.
  return inverse ? quote / price : asDecimal(quote / price)
}

function quoteOf({ base, quote }: Size, price: number): number {
  return Number.isNaN(quote) ? asDecimal(base * price) : quote
}

function priceOf(amount: number, cost: number, inQuote: boolean): number {
  return asDecimal(inQuote ? amount / cost : cost / amount)
}

// What the trade should have cost: base currency for a size in quote, and the other way round.
function costOf({ base, quote }: Size, price: number): number {
  return Number.isNaN(quote) ? base * price : quote / price
}

// A cost of nothing is one that was rounded away.
function differs(size: Size, price: number, cost: number): boolean {
  const expected = costOf(size, price)
  return cost > 0 && expected > 0 && Number.isFinite(cost - expected) && !near(cost, expected)
}

// Or as near as the last digit of the cost tells.
function near(cost: number, expected: number): boolean {
  const apart = Math.abs(cost - expected)
  return apart <= NEAR * expected || apart <= lastPlace(cost) / 2
}

function lastPlace(value: number): number {
  const [digits, exponent = '0'] = String(value).split('e')
  const places = digits.split('.')[1]?.length ?? 0
  return 10 ** (Number(exponent) - places)
}

function tellDifference(
  pair: Pair,
  size: Size,
  price: number,
  told: ToldVolume,
  message: unknown,
): void {
  const { kind } = pairMarket(pair, told.exchange)
  const expected = asDecimal(costOf(size, price))
  const believed = kind === 'spot' ? 'the amount is believed' : 'the cost is believed'
  const figures = `cost=${told.cost} expected=${expected} amount=${told.amount} price=${price}`
  countsOf(pair)?.note(`cost is not amount × contractSize × price: ${believed}`, message)
  warnOnce(
    pair,
    'VOLUME_DIFFERS',
    `the cost of a trade is not that of its amount; ${believed}, check contractSize and inverse: ` +
      `${figures} contractSize=${pair.options.contractSize}`,
  )
}

function countUnit(pair: Pair, unit: 'base' | 'quote' | 'contracts'): void {
  const counts = countsOf(pair)
  if (counts === undefined || counts.volumeUnit !== undefined) return
  const { volumeUnit, contractSize } = pair.options
  const worth = unit === volumeUnit || unit !== 'contracts' ? unit : `contracts × ${contractSize}`
  counts.volumeUnit = unit === volumeUnit ? unit : `${worth} to ${volumeUnit}`
}
