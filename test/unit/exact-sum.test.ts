import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addQuote,
  addVolume,
  differenceValue,
  gridUnits,
  mergeSum,
  quoteValue,
  SUM_WORDS,
  subtractSum,
  sumValue,
} from '../../dist/src/model/exact-sum.js'
import { tradeWords } from '../../dist/src/model/placed-trade.js'
import { nearest, rational } from '../support/naive-rollup.js'
import { runs } from '../support/seed.js'

const SCALE = 1e8

function sumOf(volumes: readonly number[], scale = SCALE): Float64Array {
  const words = new Float64Array(SUM_WORDS)
  for (const volume of volumes) addVolume(words, 0, volume, gridUnits(volume, scale), scale)
  return words
}

const wordsOf = (price: number, volume: number, scale = SCALE) =>
  tradeWords({ timestamp: 0, idHigh: 0, idLow: 0, seq: 0, price, volume }, scale)

function quotesOf(trades: readonly (readonly [number, number])[], scale = SCALE): Float64Array {
  const words = new Float64Array(SUM_WORDS)
  for (const [price, volume] of trades) {
    addQuote(words, 0, wordsOf(price, volume, scale), scale)
  }
  return words
}

const total = (volumes: readonly number[]) =>
  volumes.reduce((sum, volume) => sum + rational(volume), 0n)

const decimal = fc
  .record({
    units: fc.oneof(
      fc.integer({ min: 1, max: 1e9 }),
      fc
        .maxSafeInteger()
        .map((n) => Math.abs(n) / 4 + 1)
        .map(Math.floor),
    ),
    decimals: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ units, decimals }) => units / 10 ** decimals)
  .filter((x) => x < 4e8)

describe('gridUnits', () => {
  it('finds the whole number of a decimal, and refuses what is none', () => {
    expect(gridUnits(0.1, SCALE)).toBe(1e7)
    expect(gridUnits(67_123.45, SCALE)).toBe(6_712_345_000_000)
    expect(gridUnits(0.1 + 0.2, SCALE)).toBe(-1)
    expect(gridUnits(1e-9, SCALE)).toBe(-1)
    expect(gridUnits(1e9, SCALE)).toBe(-1)
    expect(gridUnits(Number.NaN, SCALE)).toBe(-1)
    expect(gridUnits(-1, SCALE)).toBe(-1)
    expect(gridUnits(3, 1)).toBe(3)
  })
})

