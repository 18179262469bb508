import fc from 'fast-check'
import type { Candle } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { candleTable } from '../../dist/src/cli/candles.js'
import { chart } from '../../dist/src/cli/chart/chart.js'
import { labelsOf, rowOf, scaleOf } from '../../dist/src/cli/chart/scale.js'
import { decimal } from '../../dist/src/cli/output.js'
import { table } from '../../dist/src/cli/table.js'

// What a person reads of a number is the number: exact in a table, near enough on an axis, never 0
// for what is none, and its magnitude seen by its place. From 1e-12 to 1e12.

const SEED = 20261128
const RUNS = { seed: SEED, numRuns: 400 }
const T0 = Date.UTC(2026, 10, 20) * 1000

/** Prices as venues have them: a few digits, at any magnitude. */
const price = fc
  .tuple(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: -18, max: 6 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`))
  .filter((x) => x >= 1e-12 && x <= 1e12)
/** Any double at all of that size, of either sign, and 0. */
const number = fc.oneof(
  price,
  price.map((x) => -x),
  fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
  fc.constant(0),
)

function candleOf(i: number, [open, high, low, close]: number[], volume = 1): Candle {
  const sorted = [open, high, low, close]
  const fields = { pair: 'venue:spot:A', interval: '1m', timestamp: T0 + i * 60e6, revision: 0 }
  const volumes = { volume, trades: 3, buyVolume: volume, sellVolume: 0, quoteVolume: volume }
  const rest = { vwap: open, delta: volume, closed: true, cvd: (i % 2 === 0 ? -1 : 1) * volume }
  const [top, bottom] = [Math.max(...sorted), Math.min(...sorted)]
  return { ...fields, open, high: top, low: bottom, close, ...volumes, ...rest } as Candle
}

/** Where the decimal point of each line's number stands, or would stand. */
function pointsOf(text: string): number[] {
  const lines = text.trimEnd().split('\n').slice(2)
  return lines
    .map((line) => /-?[\d,]+/.exec(line)?.[0].length ?? 0)
    .map((length, i) => {
      return lines[i].search(/[-\d]/) + length
    })
}

describe('tables', () => {
  test('a cell parses back to its value, and the points of a column stand in a line', () => {
    const rows = fc.array(fc.tuple(price, price, price, price, number), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(rows, (given) => {
        const candles = given.map(([a, b, c, d, v], i) => candleOf(i, [a, b, c, d], v))
        const text = candleTable(candles)
        const lines = text.trimEnd().split('\n').slice(2)
        expect(lines.length).toBe(candles.length)
        for (const [i, line] of lines.entries()) {
          const cells = line.trim().split(/\s{2,}/)
          const { open, high, low, close, volume, trades, delta, cvd } = candles[i]
          const values = [open, high, low, close, volume, trades, delta, cvd ?? 0]
          expect(cells.slice(1).map(Number)).toEqual(values.map((x) => (x === 0 ? 0 : x)))
          for (const cell of cells.slice(1)) expect(cell).toMatch(/^-?\d+(\.\d*[1-9])?$/)
        }
      }),
      RUNS,
    )
  })

  test('points stand in a line, those of whole numbers at their ends', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 8 }), (values) => {
        const columns = [{ head: 'number', right: true }, { head: '|' }]
        const text = table(
          columns,
          values.map((v) => [decimal(v), '|']),
        )
        const points = pointsOf(text)
        expect(new Set(points).size).toBe(1)
      }),
      RUNS,
    )
    const text = table(
      [{ head: 'n', right: true }, { head: 'x' }],
      [
        ['1,234', 'a'],
        ['0.000000001', 'b'],
        ['', 'c'],
        ['-12.5', 'd'],
      ],
    )
    expect(text.split('\n').slice(2)).toEqual([
      '1,234            a',
      '    0.000000001  b',
      '                 c',
      '  -12.5          d',
      '',
    ])
  })
})

describe('the chart', () => {
  const numberOf = (text: string) => Number(text.replaceAll(',', ''))
  const labelled = (text: string) =>
    [...text.matchAll(/┤( +-?[\d,.]+)/g)].slice(0, 6).map(([, label]) => label)

  test('each label is its row’s price to a thousandth, never 0, with points in a line', () => {
    fc.assert(
      fc.property(fc.array(price, { minLength: 1, maxLength: 12 }), (prices) => {
        const candles = prices.map((p, i) => candleOf(i, [p, p, p, p]))
        for (const columns of [40, 80]) {
          const text = chart(candles, { columns, colored: false })
          for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(columns)
          const labels = labelled(text)
          expect(labels.length).toBe(6)
          const shown = candles.flatMap(({ low, high }) => [low, high])
          const [low, high] = [Math.min(...shown), Math.max(...shown)]
          const room = high - low > high * 1e-9 ? 0 : high * 0.001
          for (const [i, label] of labels.entries()) {
            const middle = (i * 3 + 0.5) / 16
            const wanted = high + room - middle * (high - low + 2 * room)
            expect(Math.abs(numberOf(label) - wanted)).toBeLessThanOrEqual(wanted / 1000)
            expect(numberOf(label)).not.toBe(0)
          }
          const ends = labels.map((label) => label.length)
          expect(new Set(ends).size).toBe(1)
          expect(new Set(labels.map((label) => label.split('.')[1]?.length)).size).toBe(1)
        }
      }),
      RUNS,
    )
  })

  test('the title has the last price exactly, and a change that is not 0 is not shown as 0', () => {
    fc.assert(
      fc.property(price, price, (first, last) => {
        const candles = [
          candleOf(0, [first, first, first, first]),
          candleOf(1, [last, last, last, last]),
        ]
        const [title] = chart(candles, { columns: 100, colored: false }).split('\n')
        const [, shown, percent] = / {2}1m {2}([\d,.]+) {2}[▲▼] [+−]([\d,.]+) %$/.exec(title) ?? []
        expect(numberOf(shown)).toBe(last)
        expect(numberOf(percent) === 0).toBe(first === last)
      }),
      RUNS,
    )
  })

  test('an axis that crosses 0 says so at 0 alone', () => {
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 16 }), (a, b, rows) => {
        const scale = scaleOf([a, b], rows)
        const step = (scale.high - scale.low) / rows
        for (const { row, text } of labelsOf(scale, 1)) {
          expect(text).not.toMatch(/NaN|Infinity|e/)
          const at = rowOf(scale, numberOf(text))
          // Where it is shown: in the middle of its row.
          expect(Math.abs(at - (row + 0.5))).toBeLessThanOrEqual(0.06)
          if (numberOf(text) === 0)
            expect(Math.abs(scale.high - (row + 0.5) * step)).toBeLessThan(step / 99)
        }
      }),
      RUNS,
    )
  })
})
