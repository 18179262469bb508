import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type GenerateOptions, generateCsv } from '../../dist/src/feeds/generate.js'

// Made trades: the same bytes for the same seed, and like a market's in what matters.

function rowsOf(options: GenerateOptions) {
  const [header, ...lines] = [...generateCsv(options)].join('').trimEnd().split('\n')
  const names = header.split(',')
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((value, i) => [names[i], value])),
  )
}

const BASE = { pairs: 3, ticks: 20_000, seed: 5 }

describe('the generator', () => {
  test('makes the same bytes of the same seed, everywhere', () => {
    const text = (seed: number) => [...generateCsv({ pairs: 3, ticks: 5000, seed })].join('')
    expect(text(5)).toBe(text(5))
    expect(text(5)).not.toBe(text(6))
    const hash = createHash('sha256').update(text(5)).digest('hex')
    expect(hash.slice(0, 16)).toMatchInlineSnapshot(`"ddaed13548a680fd"`)
  })

  test('made the sample as its README says', () => {
    const samples = fileURLToPath(new URL('../../data/samples/', import.meta.url))
    const words = /--pairs (\d+) --ticks (\d+) --seed (\d+)/.exec(
      readFileSync(`${samples}README.md`, 'utf8'),
    )
    const [pairs, ticks, seed] = (words ?? []).slice(1).map(Number)
    const made = [...generateCsv({ pairs, ticks, seed })].join('')
    expect(gunzipSync(readFileSync(`${samples}sample.csv.gz`)).toString()).toBe(made)
  })

  test('looks like a market', () => {
    const rows = rowsOf(BASE)
    expect(rows.length).toBe(BASE.ticks)
    const bySymbol = group(rows)
    expect(bySymbol.size).toBe(3)
    for (const own of bySymbol.values()) {
      const ids = own.map((r) => Number(r['id']))
      expect(ids.every((id, i) => i === 0 || id === ids[i - 1] + 1)).toBe(true)
      expect(own.every((r) => Number(r['price']) > 0 && Number(r['amount']) > 0)).toBe(true)
      const same = own.filter((r, i) => i > 0 && r['side'] === own[i - 1]['side']).length
      expect(same / own.length).toBeGreaterThan(0.65)
    }
    const times = rows.map((r) => Number(r['timestamp']))
    expect(times.every((t, i) => i === 0 || t >= times[i - 1])).toBe(true)
    const hours = (times[times.length - 1] - times[0]) / 3600e6
    expect(hours).toBeGreaterThan(5)
    expect(hours).toBeLessThan(7)
    // Clustered: waits vary far more than those of a process without memory, for which this is 1.
    const waits = times.slice(1).map((t, i) => t - times[i])
    const mean = waits.reduce((a, b) => a + b, 0) / waits.length
    const variance = waits.reduce((sum, w) => sum + (w - mean) ** 2, 0) / waits.length
    expect(variance / mean ** 2).toBeGreaterThan(1.5)
  })

  test('spoils rows on demand, and leaves the trades what they are', () => {
    const clean = new Set(rowsOf(BASE).map((r) => JSON.stringify(r)))
    const rows = rowsOf({ ...BASE, duplicates: 0.05, disorderMs: 300, gaps: 0.001, bad: 0.01 })
    const good = rows.filter((r) => r['id'] !== '')
    const texts = good.map((r) => JSON.stringify(r))
    expect(texts.every((text) => clean.has(text))).toBe(true)
    const unique = new Set(texts).size
    expect(texts.length - unique).toBeGreaterThan(BASE.ticks * 0.03)
    expect(BASE.ticks - unique).toBeGreaterThan(50)
    expect(rows.length - good.length).toBeGreaterThan(BASE.ticks * 0.005)
    const times = good.map((r) => Number(r['timestamp']))
    expect(times.some((t, i) => i > 0 && t < times[i - 1])).toBe(true)
  })

  test('refuses what makes no sense', () => {
    const make = (options: Partial<GenerateOptions>) => () => [
      ...generateCsv({ ...BASE, ...options }),
    ]
    expect(make({ pairs: 0 })).toThrow(/pairs must be/)
    expect(make({ ticks: 1.5 })).toThrow(/ticks must be/)
    expect(make({ seed: -1 })).toThrow(/seed must be/)
    expect(make({ duplicates: 2 })).toThrow(/duplicates must be/)
  })
})

function group(rows: Record<string, string>[]): Map<string, Record<string, string>[]> {
  const groups = new Map<string, Record<string, string>[]>()
  for (const row of rows) {
    const own = groups.get(row['symbol'])
    if (own === undefined) groups.set(row['symbol'], [row])
    else own.push(row)
  }
  return groups
}