describe('exact sums', () => {
  it('sums decimals that doubles cannot', () => {
    expect(sumValue(sumOf([0.1, 0.2]), 0, SCALE)).toBe(0.3)
    expect(sumValue(sumOf(new Array(1000).fill(0.1)), 0, SCALE)).toBe(100)
  })

  it('keeps large coarse decimals exact beside the smallest unit', () => {
    const words = sumOf([12_345_678_901.5, 0.00000001, 1e9])
    expect(words[3]).toBe(0)
    expect(sumValue(words, 0, SCALE)).toBe(Number('13345678901.50000001'))
  })

  it('reports and bounds what is on no grid', () => {
    const words = new Float64Array(SUM_WORDS)
    expect(addVolume(words, 0, 0.5, gridUnits(0.5, SCALE), SCALE)).toBe(false)
    expect(addVolume(words, 0, 1e-12, gridUnits(1e-12, SCALE), SCALE)).toBe(true)
    expect(sumValue(words, 0, SCALE)).toBe(0.500000000001)
    expect(addQuote(words, 0, wordsOf(1 / 3, 3), SCALE)).toBe(true)
  })

  it('equals the rational sum in any order and split', () => {
    fc.assert(
      fc.property(
        fc.array(decimal, { minLength: 1, maxLength: 50 }),
        fc.nat(50),
        (volumes, cut) => {
          const whole = sumOf(volumes)
          const split = sumOf(volumes.slice(cut).reverse())
          mergeSum(split, 0, sumOf(volumes.slice(0, cut)), 0)
          expect(split).toEqual(whole)
          const expected = volumes.reduce((sum, volume) => sum + rational(volume), 0n)
          expect(sumValue(whole, 0, SCALE)).toBe(nearest(expected))
          subtractSum(whole, 0, sumOf(volumes.slice(0, cut)), 0)
          expect(whole).toEqual(sumOf(volumes.slice(cut)))
        },
      ),
      runs(300),
    )
  })

  it('equals the rational sum of products', () => {
    const trades = fc.array(fc.tuple(decimal, decimal), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(trades, (pairs) => {
        const bounded = pairs.map(([price, volume]) => [Math.min(price, 1e6), volume] as const)
        const words = quotesOf(bounded)
        const expected = bounded.reduce((sum, [p, v]) => sum + rational(p) * rational(v), 0n)
        expect(words[3]).toBe(0)
        expect(words[0] + words[1] * 0).toBeLessThan(2 ** 52)
        expect(quoteValue(words, 0, SCALE)).toBe(nearest(expected, 2))
        expect(quotesOf([...bounded].reverse())).toEqual(words)
      }),
      runs(300),
    )
  })

  it('equals the rational sum of products with prices below 0, whatever cancels', () => {
    const price = fc.oneof(
      decimal,
      decimal.map((x) => -x),
      fc.constant(0),
    )
    const trades = fc.array(fc.tuple(price, decimal), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(trades, fc.nat(20), (pairs, cut) => {
        const bounded = pairs.map(
          ([p, volume]) => [Math.max(-1e6, Math.min(p, 1e6)), volume] as const,
        )
        const words = quotesOf(bounded)
        const expected = bounded.reduce((sum, [p, v]) => sum + rational(p) * rational(v), 0n)
        expect(quoteValue(words, 0, SCALE)).toBe(nearest(expected, 2) + 0)
        const split = quotesOf(bounded.slice(cut).reverse())
        mergeSum(split, 0, quotesOf(bounded.slice(0, cut)), 0)
        expect(split).toEqual(words)
        // A trade and its mirror leave nothing.
        for (const [p, v] of bounded) {
          addQuote(words, 0, wordsOf(-p, v), SCALE)
        }
        expect([...words].filter((word) => word !== 0)).toEqual([])
      }),
      runs(300),
    )
  })

  it('takes differences of either sign without rounding twice', () => {
    const volumes = fc.array(decimal, { maxLength: 10 })
    fc.assert(
      fc.property(volumes, volumes, (bought, sold) => {
        const words = new Float64Array(2 * SUM_WORDS)
        words.set(sumOf(bought))
        words.set(sumOf(sold), SUM_WORDS)
        const sum = (all: number[]) => all.reduce((n, volume) => n + rational(volume), 0n)
        const expected = nearest(sum(bought) - sum(sold))
        expect(differenceValue(words, 0, SUM_WORDS, SCALE)).toBe(expected + 0)
      }),
      runs(300),
    )
  })

  it('adds doubles of any kind to the nearest double', () => {
    const anything = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, decimal), { maxLength: 20 }), (volumes) => {
        const expected = nearest(volumes.reduce((sum, volume) => sum + rational(volume), 0n))
        expect(sumValue(sumOf(volumes), 0, SCALE)).toBe(expected)
      }),
      runs(300),
    )
  })

  // What markets have and what they have not: 12 places, 10^26, decimals beside thirds.
  const any = fc.oneof(
    decimal,
    fc.double({ min: 1e-18, max: 1e26, noNaN: true }),
    fc.integer({ min: 1, max: 1e9 }).map((n) => n * 1e-12),
    fc.integer({ min: 1, max: 2 ** 31 }).map((n) => n * 1e16),
  )

  it('equals the rational sum of any doubles, to the bit, in any order and split', () => {
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 40 }), fc.nat(40), (volumes, cut) => {
        const whole = sumOf(volumes)
        expect(sumValue(whole, 0, SCALE)).toBe(nearest(total(volumes)))
        const split = sumOf(volumes.slice(cut).reverse())
        mergeSum(split, 0, sumOf(volumes.slice(0, cut)), 0)
        expect(split).toEqual(whole)
        subtractSum(split, 0, sumOf(volumes.slice(0, cut)), 0)
        expect(split).toEqual(sumOf(volumes.slice(cut)))
      }),
      runs(300),
    )
  })

  it('equals the rational sum of products of any doubles and signs of prices', () => {
    // All bits of a sum of them lie within 265.
    const within = (low: number, high: number) => any.map((x) => Math.min(Math.max(x, low), high))
    const price = fc.tuple(within(1e-12, 1e5), fc.constantFrom(1, -1)).map(([x, sign]) => sign * x)
    const trades = fc.array(fc.tuple(price, within(1e-9, 1e15)), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(trades, (pairs) => {
        const words = quotesOf(pairs)
        const expected = pairs.reduce((sum, [p, v]) => sum + rational(p) * rational(v), 0n)
        expect(quoteValue(words, 0, SCALE)).toBe(nearest(expected, 2))
        expect(quotesOf([...pairs].reverse())).toEqual(words)
      }),
      runs(300),
    )
  })

  it('takes differences of any doubles', () => {
    const volumes = fc.array(any, { maxLength: 10 })
    fc.assert(
      fc.property(volumes, volumes, (bought, sold) => {
        const words = new Float64Array(2 * SUM_WORDS)
        words.set(sumOf(bought))
        words.set(sumOf(sold), SUM_WORDS)
        const expected = nearest(total(bought) - total(sold)) + 0
        expect(differenceValue(words, 0, SUM_WORDS, SCALE)).toBe(expected)
      }),
      runs(300),
    )
  })

  it('rounds a tie to even, and sees the least bit beside it', () => {
    const tie = 2 ** 53 + 2
    expect(sumValue(sumOf([tie, 1]), 0, SCALE)).toBe(tie + 2)
    expect(sumValue(sumOf([tie - 2, 1]), 0, SCALE)).toBe(tie - 2)
    expect(sumValue(sumOf([tie - 2, 1, 1e-18]), 0, SCALE)).toBe(tie)
    expect(sumValue(sumOf([tie - 2, 1, 1e-8]), 0, SCALE)).toBe(tie)
  })

  it('says NaN of words that are no sum, and throws nothing', () => {
    for (const word of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1 / 3]) {
      for (let at = 0; at < SUM_WORDS; at++) {
        const words = new Float64Array(2 * SUM_WORDS)
        words[at] = word
        expect(sumValue(words, 0, SCALE)).toBeTypeOf('number')
        expect(differenceValue(words, SUM_WORDS, 0, SCALE)).toBeTypeOf('number')
        expect(quoteValue(words, 0, SCALE)).toBeTypeOf('number')
      }
    }
  })

  it('says Infinity, never NaN, where no double is large enough', () => {
    expect(sumValue(sumOf([1e308, 1e308, 1e308]), 0, SCALE)).toBe(Number.POSITIVE_INFINITY)
    expect(quoteValue(quotesOf([[1e300, 1e300]]), 0, SCALE)).toBe(Number.POSITIVE_INFINITY)
    expect(quoteValue(quotesOf([[1e-300, 1e-300]]), 0, SCALE)).toBe(0)
  })
})

it('a difference keeps what is left where the larger parts cancel each other', () => {
  const [bought, sold] = [
    [1 / 7, 6 / 7],
    [2 / 7, 5 / 7],
  ]
  const words = new Float64Array(2 * SUM_WORDS)
  for (const [at, volumes] of [bought, sold].entries()) {
    words.set(sumOf(volumes), at * SUM_WORDS)
  }
  const exact = [...bought.map(rational), ...sold.map((x) => -rational(x))]
  const left = nearest(exact.reduce((sum, x) => sum + x, 0n))
  expect(left).not.toBe(0)
  expect(differenceValue(words, 0, SUM_WORDS, SCALE)).toBe(left)
})
