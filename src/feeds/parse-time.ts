// Timestamps straight from bytes to µs, exactly: digits are never sent through a lossy float.
//
// A plain number tells its unit by its size, because each unit has its own range from 2000 to 2255:
//
//   seconds 9.5e8 … 9.0e9    ms 9.5e11 … 9.0e12    µs 9.5e14 … 9.0e15    ns 9.5e17 … 9.0e18
//
// What is finer than a µs is cut off, never rounded: a trade must not move into the next candle.
import type { TimeUnit } from '../model/time.js'

const ZERO = 48
const DOT = 46
const DASH = 45
const SLASH = 47
const PLUS = 43
const MIN_SECONDS = 946_684_800
/** 2^53 µs: as far as whole µs are exact. */
const MAX_US = Number.MAX_SAFE_INTEGER
const MINUTE_US = 60_000_000
const DAY_US = 86_400_000_000
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** So many digits fit an int32, which is summed several times as fast as a float64. */
const HALF_DIGITS = 9
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

/**
 * The time in bytes[start, end) as µs since the epoch; NaN for anything that is no time since 2000.
 */
export function parseTimeUs(bytes: Uint8Array, start: number, end: number): number {
  let high = 0
  let low = 0
  let count = 0
  let at = start
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) break
    if (count === HALF_DIGITS) {
      high = high * POWERS[count] + low
      low = 0
      count = 0
    }
    low = (low * 10 + digit) | 0
    count++
  }
  const value = high * POWERS[count] + low
  if (at === start) return Number.NaN
  if (at < end && (bytes[at] !== DOT || (at - start === 4 && bytes[at + 3] === DOT))) {
    return parseIsoUs(bytes, start, end)
  }
  if (value < MIN_SECONDS) return Number.NaN
  if (value * 1e6 <= MAX_US) return value * 1e6 + fraction(bytes, at, end, 6)
  if (value >= MIN_SECONDS * 1e3 && value * 1e3 <= MAX_US) {
    return value * 1e3 + fraction(bytes, at, end, 3)
  }
  if (value >= MIN_SECONDS * 1e6 && value <= MAX_US) return value + fraction(bytes, at, end, 0)
  if (value < MIN_SECONDS * 1e9 || value > MAX_US * 1e3) return Number.NaN
  // ns do not fit a float64: leave out the last three digits before adding up.
  return digits(bytes, start, at - 3) + fraction(bytes, at, end, 0)
}

// Digits after a dot as whole units of 10^-places; NaN where something else stands there.
function fraction(bytes: Uint8Array, dot: number, end: number, places: number): number {
  if (dot === end) return 0
  let value = 0
  for (let at = dot + 1; at < end; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    if (at - dot <= places) value = value * 10 + digit
  }
  const found = Math.min(end - dot - 1, places)
  return value * POWERS[places - found]
}

function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return end > start ? value : Number.NaN
}

// 2021-07-13[T D]11:07[:53[.658123]][Z| UTC|±02:00|±0200|±02], also 20210713, 2021.07.13 and
// 2021/07/13; no zone means UTC. The D is kdb+'s, and so BitMEX's.
function parseIsoUs(bytes: Uint8Array, start: number, end: number): number {
  const between = bytes[start + 4]
  const dashed = between === DASH || between === DOT || between === SLASH
  if (dashed && bytes[start + 7] !== between) return Number.NaN
  const dayUs = dashed
    ? dateUs(digits(bytes, start, start + 4), pair(bytes, start + 5), pair(bytes, start + 8))
    : dateUs(digits(bytes, start, start + 4), pair(bytes, start + 4), pair(bytes, start + 6))
  let at = start + (dashed ? 10 : 8)
  if (at === end) return dayUs >= MIN_SECONDS * 1e6 ? dayUs : Number.NaN
  if (at > end || !isBetween(bytes[at])) return Number.NaN
  const hour = pair(bytes, at + 1)
  const minute = bytes[at + 3] === 58 ? pair(bytes, at + 4) : Number.NaN
  at += 6
  let secondUs = 0
  if (at < end && bytes[at] === 58) {
    const second = pair(bytes, at + 1)
    if (!(second <= 60)) return Number.NaN
    secondUs = second * 1e6
    at += 3
    if (at < end && bytes[at] === DOT) {
      let stop = at + 1
      while (stop < end && bytes[stop] >= ZERO && bytes[stop] <= 57) stop++
      secondUs += fraction(bytes, at, stop, 6)
      at = stop
    }
  }
  if (at > end || !(hour <= 23) || !(minute <= 59)) return Number.NaN
  const us = dayUs + (hour * 60 + minute) * MINUTE_US + secondUs - zoneUs(bytes, at, end)
  return us >= MIN_SECONDS * 1e6 && us <= MAX_US ? us : Number.NaN
}

// Between day and time: T, t, D, d, a blank.
function isBetween(byte: number): boolean {
  return byte === 84 || byte === 116 || byte === 32 || byte === 68 || byte === 100
}

function pair(bytes: Uint8Array, at: number): number {
  return digits(bytes, at, at + 2)
}

function zoneUs(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] === 32) at++
  if (at === end) return 0
  const sign = bytes[at]
  if (sign !== PLUS && sign !== DASH) {
    const name = String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4))).toUpperCase()
    return name === 'Z' || name === 'UTC' || name === 'GMT' ? 0 : Number.NaN
  }
  const hours = at + 3 <= end ? pair(bytes, at + 1) : Number.NaN
  const minutesAt = bytes[at + 3] === 58 ? at + 4 : at + 3
  if (at + 3 !== end && minutesAt + 2 !== end) return Number.NaN
  const minutes = at + 3 === end ? 0 : pair(bytes, minutesAt)
  if (!(hours <= 23) || !(minutes <= 59)) return Number.NaN
  const us = (hours * 60 + minutes) * MINUTE_US
  return sign === PLUS ? us : -us
}

// Days from the civil calendar to the epoch, as µs; no Date object per row.
function dateUs(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  if (day > (month === 2 && leap ? 29 : MONTH_DAYS[month - 1])) return Number.NaN
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * DAY_US
}

/** The unit in which a time stands that parseTimeUs() reads; by its digits. */
export function timeUnitAt(bytes: Uint8Array, start: number, end: number): TimeUnit | 'iso' {
  let at = start
  while (at < end && bytes[at] >= ZERO && bytes[at] <= 57) at++
  if (at < end && bytes[at] !== DOT) return 'iso'
  const whole = at - start
  if (whole <= 8) return 'iso'
  return whole <= 10 ? 's' : whole <= 13 ? 'ms' : whole <= 16 ? 'us' : 'ns'
}
