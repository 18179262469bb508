import { bare, EngineError } from '../errors.js'
import { type Time, toMicros } from './time.js'

/** A row limit as given; throws BAD_ARGUMENT. */
export function limitOf(limit: number): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw new EngineError(
    'BAD_ARGUMENT',
    `limit must be a whole number above 0: limit=${bare(limit)}`,
  )
}

/** `from` and `to` in µs; throws BAD_ARGUMENT. */
export function bounds(range: { from?: Time; to?: Time }): { from?: number; to?: number } {
  const from = range.from === undefined ? undefined : toMicros(range.from, 'from')
  const to = range.to === undefined ? undefined : toMicros(range.to, 'to')
  if (from !== undefined && to !== undefined && from > to) {
    throw new EngineError('BAD_ARGUMENT', `from must not be after to: from=${from} to=${to}`)
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}
