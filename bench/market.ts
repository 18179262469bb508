// The ticks of a trial, made before its clock starts, as columns. Prices are whole cents and volumes
// whole thousandths, so that what the engine answers can be checked with integers.
import { Random } from './random.js'

export const CENT = 100
export const THOUSANDTH = 1000
/** Monday, 5 January 2026, 00:00 UTC, µs. */
export const MONDAY_US = 1_767_571_200_000_000

export interface Market {
  readonly ticks: number
  readonly pairs: number
  /** Pair of each tick, 0 the busiest. */
  readonly pair: Uint16Array
  /** µs, never falling. */
  readonly timestamp: Float64Array
  readonly price: Float64Array
  readonly volume: Float64Array
  /** The same volumes, in thousandths. */
  readonly thousandths: Int32Array
  /** 1 = the taker bought, 2 = sold, as `Side`. */
  readonly side: Uint8Array
  /** From 1 up by one, by pair. */
  readonly tradeId: Float64Array
  readonly receivedAt: Float64Array
}

export interface MarketShape {
  readonly ticks: number
  readonly pairs: number
  readonly seed: number
  /** Ticks in a second of exchange time, over all pairs. */
  readonly ticksPerSecond: number
  readonly fromUs?: number
}

/** Trades of Zipf-distributed pairs: price walks on a grid of cents, sides that come in runs. */
export function makeMarket(shape: MarketShape): Market {
  const { ticks, pairs, ticksPerSecond, fromUs = MONDAY_US } = shape
  const random = new Random(shape.seed)
  const pick = zipf(pairs)
  const cents = Float64Array.from({ length: pairs }, () => 1_000_000 + random.below(9_000_000))
  const ids = new Float64Array(pairs)
  const sides = new Uint8Array(pairs).fill(1)
  const market = allocate(ticks, pairs)
  const stepUs = 1e6 / ticksPerSecond
  let lastUs = fromUs
  for (let i = 0; i < ticks; i++) {
    const pair = pick(random.next())
    const roll = random.next()
    if (roll < 0.3) sides[pair] = 3 - sides[pair]
    if (roll > 0.6) cents[pair] = Math.max(100, cents[pair] + (random.below(5) - 2))
    const thousandths = 1 + random.below(roll > 0.98 ? 100_000 : 2000)
    lastUs = Math.max(lastUs, fromUs + Math.floor(i * stepUs + random.next() * stepUs * 4))
    market.pair[i] = pair
    market.timestamp[i] = lastUs
    market.price[i] = cents[pair] / CENT
    market.thousandths[i] = thousandths
    market.volume[i] = thousandths / THOUSANDTH
    market.side[i] = sides[pair]
    market.tradeId[i] = ++ids[pair]
    market.receivedAt[i] = lastUs + 1000 + random.below(50_000)
  }
  return market
}

function allocate(ticks: number, pairs: number): Market {
  return {
    ticks,
    pairs,
    pair: new Uint16Array(ticks),
    timestamp: new Float64Array(ticks),
    price: new Float64Array(ticks),
    volume: new Float64Array(ticks),
    thousandths: new Int32Array(ticks),
    side: new Uint8Array(ticks),
    tradeId: new Float64Array(ticks),
    receivedAt: new Float64Array(ticks),
  }
}

/** Index by a share of the weight 1/1 + 1/2 + … + 1/n. */
function zipf(n: number): (share: number) => number {
  const upTo = new Float64Array(n)
  let sum = 0
  for (let i = 0; i < n; i++) upTo[i] = sum += 1 / (i + 1)
  return (share) => {
    const wanted = share * sum
    let low = 0
    let high = n - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (upTo[middle] > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Symbol of a pair of the market. */
export function symbolOf(pair: number): string {
  return `C${pair}/USDT`
}
