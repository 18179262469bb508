// Decimals and ids straight from bytes: exactly what Number(text) gives, without making the text.
//
// A mantissa below 2^53 and a power of ten up to 10^22 are both exact doubles, and IEEE division of
// two exact numbers is correctly rounded: so mantissa / 10^places is the double nearest to the
// text.
// What does not fit (long digits, exponents) goes through Number(text) itself.

const ZERO = 48
const DOT = 46
const PLUS = 43
const MINUS = 45
const LARGEST_EXACT = Number.MAX_SAFE_INTEGER
const LARGEST_EXACT_PLACES = 22
/** Digits of 2^63 − 1, the largest id a 64-bit integer holds. */
const MAX_ID_DIGITS = 19
const MAX_ID = 2n ** 63n - 1n

const POWERS = Float64Array.from({ length: LARGEST_EXACT_PLACES + 1 }, (_, i) => Number(`1e${i}`))
// One way to match each text: with two, four megabytes of digits would take an hour to be refused.
const NUMERIC = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** The decimal number in bytes[start, end); NaN for anything else, infinities included. */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const first = bytes[at]
  if (first === MINUS || first === PLUS) at++
  const digitsFrom = at
  let mantissa = 0
  let dot = -1
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit
    else if (bytes[at] === DOT && dot < 0) dot = at
    else return parseSlowly(bytes, start, end)
  }
  const digits = end - digitsFrom - (dot < 0 ? 0 : 1)
  if (digits <= 0) return Number.NaN
  const places = dot < 0 ? 0 : end - dot - 1
  if (mantissa > LARGEST_EXACT || places > LARGEST_EXACT_PLACES) {
    return parseSlowly(bytes, start, end)
  }
  const value = places === 0 ? mantissa : mantissa / POWERS[places]
  return first === MINUS ? -value : value
}

function parseSlowly(bytes: Uint8Array, start: number, end: number): number {
  const text = textOf(bytes, start, end)
  if (!NUMERIC.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isFinite(value) ? value : Number.NaN
}

/**
 * A whole number from 0 to 2^63 − 1: a number while exact, else a bigint; undefined = no such id.
 */
export function parseId(
  bytes: Uint8Array,
  start: number,
  end: number,
): number | bigint | undefined {
  let id = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return undefined
    id = id * 10 + digit
  }
  if (end <= start) return undefined
  if (id <= LARGEST_EXACT) return id
  const text = textOf(bytes, start, end).replace(/^0+/, '')
  if (text.length > MAX_ID_DIGITS) return undefined
  const big = BigInt(text)
  return big > MAX_ID ? undefined : big
}

/** The bytes as text; for the rare paths. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
