// Sums that are exact on a decimal grid: order, batches and splits cannot change a bit of them.
//
//   word  0    lo    grid units, low limb, in [0, 2^52)
//         1    hi    grid units, high limb, a signed integer of weight 2^52
//         2, 3       residue: double-double sum of the values that lie on no decimal grid
//
// value = (hi × 2^52 + lo) / scale + residue. A sum of volumes counts units of 1/scale, a sum of
// price × volume units of 1/scale². Limbs hold 2^105 units: 9 × 10^23 of volume and 4 × 10^15 of
// quote at 8 decimals; what goes beyond is still close, but reported as off-grid.

/** Float64 words one sum takes. */
export const SUM_WORDS = 4

const TWO_26 = 2 ** 26
const TWO_52 = 2 ** 52
const TWO_53 = 2 ** 53
const INVERSE_TWO_26 = 2 ** -26
const SPLITTER = 2 ** 27 + 1
const LOW_LIMB = (1n << 52n) - 1n

/**
 * The whole number of grid units that x is, if it is one from 0 to 2^52 − 1; else -1. `scale` is
 * 10^decimals, at most 10^8; x is on the grid if it is the double nearest to units / scale.
 */
export function gridUnits(x: number, scale: number): number {
  const units = Math.round(x * scale)
  return units >= 0 && units < TWO_52 && units / scale === x ? units : -1
}

/** A volume's grid units, exactly, of any size; 0 where it lies on no grid. */
export function unitsOfVolume(volume: number, scale: number): bigint {
  const units = gridUnits(volume, scale)
  if (units >= 0) return BigInt(units)
  const exact = decimalUnits(volume, scale)
  return exact ?? 0n
}

/** A sum's grid units, exactly; its residue is left out. */
export function unitsOf(words: Float64Array, at: number): bigint {
  return (BigInt(words[at + 1]) << 52n) + BigInt(words[at])
}

/** Adds a volume; `units` is gridUnits(volume, scale). True when the sum is no longer exact. */
export function addVolume(
  words: Float64Array,
  at: number,
  volume: number,
  units: number,
  scale: number,
): boolean {
  if (units < 0) return addOffGridVolume(words, at, volume, scale)
  const lo = words[at] + units
  if (lo < TWO_52) {
    words[at] = lo
    return false
  }
  words[at] = lo - TWO_52
  words[at + 1] += 1
  return words[at + 1] > TWO_53
}

/** Adds price × volume, in units of 1/scale². True when the sum is no longer exact. */
export function addQuote(
  words: Float64Array,
  at: number,
  price: number,
  volume: number,
  priceUnits: number,
  volumeUnits: number,
  scale: number,
): boolean {
  if (priceUnits < 0 || volumeUnits < 0) return addOffGridQuote(words, at, price, volume, scale)
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
  words[at + 1] = hi
  return hi > TWO_53
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
  into[intoAt + 1] = hi
  if (from[fromAt + 2] !== 0) addResidue(into, intoAt, from[fromAt + 2], from[fromAt + 3])
}

/** into −= from: exact on the limbs; the residue can keep a trace of what was taken out. */
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
  into[intoAt + 1] = hi
  if (from[fromAt + 2] !== 0) addResidue(into, intoAt, -from[fromAt + 2], -from[fromAt + 3])
}

/** The double nearest to the sum; `scale` is squared for a sum of quotes. */
export function sumValue(words: Float64Array, at: number, scale: number): number {
  const hi = words[at + 1]
  const residue = words[at + 2]
  if (hi === 0 && residue === 0) return words[at] / scale
  return quotient(hi, words[at], residue, words[at + 3], scale)
}

/** The double nearest to sum a − sum b; `scale` is squared for sums of quotes. */
export function differenceValue(words: Float64Array, a: number, b: number, scale: number): number {
  const hi = words[a + 1] - words[b + 1]
  const lo = words[a] - words[b]
  const residueA = words[a + 2]
  const residueB = words[b + 2]
  if (residueA === 0 && residueB === 0) {
    if (hi === 0) return lo / scale
    return lo < 0 ? quotient(hi - 1, lo + TWO_52, 0, 0, scale) : quotient(hi, lo, 0, 0, scale)
  }
  const residue = residueA - residueB
  const low = twoSumError(residueA, -residueB, residue) + (words[a + 3] - words[b + 3])
  return lo < 0
    ? quotient(hi - 1, lo + TWO_52, residue, low, scale)
    : quotient(hi, lo, residue, low, scale)
}

/** Adds a double-double to the residue alone. */
export function addResidue(words: Float64Array, at: number, high: number, low: number): void {
  const before = words[at + 2]
  const sum = before + high
  const error = twoSumError(before, high, sum) + (words[at + 3] + low)
  const top = sum + error
  words[at + 2] = top
  words[at + 3] = error - (top - sum)
}

function addOffGridVolume(words: Float64Array, at: number, volume: number, scale: number): boolean {
  const units = decimalUnits(volume, scale)
  if (units !== undefined) return addBig(words, at, units)
  addResidue(words, at, volume, 0)
  return true
}

function addOffGridQuote(
  words: Float64Array,
  at: number,
  price: number,
  volume: number,
  scale: number,
): boolean {
  const priceUnits = decimalUnits(price, scale)
  const volumeUnits = decimalUnits(volume, scale)
  if (priceUnits !== undefined && volumeUnits !== undefined) {
    return addBig(words, at, priceUnits * volumeUnits)
  }
  const product = price * volume
  addResidue(words, at, product, twoProductError(price, volume, product))
  return true
}

// Grid units of a value that the fast path does not take, one too large or below 0: a whole number
// of a coarser decimal grid below 2^53. The coarsest that fits is the shortest decimal, so one
// double always means one number. Undefined where it lies on no grid.
function decimalUnits(x: number, scale: number): bigint | undefined {
  for (let power = 1; power <= scale; power *= 10) {
    const units = Math.round(x * power)
    if (Math.abs(units) >= TWO_53) return undefined
    if (units / power === x) return BigInt(units) * BigInt(scale / power)
  }
  return undefined
}

// Units below 0 as well: their low limb is what they are above the multiple of 2^52 below them.
function addBig(words: Float64Array, at: number, units: bigint): boolean {
  const lo = words[at] + Number(units & LOW_LIMB)
  const carry = lo >= TWO_52 ? 1 : 0
  words[at] = carry === 1 ? lo - TWO_52 : lo
  words[at + 1] += Number(units >> 52n) + carry
  return Math.abs(words[at + 1]) > TWO_53
}

// Long division of two doubles by one: the quotient of the leading double, and what it left over.
function quotient(
  hi: number,
  lo: number,
  residue: number,
  residueLow: number,
  scale: number,
): number {
  const top = hi * TWO_52
  const leading = top + lo
  const trailing = lo - (leading - top)
  const q = leading / scale
  const product = q * scale
  const left = leading - product - twoProductError(q, scale, product) + trailing
  const correction = left / scale
  if (residue === 0) return q + (correction + residueLow)
  const sum = q + residue
  return sum + (twoSumError(q, residue, sum) + (correction + residueLow))
}

// a + b = sum + error, exactly.
function twoSumError(a: number, b: number, sum: number): number {
  const part = sum - a
  return a - (sum - part) + (b - part)
}

// a × b = product + error, exactly (Dekker, with Veltkamp's splitting).
function twoProductError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = SPLITTER * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}
