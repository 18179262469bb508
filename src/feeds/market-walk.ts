// One pair's invented market: a price walk on a tick grid, moved by its own order flow, with the
// bid and the ask a trade bounces between, sides that come in runs, and log-normal sizes in lots.
import { Side } from '../model/side.js'
import type { Random } from './random.js'

/** The next trade takes the same side as the last one. */
const SAME_SIDE = 0.72
/** How far a trade of median size moves the middle, in ticks of the price grid. */
const IMPACT = 0.35
const NOISE = 0.6
const SIZE_SPREAD = 1.3
/** Largest size, in median sizes. */
const SIZE_CAP = 400

interface Listing {
  readonly symbol: string
  /** First price, in ticks of `priceDecimals`. */
  readonly price: number
  readonly priceDecimals: number
  readonly spread: number
  /** Median size, in lots of `lotDecimals`. */
  readonly lots: number
  readonly lotDecimals: number
}

const LISTINGS: readonly Listing[] = [
  { symbol: 'BTC-USDT', price: 641_250, priceDecimals: 1, spread: 1, lots: 700, lotDecimals: 5 },
  { symbol: 'ETH-USDT', price: 341_880, priceDecimals: 2, spread: 2, lots: 1200, lotDecimals: 4 },
  { symbol: 'SOL-USDT', price: 148_310, priceDecimals: 3, spread: 10, lots: 450, lotDecimals: 2 },
]

/** A pair beyond the named ones: prices over seven orders of magnitude, down to 0.00000750. */
function listing(pair: number): Listing {
  if (pair < LISTINGS.length) return LISTINGS[pair]
  const kind = pair % 4
  const symbol = `T${String(pair).padStart(4, '0')}-USDT`
  if (kind === 0)
    return { symbol, price: 75_000, priceDecimals: 5, spread: 4, lots: 900, lotDecimals: 1 }
  if (kind === 1)
    return { symbol, price: 25_500, priceDecimals: 4, spread: 3, lots: 800, lotDecimals: 2 }
  if (kind === 2)
    return { symbol, price: 7500, priceDecimals: 9, spread: 2, lots: 50_000, lotDecimals: 0 }
  return { symbol, price: 91_400, priceDecimals: 2, spread: 2, lots: 2500, lotDecimals: 4 }
}

export class MarketWalk {
  readonly symbol: string
  /** Of the trade just made: text, because a decimal grid is exact in text alone. */
  price = ''
  size = ''
  side: Side = Side.Buy
  id: number
  readonly #listing: Listing
  readonly #random: Random
  #middle: number

  constructor(random: Random, pair: number) {
    this.#random = random
    this.#listing = listing(pair)
    this.symbol = this.#listing.symbol
    this.#middle = this.#listing.price
    this.id = 1_000_000 * (pair + 1) + random.below(1_000_000)
  }

  /** Makes the next trade. */
  next(): void {
    const random = this.#random
    const { spread, lots, lotDecimals, priceDecimals, price } = this.#listing
    if (random.uniform() >= SAME_SIDE) this.side = this.side === Side.Buy ? Side.Sell : Side.Buy
    const direction = this.side === Side.Buy ? 1 : -1
    const factor = Math.min(SIZE_CAP, Math.exp(SIZE_SPREAD * random.normal()))
    const size = Math.max(1, Math.round(lots * factor))
    const step = direction * IMPACT * Math.sqrt(factor) + NOISE * random.normal()
    // A weak pull to the first price keeps a long walk within its orders of magnitude.
    this.#middle += spread * step - (this.#middle - price) * 2e-5
    const half = (direction * spread) / 2
    const ticks = Math.max(1, Math.round(this.#middle + half))
    this.price = onGrid(ticks, priceDecimals)
    this.size = onGrid(size, lotDecimals)
    this.id++
  }
}

/** 12345 with 2 decimals is 123.45; trailing zeros stay, as venues print them. */
export function onGrid(units: number, decimals: number): string {
  if (decimals === 0) return String(units)
  const digits = String(units).padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
