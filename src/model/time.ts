// Times are whole microseconds since the epoch: exact in a float64 until the year 2255. Seconds,
// milliseconds and nanoseconds of the years 2000 to 2255 have magnitudes of their own, so that a
// number in a wrong unit is recognised, never taken for a time long ago.
import { types } from 'node:util'
import { EngineError, shown } from '../errors.js'

/**
 * A Date, ISO 8601 text ('2025-03-01', '2025-03-01T12:30:00.123456Z'; no zone = UTC), or µs since
 * the epoch.
 */
export type Time = Date | string | number
/** Units a number of the years 2000 to 2255 can be in. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

/** 2000-01-01T00:00:00Z, µs. */
export const MIN_TIMESTAMP_US = 946_684_800_000_000
/** The last exact µs, in the year 2255. */
export const MAX_TIMESTAMP_US = 2 ** 53 - 1

// How many µs one of the unit is, and in words what to do about a number in it.
const UNITS: Readonly<Record<TimeUnit, { us: number; name: string; remedy: string }>> = {
  s: { us: 1e6, name: 'seconds', remedy: 'multiply it by 1,000,000' },
  ms: { us: 1e3, name: 'milliseconds', remedy: 'multiply it by 1,000' },
  us: { us: 1, name: 'microseconds', remedy: 'pass it as it is' },
  ns: { us: 1e-3, name: 'nanoseconds', remedy: 'divide it by 1,000' },
}

const DURATION_US: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: 86_400e6,
  w: 7 * 86_400e6,
  y: 365 * 86_400e6,
}
const DURATION = /^(\d{1,16})(us|ms|s|m|h|d|w|y)$/
const DAY = String.raw`(\d{4})-(\d{2})-(\d{2})`
const CLOCK = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`
const ZONE = String.raw`(Z|([+-])(\d{2}):?(\d{2})?)`
const ISO = new RegExp(`^${DAY}(?:[T ]${CLOCK}${ZONE}?)?$`, 'i')

/** The unit of a time of the years 2000 to 2255, by its magnitude; undefined for other numbers. */
export function timeUnitOf(value: number): TimeUnit | undefined {
  for (const unit of ['s', 'ms', 'us', 'ns'] as const) {
    // Multiplied up, so that the bounds are whole numbers; for ns both are.
    const perUs = unit === 'ns' ? 1e3 : 1
    const us = unit === 'ns' ? value : value * UNITS[unit].us
    if (us >= MIN_TIMESTAMP_US * perUs && us < 2 ** 53 * perUs) return unit
  }
  return undefined
}

/**
 * Any time as whole µs since the epoch. `what` names the argument in the error. Digits of ISO text
 * beyond µs are cut off. Throws BAD_ARGUMENT, naming unit and remedy for a number in another unit.
 */
export function toMicros(time: Time, what: string): number {
  if (typeof time === 'number') return checkedNumber(time, what)
  let us: number | undefined
  if (types.isDate(time)) us = millisOf(time) * 1000
  else if (typeof time === 'string') us = parseIso(time.trim())
  if (us !== undefined && us >= 0 && us <= MAX_TIMESTAMP_US) return us
  throw new EngineError(
    'BAD_ARGUMENT',
    `${what} must be a Date, ISO 8601 text or µs since the epoch, from 1970 to 2255: ` +
      `${what}=${shown(time)}`,
  )
}

/** A time that came with data, as µs: NaN where it is none, a number as it is. Never throws. */
export function microsOf(time: Time): number {
  if (typeof time === 'number') return time
  if (types.isDate(time)) return millisOf(time) * 1000
  return (typeof time === 'string' ? parseIso(time.trim()) : undefined) ?? Number.NaN
}

/**
 * Length in µs of '90us', '250ms', '60s', '15m', '4h', '30d', '1w' or '7y' (365 d each). Throws
 * BAD_ARGUMENT, naming `what` and the grammar.
 */
export function durationUs(text: string, what: string): number {
  const match = typeof text === 'string' ? DURATION.exec(text) : null
  const us = match === null ? 0 : Number(match[1]) * DURATION_US[match[2]]
  if (us > 0 && us <= MAX_TIMESTAMP_US) return us
  throw new EngineError(
    'BAD_ARGUMENT',
    `${what} must be a whole number above 0 and a unit (us, ms, s, m, h, d, w, y), 15m say: ` +
      `${what}=${shown(text)}`,
  )
}

/** ISO 8601 in UTC, with ms, or with µs where there are any. */
export function formatMicros(us: number): string {
  const ms = Math.floor(us / 1000)
  // Made for messages too: what is no time at all is shown as it is.
  if (!(Math.abs(ms) <= 8.64e15)) return String(us)
  const iso = new Date(ms).toISOString()
  const rest = us - ms * 1000
  return rest === 0 ? iso : `${iso.slice(0, -1)}${String(Math.floor(rest)).padStart(3, '0')}Z`
}

// As the date is, whatever it has been made to say.
function millisOf(date: Date): number {
  return Date.prototype.getTime.call(date)
}

function checkedNumber(value: number, what: string): number {
  const unit = timeUnitOf(value)
  if (unit === 'us' && Number.isInteger(value)) return value
  if (unit === undefined || unit === 'us') {
    throw new EngineError(
      'BAD_ARGUMENT',
      `${what} must be whole µs since the epoch, from 2000 to 2255: ${what}=${value}`,
    )
  }
  const { name, remedy } = UNITS[unit]
  throw new EngineError(
    'BAD_ARGUMENT',
    `${what} is in ${name}, times are µs since the epoch: ${remedy}: ${what}=${value}`,
  )
}

// µs of ISO text, undefined if it is none or no day of the calendar.
function parseIso(text: string): number | undefined {
  const match = ISO.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const [fraction = '', zone, sign, zoneHours = 0, zoneMinutes = 0] = match.slice(7)
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date carries the 31st of June over to July, and 24:00 to the next day: not what was meant.
  const said = `${match.slice(1, 4).join('-')}T${[hour, minute, second].map(twoDigits).join(':')}`
  if (!(ms >= 0) || !new Date(ms).toISOString().startsWith(said)) return undefined
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return undefined
  const offset = zone === undefined || sign === undefined ? 0 : Number(`${sign}1`)
  const offsetUs = offset * (Number(zoneHours) * 3600e6 + Number(zoneMinutes) * 60e6)
  return ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0')) - offsetUs
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
