// Sums that are exact: order, batches and splits cannot change a bit of them. What lies on the
// pair's decimal grid is counted in whole units, what does not in a residue of doubles.
//
//   word  0        lo    grid units, low limb, in [0, 2^52)
//         1        hi    grid units, middle limb, in [0, 2^52)
//         2        top   grid units, high limb, a signed integer of weight 2^104
//         3 to 7         residue (residue.ts)
//
//   volume          = units / scale  + residue
//   price × volume  = units / scale² + residue / scale
//
// A double counts as the shortest decimal that reads as it, where that has no more places than the
// grid, else as its own bits. Volumes from 2^53 on, whole numbers, stand in the residue. Units are
// exact up to 2^157, 10^31 of quote at 8 decimals; a larger sum of quotes is near.
import { roundedValue } from './exact-value.js'
import { addProduct, addToResidue, mergeResidue, RESIDUE_WORDS } from './residue.js'
import { TRADE_PRICE, TRADE_PRICE_UNITS, TRADE_VOLUME, TRADE_VOLUME_UNITS } from './trade-words.js'

/** Word of a sum at which its residue begins. */
export const RESIDUE_WORD = 3
/** Float64 words one sum takes. */
export const SUM_WORDS = RESIDUE_WORD + RESIDUE_WORDS

const TWO_26 = 2 ** 26
const TWO_50 = 2 ** 50
const TWO_52 = 2 ** 52
const TWO_53 = 2 ** 53
const TWO_157 = 2 ** 157
const INVERSE_TWO_26 = 2 ** -26
const LIMB = (1n << 52n) - 1n

const difference = new Float64Array(SUM_WORDS)

/**
 * The whole number of grid units that x is, if it is one from 0 to 2^52 − 1; else -1. `scale` is
 * 10^decimals, at most 10^8; x is on the grid if it is the double nearest to units / scale.
 */
export function gridUnits(x: number, scale: number): number {
  const units = Math.round(x * scale)
  return units >= 0 && units < TWO_52 && units / scale === x ? units : -1
}

/** Adds a volume; `units` is gridUnits(volume, scale). True where the volume is off the grid. */
export function addVolume(
  words: Float64Array,
  at: number,
  volume: number,
  units: number,
  scale: number,
): boolean {
  if (units < 0) return addSlowVolume(words, at, volume, scale)
  const lo = words[at] + units
  if (lo < TWO_52) {
    words[at] = lo
    return false
  }
  words[at] = lo - TWO_52
  addHigh(words, at, 1)
  return false
}

/** Adds the volume of a trade in words (trade-words.ts). True where it is off the grid. */
export function addTradeVolume(
  words: Float64Array,
  at: number,
  trade: Float64Array,
  scale: number,
): boolean {
  const units = trade[TRADE_VOLUME_UNITS]
  const lo = words[at] + units
  if (units < 0 || lo >= TWO_52) return addVolume(words, at, trade[TRADE_VOLUME], units, scale)
  words[at] = lo
  return false
}

/**
 * Adds price × volume of a trade in words (trade-words.ts), in units of 1/scale². True where one of
 * them is off the grid.
 */
export function addQuote(
  words: Float64Array,
  at: number,
  trade: Float64Array,
  scale: number,
): boolean {
  const priceUnits = trade[TRADE_PRICE_UNITS]
  const volumeUnits = trade[TRADE_VOLUME_UNITS]
  if (priceUnits < 0 || volumeUnits < 0) {
    return addSlowQuote(words, at, trade[TRADE_PRICE], trade[TRADE_VOLUME], scale)
  }
  // Schoolbook product of two 26-bit halves each; every partial result stays below 2^53.
  const priceHigh = Math.floor(priceUnits * INVERSE_TWO_26)
  const priceLow = priceUnits - priceHigh * TWO_26
  const volumeHigh = Math.floor(volumeUnits * INVERSE_TWO_26)
  const volumeLow = volumeUnits - volumeHigh * TWO_26
  const cross = priceHigh * volumeLow + priceLow * volumeHigh
  const crossHigh = Math.floor(cross * INVERSE_TWO_26)
  let hi = priceHigh * volumeHigh + crossHigh
  let lo = words[at] + priceLow * volumeLow
  if (lo >= TWO_52) {
    lo -= TWO_52
    hi += 1
  }
  lo += (cross - crossHigh * TWO_26) * TWO_26
  if (lo >= TWO_52) {
    lo -= TWO_52
    hi += 1
  }
  words[at] = lo
  hi += words[at + 1]
  if (hi < TWO_52) words[at + 1] = hi
  else setHigh(words, at, hi)
  return false
}

