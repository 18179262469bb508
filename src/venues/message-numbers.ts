// Numbers and times as messages carry them: float64, decimal text (ccxt with `number = String`),
// bigint and hex (clients of chains).
import { types } from 'node:util'
import { microsOf, type TimeUnit, timeUnitOf } from '../model/time.js'

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i
const DIGITS = /^\d{1,20}$/
const FRACTION = /^(\d{1,20})\.(\d+)$/
const HEX = /^0x[0-9a-f]{1,16}$/i
/** Digits of a product that are the venue's, and not the float64's. */
const EXACT_DIGITS = 15

/** A number, decimal text or bigint as a float64; NaN for anything else, empty text among it. */
export function numberFrom(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN
}

/**
 * A product or quotient of decimals without the float64's own digits: 3 × 0.1 is 0.3. For values
 * that have an end in decimal alone.
 */
export function asDecimal(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value
  return Number(value.toPrecision(EXACT_DIGITS))
}

/** A time as µs, and the unit it came in; `us` is NaN, or what stood there, where it is no time. */
export interface MessageTime {
  readonly us: number
  readonly unit: TimeUnit | 'iso' | undefined
}

const NO_TIME: MessageTime = { us: Number.NaN, unit: undefined }

/**
 * A time of a message: s, ms, µs or ns by its magnitude, as number, digits, bigint or hex; a Date;
 * ISO text.
 */
export function messageTime(value: unknown): MessageTime {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? wholeTime(value) : brokenTime(String(value), value)
  }
  if (typeof value === 'bigint') return wideTime(value)
  if (types.isDate(value)) return { us: microsOf(value), unit: 'ms' }
  if (typeof value !== 'string') return NO_TIME
  if (HEX.test(value) || DIGITS.test(value)) return wideTime(BigInt(value))
  return FRACTION.test(value) ? brokenTime(value, Number.NaN) : isoTime(value)
}

function isoTime(text: string): MessageTime {
  const us = microsOf(text)
  return Number.isNaN(us) ? NO_TIME : { us, unit: 'iso' }
}

function wholeTime(value: number): MessageTime {
  const unit = timeUnitOf(value)
  if (unit === 's') return { us: value * 1e6, unit }
  if (unit === 'ms') return { us: value * 1000, unit }
  if (unit === 'ns') return { us: Math.floor(value / 1000), unit }
  // As it is: trade() says what is wrong with it.
  return { us: value, unit }
}

function wideTime(value: bigint): MessageTime {
  const unit = timeUnitOf(Number(value))
  return unit === 'ns' ? { us: Number(value / 1000n), unit } : wholeTime(Number(value))
}

// Seconds or milliseconds with a fraction, by their decimal digits: multiplied as float64 they
// would be beside their microsecond. Digits beyond it are cut off, as everywhere.
function brokenTime(text: string, otherwise: number): MessageTime {
  const [, whole, fraction = ''] = FRACTION.exec(text) ?? []
  const unit = whole === undefined ? undefined : timeUnitOf(Number(whole))
  if (unit === undefined) {
    // A ns number beyond 2^53 is whole, and no safe integer.
    const plain = timeUnitOf(otherwise)
    return plain === 'ns'
      ? { us: Math.floor(otherwise / 1000), unit: plain }
      : { us: otherwise, unit: undefined }
  }
  const places = unit === 's' ? 6 : unit === 'ms' ? 3 : 0
  const digits = fraction.slice(0, places).padEnd(places, '0')
  return wideTime(BigInt(`${whole}${digits}`))
}
