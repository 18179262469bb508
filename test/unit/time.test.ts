import { describe, expect, it } from 'vitest'
import {
  durationUs,
  formatMicros,
  MAX_TIMESTAMP_US,
  MIN_TIMESTAMP_US,
  type Time,
  timeUnitOf,
  toMicros,
} from '../../dist/src/model/time.js'

const NOON = 1_740_832_200_000_000 // 2025-03-01T12:30:00Z

describe('times', () => {
  it('are taken as Date, ISO text or µs', () => {
    const same: Time[] = [
      NOON,
      new Date('2025-03-01T12:30:00Z'),
      '2025-03-01T12:30:00Z',
      '2025-03-01T12:30',
      '2025-03-01 12:30:00',
      '2025-03-01T12:30:00.000',
      '2025-03-01T14:30:00+02:00',
      '2025-03-01T07:00:00-0530',
      '2025-03-01t13:30:00+01',
    ]
    for (const time of same) expect([time, toMicros(time, 'from')]).toEqual([time, NOON])
    expect(toMicros('2025-03-01', 'from')).toBe(NOON - 12.5 * 3600e6)
    expect(toMicros('1970-01-01', 'from')).toBe(0)
  })

  it('keep every µs of ISO text, and cut off what is finer', () => {
    expect(toMicros('2025-03-01T12:30:00.123456Z', 'at')).toBe(NOON + 123_456)
    expect(toMicros('2025-03-01T12:30:00,000001Z', 'at')).toBe(NOON + 1)
    expect(toMicros('2025-03-01T12:30:00.5Z', 'at')).toBe(NOON + 500_000)
    expect(toMicros('2025-03-01T12:30:00.123456999Z', 'at')).toBe(NOON + 123_456)
    expect(toMicros('2254-12-31T23:59:59.999999Z', 'at')).toBe(8_993_721_599_999_999)
  })

  it('are refused when no calendar or clock knows them', () => {
    const bad = [
      '2025-02-29',
      '2025-13-01',
      '2025-3-1',
      '2025-03-01T24:00:00Z',
      '2025-03-01T12:60:00Z',
      '2025-03-01T12:30:60Z',
      '2025-03-01T12:30:00+24:00',
      '2025-03-01T12:30:00+01:60',
      '1969-12-31T23:59:59Z',
      '1970-01-01T00:00:00+01:00',
      '0099-01-01',
      '2256-01-01',
      'yesterday',
      '1700000000000000',
      '',
      new Date(Number.NaN),
      null,
      undefined,
      {},
      1n,
    ]
    for (const time of bad) {
      expect(() => toMicros(time as Time, 'from'), String(time)).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      )
    }
    expect(() => toMicros('soon', 'from')).toThrow(
      'from must be a Date, ISO 8601 text or µs since the epoch, from 1970 to 2255: from="soon"',
    )
  })

  it('in a wrong unit are refused with the unit and the remedy', () => {
    const refusal = (time: number) => {
      try {
        return toMicros(time, 'to')
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(refusal(1_740_832_200)).toBe(
      'to is in seconds, times are µs since the epoch: multiply it by 1,000,000: to=1740832200',
    )
    expect(refusal(1_740_832_200_000)).toMatch('milliseconds')
    expect(refusal(1_740_832_200_000)).toMatch('multiply it by 1,000: to=1740832200000')
    expect(refusal(1_740_832_200_000_000_000)).toMatch('nanoseconds')
    expect(refusal(1_740_832_200_000_000_000)).toMatch('divide it by 1,000')
    const no = [0, -1, NOON + 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e30]
    for (const time of no) expect(refusal(time)).toMatch('whole µs since the epoch, from 2000')
    for (const time of [MIN_TIMESTAMP_US, MAX_TIMESTAMP_US]) expect(refusal(time)).toBe(time)
  })

  it('have a magnitude for each unit, and none overlaps', () => {
    const units = ['s', 'ms', 'us', 'ns'] as const
    for (const [power, unit] of units.entries()) {
      const first = 946_684_800 * 1000 ** power
      const end = (2 ** 53 / 1e6) * 1000 ** power
      expect([timeUnitOf(first), timeUnitOf(end * 0.999999)]).toEqual([unit, unit])
      expect([timeUnitOf(first * 0.999999), timeUnitOf(end * 1.000001)]).toEqual([
        undefined,
        undefined,
      ])
    }
    expect(timeUnitOf(1_740_832_200.5)).toBe('s')
    for (const value of [0, -NOON, Number.NaN, 1e300]) expect(timeUnitOf(value)).toBeUndefined()
  })

  it('are shown with µs only where there are any', () => {
    expect(formatMicros(NOON)).toBe('2025-03-01T12:30:00.000Z')
    expect(formatMicros(NOON + 1000)).toBe('2025-03-01T12:30:00.001Z')
    expect(formatMicros(NOON + 1)).toBe('2025-03-01T12:30:00.000001Z')
    expect(formatMicros(NOON - 1)).toBe('2025-03-01T12:29:59.999999Z')
    expect(formatMicros(Number.NEGATIVE_INFINITY)).toBe('-Infinity')
    for (const us of [0, 1, NOON + 123_456, MAX_TIMESTAMP_US]) {
      expect(toMicros(formatMicros(us), 'at')).toBe(us)
    }
  })
})

describe('durations', () => {
  it('are a whole number and a unit', () => {
    const lengths = ['90us', '250ms', '60s', '15m', '4h', '30d', '1w', '7y']
    expect(lengths.map((text) => durationUs(text, 'window'))).toEqual([
      90,
      250e3,
      60e6,
      900e6,
      4 * 3600e6,
      30 * 86_400e6,
      7 * 86_400e6,
      7 * 365 * 86_400e6,
    ])
  })

  it('are refused otherwise, naming the grammar', () => {
    const bad = ['', '15', 'm', '0s', '-1s', '1.5h', '1 h', '1H', '1M', '1e3s', '9999999y', '15m ']
    for (const text of [...bad, 15 as unknown as string, undefined as unknown as string]) {
      expect(() => durationUs(text, 'window'), text).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      )
    }
    expect(() => durationUs('15', 'window')).toThrow(
      'window must be a whole number above 0 and a unit (us, ms, s, m, h, d, w, y), 15m say: ' +
        'window="15"',
    )
  })
})