/** into += from. */
export function mergeSum(
  into: Float64Array,
  intoAt: number,
  from: Float64Array,
  fromAt: number,
): void {
  let lo = into[intoAt] + from[fromAt]
  let hi = into[intoAt + 1] + from[fromAt + 1]
  if (lo >= TWO_52) {
    lo -= TWO_52
    hi += 1
  }
  into[intoAt] = lo
  if (hi < TWO_52) into[intoAt + 1] = hi
  else setHigh(into, intoAt, hi)
  into[intoAt + 2] += from[fromAt + 2]
  if (from[fromAt + RESIDUE_WORD] !== 0) {
    mergeResidue(into, intoAt + RESIDUE_WORD, from, fromAt + RESIDUE_WORD, 1)
  }
}

/** into −= from. */
export function subtractSum(
  into: Float64Array,
  intoAt: number,
  from: Float64Array,
  fromAt: number,
): void {
  let lo = into[intoAt] - from[fromAt]
  let hi = into[intoAt + 1] - from[fromAt + 1]
  if (lo < 0) {
    lo += TWO_52
    hi -= 1
  }
  into[intoAt] = lo
  setHigh(into, intoAt, hi)
  into[intoAt + 2] -= from[fromAt + 2]
  if (from[fromAt + RESIDUE_WORD] !== 0) {
    mergeResidue(into, intoAt + RESIDUE_WORD, from, fromAt + RESIDUE_WORD, -1)
  }
}

/** The double nearest to a sum of volumes. */
export function sumValue(words: Float64Array, at: number, scale: number): number {
  return rounded(words, at, scale, 1)
}

/** The double nearest to a sum of price × volume. */
export function quoteValue(words: Float64Array, at: number, scale: number): number {
  return rounded(words, at, scale * scale, scale)
}

/** The double nearest to sum a − sum b, of volumes. */
export function differenceValue(words: Float64Array, a: number, b: number, scale: number): number {
  const hi = words[a + 1] - words[b + 1]
  const top = words[a + 2] - words[b + 2]
  const onGrid = words[a + RESIDUE_WORD] === 0 && words[b + RESIDUE_WORD] === 0
  if (hi === 0 && top === 0 && onGrid) return (words[a] - words[b]) / scale
  for (let i = 0; i < SUM_WORDS; i += 1) difference[i] = words[a + i]
  subtractSum(difference, 0, words, b)
  return rounded(difference, 0, scale, 1)
}

/** Adds whole units of the sum's grid, of any size and either sign. */
export function addUnits(words: Float64Array, at: number, units: bigint): void {
  const lo = words[at] + Number(units & LIMB)
  const carry = lo >= TWO_52 ? 1 : 0
  words[at] = lo - carry * TWO_52
  setHigh(words, at, words[at + 1] + Number((units >> 52n) & LIMB) + carry)
  words[at + 2] += Number(units >> 104n)
}

