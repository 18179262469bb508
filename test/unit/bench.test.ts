// The harness' own arithmetic: a figure nobody can trust is worse than none.
import { describe, expect, test } from 'vitest'
import { isVoid, median, missed, pairedRatio, quantile } from '../../dist/bench/statistics.js'

describe('bench statistics', () => {
  test('the median does not depend on order and does not sort its argument', () => {
    const values = [9, 1, 5]
    expect(median(values)).toBe(5)
    expect(values).toEqual([9, 1, 5])
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([])).toBeNaN()
  })

  test('the ratio is the median of the paired ratios, not the ratio of the medians', () => {
    // The machine slows down under both: pairs keep together what belongs together.
    const subject = [100, 50, 10]
    const baseline = [50, 25, 20]
    expect(pairedRatio(subject, baseline, 'higher')).toEqual({ ratio: 2, spread: [0.5, 2] })
    expect(median(subject) / median(baseline)).toBe(2)
    expect(pairedRatio([10, 30, 20], [10, 10, 40], 'higher').ratio).toBe(1)
  })

  test('above 1 is better, whichever way the unit counts', () => {
    expect(pairedRatio([20], [160], 'lower')).toEqual({ ratio: 8, spread: [8, 8] })
    expect(pairedRatio([20], [160], 'higher').ratio).toBe(0.125)
    expect(pairedRatio([200, 400], [100, 100], 'lower').spread).toEqual([0.25, 0.5])
  })

  test('runs that are not in pairs are refused', () => {
    expect(() => pairedRatio([1, 2], [1], 'higher')).toThrow(RangeError)
    expect(() => pairedRatio([], [], 'higher')).toThrow(RangeError)
  })

  test('a baseline below half of what it is known to do makes the trial void', () => {
    expect(isVoid(449_999, 900_000, 'higher')).toBe(true)
    expect(isVoid(450_000, 900_000, 'higher')).toBe(false)
    expect(isVoid(21, 10, 'lower')).toBe(true)
    expect(isVoid(19, 10, 'lower')).toBe(false)
    expect(isVoid(1, undefined, 'higher')).toBe(false)
    expect(isVoid(Number.NaN, 900_000, 'higher')).toBe(true)
  })

  test('a quantile is the nearest rank', () => {
    const sorted = Float64Array.from({ length: 1000 }, (_, i) => i + 1)
    expect(quantile(sorted, 0.5)).toBe(500)
    expect(quantile(sorted, 0.99)).toBe(990)
    expect(quantile(sorted, 0.999)).toBe(999)
    expect(quantile(sorted, 1)).toBe(1000)
    expect(quantile([7], 0.5)).toBe(7)
    expect(quantile([], 0.5)).toBeNaN()
  })

  test('requirements hold at the bound, and what was not measured is missed', () => {
    const must = [
      { figure: 'ratio', atLeast: 2 },
      { figure: 'p99', atMost: 10_000 },
    ]
    expect(missed(must, { ratio: 2, p99: 10_000 })).toEqual([])
    expect(missed(must, { ratio: 1.9, p99: 20_000 })).toHaveLength(2)
    expect(missed(must, { ratio: 2 })).toEqual(['p99 nothing > 10000'])
    expect(missed(must, { ratio: Number.NaN, p99: 1 })).toEqual(['ratio nothing < 2'])
  })
})
