import type { Candle } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { candlesThatFit, chart } from '../../dist/src/cli/chart/chart.js'

// The chart: every candle in its column, up and down told apart, and never wider than the terminal.

const T0 = Date.UTC(2026, 10, 20) * 1000

function candle(i: number, open: number, close: number, more: Partial<Candle> = {}): Candle {
  const [low, high] = [Math.min(open, close) - 1, Math.max(open, close) + 1]
  const fields = { pair: 'venue:spot:A', interval: '1m', timestamp: T0 + i * 60e6, revision: 0 }
  const volumes = { volume: 5, trades: 3, buyVolume: 3, sellVolume: 2, quoteVolume: 500 }
  const rest = { vwap: 100, delta: close - open, closed: true, cvd: i - 20 }
  return { ...fields, open, high, low, close, ...volumes, ...rest, ...more } as Candle
}

const wave = Array.from({ length: 300 }, (_, i) => {
  return candle(i, 100 + 20 * Math.sin(i / 9), 100 + 20 * Math.sin((i + 1) / 9))
})
const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
const plain = (text: string) => text.replaceAll(ESCAPE, '')
const linesOf = (text: string) => text.trimEnd().split('\n')

describe('the chart', () => {
  test('fits every terminal, however many candles there are', () => {
    for (const columns of [40, 80, 81, 120, 160, 237]) {
      for (const count of [1, 2, 15, 60, 300]) {
        for (const colored of [false, true]) {
          const text = chart(wave.slice(0, count), { columns, colored })
          const lines = linesOf(plain(text))
          expect(lines.length).toBe(1 + 17 + 3 + 6 + 1)
          for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns)
          if (!colored) expect(text).toBe(plain(text))
        }
      }
    }
    expect(candlesThatFit(80)).toBeLessThan(80)
    expect(chart([], { columns: 80, colored: false })).toBe('')
  })

  test('puts each candle where its prices are', () => {
    // From 90 to 110 in 16 rows: a row is 1.25.
    const up = candle(0, 92.5, 107.5, { low: 90, high: 110 })
    const down = candle(1, 107.5, 92.5, { low: 90, high: 110 })
    const column = (text: string, at: number) =>
      linesOf(text)
        .slice(1, 17)
        .map((line) => line[at] ?? ' ')
        .join('')
    const both = chart([up, down], { columns: 80, colored: false })
    expect(column(both, 0)).toBe('││║║║║║║║║║║║║║│')
    expect(column(both, 3)).toBe('││█████████████│')
    const inColor = chart([up, down], { columns: 80, colored: true })
    expect(column(plain(inColor), 0)).toBe('││┃┃┃┃┃┃┃┃┃┃┃┃╿│')
    expect(inColor).toContain('\x1b[0;32m')
    expect(inColor).toContain('\x1b[0;31m')
    const [title] = linesOf(both)
    expect(title).toBe('venue:spot:A  1m  92.5  ▲ +0.00 %')
    expect(both).toMatch(/│ volume\n/)
    expect(linesOf(both).at(-1)).toMatch(/^11-20 00:00 .*UTC$/)
  })

  test('labels prices in order, with the CVD below, negative ones too', () => {
    const text = chart(wave.slice(0, 60), { columns: 80, colored: false })
    const labels = [...text.matchAll(/┤ +(-?[\d,.]+)/g)].map(([, n]) => Number(n.replace(',', '')))
    expect(labels.length).toBe(8)
    const prices = labels.slice(0, 6)
    expect([...prices].sort((a, b) => b - a)).toEqual(prices)
    expect(prices[0]).toBeLessThanOrEqual(121)
    expect(prices[5]).toBeGreaterThanOrEqual(79)
    expect(labels[6]).toBeGreaterThan(30)
    expect(labels[7]).toBeLessThan(-10)
  })

  test('stands prices that never move, tiny ones, and huge ones', () => {
    for (const price of [1, 1e-8, 64_157.12, 1e12]) {
      const still = [0, 1, 2].map((i) =>
        candle(i, price, price, { low: price, high: price, volume: 0, delta: 0, cvd: 0 }),
      )
      const text = chart(still, { columns: 80, colored: false })
      expect(text).not.toMatch(/NaN|Infinity|undefined/)
      expect(text).toContain('║')
    }
  })
})