function rounded(
  words: Float64Array,
  at: number,
  unitsPerOne: number,
  residuePerOne: number,
): number {
  const lo = words[at]
  const hi = words[at + 1]
  const top = words[at + 2]
  const residueAt = at + RESIDUE_WORD
  if (hi === 0 && top === 0 && words[residueAt] === 0) return lo / unitsPerOne
  // Near zero from below: −1 is 2^52 − 1 in both lower limbs.
  if (top < 0) return 0 - negated(words, at, unitsPerOne, residuePerOne)
  return roundedValue(top, hi, lo, unitsPerOne, words, residueAt, residuePerOne)
}

function negated(
  words: Float64Array,
  at: number,
  unitsPerOne: number,
  residuePerOne: number,
): number {
  const opposite = new Float64Array(SUM_WORDS)
  subtractSum(opposite, 0, words, at)
  return rounded(opposite, 0, unitsPerOne, residuePerOne)
}

// Puts down the middle limb, from −2^53 to 2^53; what is beyond it goes to the high one.
function setHigh(words: Float64Array, at: number, hi: number): void {
  const carry = Math.floor(hi / TWO_52)
  words[at + 1] = hi - carry * TWO_52
  words[at + 2] += carry
}

function addHigh(words: Float64Array, at: number, carry: number): void {
  setHigh(words, at, words[at + 1] + carry)
}

function addSlowVolume(words: Float64Array, at: number, volume: number, scale: number): boolean {
  const units = decimalUnits(volume, scale)
  if (units === undefined) addToResidue(words, at + RESIDUE_WORD, volume)
  // A whole number as large as this: the limbs are left to what sums up to 2^105 units.
  else if (Math.abs(volume) >= TWO_53) addWhole(words, at + RESIDUE_WORD, units / BigInt(scale), 1)
  else addUnits(words, at, units)
  return units === undefined
}

function addSlowQuote(
  words: Float64Array,
  at: number,
  price: number,
  volume: number,
  scale: number,
): boolean {
  const priceUnits = decimalUnits(price, scale)
  const volumeUnits = decimalUnits(volume, scale)
  if (priceUnits !== undefined && volumeUnits !== undefined) {
    addUnits(words, at, priceUnits * volumeUnits)
    return false
  }
  const residueAt = at + RESIDUE_WORD
  if (priceUnits !== undefined) addWhole(words, residueAt, priceUnits, volume)
  else if (volumeUnits !== undefined) addWhole(words, residueAt, volumeUnits, price)
  else addScaledProduct(words, residueAt, price, volume, scale)
  return true
}

// Adds whole × x, in as many doubles as the whole number takes.
function addWhole(words: Float64Array, at: number, whole: bigint, x: number): void {
  for (let left = whole; left !== 0n; ) {
    const part = Number(left)
    addProduct(words, at, part, x)
    left -= BigInt(part)
  }
}

// price × volume × scale: the product is two doubles, and each of them times scale two again.
function addScaledProduct(
  words: Float64Array,
  at: number,
  price: number,
  volume: number,
  scale: number,
): void {
  const exact = new Float64Array(RESIDUE_WORDS)
  addProduct(exact, 0, price, volume)
  addProduct(words, at, exact[0], scale)
  if (exact[1] !== 0) addProduct(words, at, exact[1], scale)
}

// Grid units of a value of either sign that gridUnits() did not take; undefined where it is off
// the grid.
function decimalUnits(x: number, scale: number): bigint | undefined {
  const size = Math.abs(x)
  const sign = x < 0 ? -1n : 1n
  const units = gridUnits(size, scale)
  if (units >= 0) return sign * BigInt(units)
  // Below 2^50 units gridUnits() misses none; above, x × scale can be rounded to a neighbour.
  if (size * scale < TWO_50 || size * scale >= TWO_157) return undefined
  const [mantissa, exponent = '0'] = String(size).split('e')
  const [whole, fraction = ''] = mantissa.split('.')
  const zeros = Math.round(Math.log10(scale)) + Number(exponent) - fraction.length
  return zeros < 0 ? undefined : sign * BigInt(whole + fraction) * 10n ** BigInt(zeros)
}
