import { EngineError } from '../errors.js'

// Times are µs since the epoch everywhere inside; here is where other forms come in and go out.

/** A moment: µs since the epoch, a Date, or ISO 8601 text (UTC where it names no zone). */
export type Time = Date | string | number

/** 2000-01-01: an earlier number is taken for another unit. */
export const MIN_TIMESTAMP_US = 946_684_800_000_000
/** The last µs a float64 holds exactly; in the year 2255. */
export const MAX_TIMESTAMP_US = 2 ** 53 - 1

export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

/** The unit a number of 2000 or later can only be in, by its size; undefined for none. */
export function timeUnitOf(value: number): TimeUnit | undefined {
  if (value >= 946_684_800 && value < 32_503_680_000) return 's'
  if (value >= 946_684_800_000 && value < 32_503_680_000_000) return 'ms'
  if (value >= MIN_TIMESTAMP_US && value <= MAX_TIMESTAMP_US) return 'us'
  if (value >= 946_684_800_000_000_000 && value < 32_503_680_000_000_000_000) return 'ns'
  return undefined
}

const UNIT_NAMES = { s: 'seconds', ms: 'milliseconds', ns: 'nanoseconds' } as const
const REMEDIES = {
  s: 'multiply by 1e6',
  ms: 'multiply by 1000',
  ns: 'divide by 1000',
} as const
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/i

function bad(what: string, rule: string, given: unknown): never {
  throw new EngineError('BAD_ARGUMENT', `${what} must be ${rule}: ${what}=${String(given)}`)
}

/** A moment as whole µs; throws BAD_ARGUMENT saying what was given and what is allowed. */
export function toMicros(time: Time, what: string): number {
  if (typeof time === 'number') {
    if (time >= MIN_TIMESTAMP_US && time <= MAX_TIMESTAMP_US) return Math.floor(time)
    const unit = timeUnitOf(time)
    if (unit === undefined || unit === 'us') return bad(what, 'µs since the epoch', time)
    return bad(what, `µs; this is ${UNIT_NAMES[unit]}, ${REMEDIES[unit]}`, time)
  }
  if (time instanceof Date) {
    const ms = time.getTime()
    return Number.isNaN(ms) ? bad(what, 'a valid Date', time) : ms * 1000
  }
  return parseIso(String(time)) ?? bad(what, 'a Date, ISO 8601 text or µs since the epoch', time)
}

/** ISO 8601 as µs, to the µs; undefined where it is none. */
export function parseIso(text: string): number | undefined {
  const parts = ISO.exec(text)
  if (parts === null) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = parts
  const at = zone === undefined || zone.toUpperCase() === 'Z' ? 'Z' : zone
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${at}`)
  if (Number.isNaN(ms)) return undefined
  return ms * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}

const DURATION = /^(\d+(?:\.\d+)?)(us|ms|s|m|h|d|w|y)$/
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

/** A duration such as 250ms, 60s, 15m, 4h, 30d, 1w or 7y (of 365 days) in µs; throws BAD_ARGUMENT. */
export function durationUs(text: string, what: string): number {
  const parts = DURATION.exec(text)
  const us = parts === null ? 0 : Math.round(Number(parts[1]) * DURATION_US[parts[2]])
  if (us >= 1 && Number.isSafeInteger(us)) return us
  return bad(what, 'a duration such as 250ms, 60s, 15m, 4h, 30d, 1w or 7y', text)
}

/** µs as ISO 8601 in UTC; the fraction is as long as it needs to be. */
export function formatMicros(us: number): string {
  const seconds = Math.floor(us / 1e6)
  const fraction = Math.floor(us - seconds * 1e6)
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  if (fraction === 0) return `${whole}Z`
  const digits = String(fraction).padStart(6, '0')
  return `${whole}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}
