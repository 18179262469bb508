// The double nearest to an exact sum, of whole units and a residue:
//
//   value = units / unitsPerOne + residue / residuePerOne
//
// It is found with doubles where the bits behind the last one leave no doubt (A. Ziv, 1991), with
// whole numbers else.
import { RESIDUE_WORDS, twoProductError, twoSumError } from './residue.js'

const TWO_52 = 2 ** 52
/** More than the relative error of what is behind the leading double. */
const DOUBT = 2 ** -49
/** Bits of a quotient: those of a double, and enough that one more tells where the rest lies. */
const QUOTIENT_BITS = 64
const MANTISSA = (1n << 52n) - 1n

const double = new Float64Array(1)
const bits = new BigUint64Array(double.buffer)

/** (top × 2^104 + hi × 2^52 + lo) / unitsPerOne + residue / residuePerOne, rounded once. */
export function roundedValue(
  top: number,
  hi: number,
  lo: number,
  unitsPerOne: number,
  residue: Float64Array,
  residueAt: number,
  residuePerOne: number,
): number {
  if (top === 0) {
    const value = nearValue(hi, lo, unitsPerOne, residue, residueAt, residuePerOne)
    if (!Number.isNaN(value)) return value
  }
  // Words of a state that something has spoiled.
  if (!(Number.isInteger(top) && Number.isInteger(hi) && Number.isInteger(lo))) return Number.NaN
  const units = (BigInt(top) << 104n) + (BigInt(hi) << 52n) + BigInt(lo)
  return exactValue(units, unitsPerOne, residue, residueAt, residuePerOne)
}

// The value where doubles alone tell it, else NaN.
function nearValue(
  hi: number,
  lo: number,
  unitsPerOne: number,
  residue: Float64Array,
  residueAt: number,
  residuePerOne: number,
): number {
  // Long division of two doubles by one: the quotient of the leading one, and of what it left.
  const high = hi * TWO_52
  const leading = high + lo
  const trailing = lo - (leading - high)
  const q = leading / unitsPerOne
  const left = remainder(leading, q, unitsPerOne) + trailing
  const correction = left / unitsPerOne
  const first = residue[residueAt]
  if (first === 0) return undoubted(q, correction, Math.abs(correction))
  const second = residue[residueAt + 1]
  const r = first / residuePerOne
  const behind = (remainder(first, r, residuePerOne) + second) / residuePerOne
  const sum = q + r
  const error = twoSumError(q, r, sum)
  const size = Math.abs(error) + Math.abs(correction) + Math.abs(r) * 2 ** -52
  return undoubted(sum, error + (correction + behind), size)
}

// value + rest, where an error of DOUBT × size in the rest cannot change it.
function undoubted(value: number, rest: number, size: number): number {
  const low = value + (rest - size * DOUBT)
  return low === value + (rest + size * DOUBT) ? low : Number.NaN
}

// What dividing by `by` left of `whole`, exactly.
function remainder(whole: number, q: number, by: number): number {
  const product = q * by
  return whole - product - twoProductError(q, by, product)
}

function exactValue(
  units: bigint,
  unitsPerOne: number,
  residue: Float64Array,
  residueAt: number,
  residuePerOne: number,
): number {
  const words = residue.subarray(residueAt, residueAt + RESIDUE_WORDS)
  if (!Number.isFinite(words[0])) return words[0]
  const places = Math.max(0, ...Array.from(words, (word) => (word === 0 ? 0 : -exponentOf(word))))
  let sum = 0n
  for (const word of words) {
    if (word !== 0) sum += scaled(word) << BigInt(places + exponentOf(word))
  }
  const [perUnit, perResidue] = [BigInt(unitsPerOne), BigInt(residuePerOne)]
  const shift = BigInt(places)
  return nearestRatio(
    (units << shift) * perResidue + sum * perUnit,
    (perUnit * perResidue) << shift,
  )
}

// A double is scaled(x) × 2^exponentOf(x).
function exponentOf(x: number): number {
  double[0] = x
  const exponent = Number((bits[0] >> 52n) & 0x7ffn)
  return Math.max(exponent, 1) - 1075
}

function scaled(x: number): bigint {
  double[0] = x
  const exponent = (bits[0] >> 52n) & 0x7ffn
  const size = (bits[0] & MANTISSA) + (exponent === 0n ? 0n : 1n << 52n)
  return x < 0 ? -size : size
}

function nearestRatio(numerator: bigint, denominator: bigint): number {
  const size = numerator < 0n ? -numerator : numerator
  if (size === 0n) return 0
  const shift = Math.max(0, QUOTIENT_BITS - (bitsOf(size) - bitsOf(denominator)))
  const dividend = size << BigInt(shift)
  const whole = dividend / denominator
  // The rest counts as a bit behind the others: Number() then rounds as if it saw all of them.
  const quotient = whole * denominator === dividend ? whole : whole | 1n
  // In two steps, since 2^-shift alone can be below every double.
  const half = shift >> 1
  const value = Number(quotient) * 2 ** -half * 2 ** (half - shift)
  return numerator < 0n ? -value : value
}

function bitsOf(x: bigint): number {
  return 4 * x.toString(16).length
}
