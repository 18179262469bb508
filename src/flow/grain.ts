import { SUM_WORDS } from '../model/exact-sum.js'
import { Side } from '../model/side.js'
import { TRADE_VOLUME_UNITS } from '../model/trade-words.js'

// The trades of a 600th of a window, in five words of the window's ring:
//
//   buy lo, buy hi, sell lo, sell hi (limbs as in exact-sum.ts), trades

export const GRAIN_WORDS = 5
export const GRAIN_TRADES = 4
/** Words of a window's figures: the whole buy sum, the whole sell sum, trades. */
export const WINDOW_SUM_WORDS = 2 * SUM_WORDS + 1
export const SELL_SUM = SUM_WORDS
export const TOTAL_TRADES = 2 * SUM_WORDS

const TWO_52 = 2 ** 52

/** Counts a trade and adds its volume, unless it needs the slow path or has no side. */
export function addToGrain(
  grains: Float64Array,
  at: number,
  trade: Float64Array,
  side: Side,
): void {
  grains[at + GRAIN_TRADES] += 1
  const units = trade[TRADE_VOLUME_UNITS]
  if (units < 0 || side === Side.Unknown) return
  const limbs = side === Side.Buy ? at : at + 2
  const lo = grains[limbs] + units
  if (lo < TWO_52) grains[limbs] = lo
  else addLimbs(grains, at, side, units, 0)
}

/** Adds units as two limbs to one side of a grain. */
export function addLimbs(
  grains: Float64Array,
  at: number,
  side: Side,
  low: number,
  high: number,
): void {
  const limbs = side === Side.Buy ? at : at + 2
  const lo = grains[limbs] + low
  const carry = lo >= TWO_52 ? 1 : 0
  grains[limbs] = lo - carry * TWO_52
  if (high + carry !== 0) grains[limbs + 1] += high + carry
}

/** A whole grain into the sums of a window (limbs alone; residues are gathered at reads). */
export function addGrain(into: Float64Array, grains: Float64Array, at: number): void {
  const buy = into[0] + grains[at]
  const buyCarry = buy >= TWO_52 ? 1 : 0
  into[0] = buy - buyCarry * TWO_52
  into[1] += grains[at + 1] + buyCarry
  const sell = into[SELL_SUM] + grains[at + 2]
  const sellCarry = sell >= TWO_52 ? 1 : 0
  into[SELL_SUM] = sell - sellCarry * TWO_52
  into[SELL_SUM + 1] += grains[at + 3] + sellCarry
  into[TOTAL_TRADES] += grains[at + GRAIN_TRADES]
}

/** The reverse of addGrain(). */
export function takeGrain(from: Float64Array, grains: Float64Array, at: number): void {
  const buy = from[0] - grains[at]
  const buyBorrow = buy < 0 ? 1 : 0
  from[0] = buy + buyBorrow * TWO_52
  from[1] -= grains[at + 1] + buyBorrow
  const sell = from[SELL_SUM] - grains[at + 2]
  const sellBorrow = sell < 0 ? 1 : 0
  from[SELL_SUM] = sell + sellBorrow * TWO_52
  from[SELL_SUM + 1] -= grains[at + 3] + sellBorrow
  from[TOTAL_TRADES] -= grains[at + GRAIN_TRADES]
}
