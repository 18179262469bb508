import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MARKETS,
  type PairKey,
  pairFromPath,
  pairKey,
  pairPath,
  parsePairName,
} from '../../dist/src/model/pair-key.js'
import { runs } from '../support/seed.js'

const RUNS = 10_000

// Names as venues make them, near each other on purpose, and anything else a string can hold.
const nearby = fc
  .array(
    fc.constantFrom(
      ...['BTC', 'btc', 'Btc', '/', ':', '-', '%', '%25', '%2F', '.', '..', ' ', '\\', '0.3'],
      ...['CON', 'con', 'NUL', 'COM1', '.TXT', 'é', 'e\u0301', 'ß', 'SS', 'İ', 'ı', '🚀', '\ud800'],
      ...['\0', '\n', '\u00a0', '\ufeff', '~', '$', '*', '?', '"', '<', '|', '_'],
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))
const symbols = fc.oneof(
  nearby,
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((codes) => {
    return String.fromCharCode(...codes)
  }),
)
const exchanges = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('binance', 'kraken', 'uniswap-v3', 'gate.io') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('con', 'nul.x', 'Binance', '..', 'journal', 'a/b', 'a:b'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 70 }) },
)
const markets = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<string>(...MARKETS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
)

function accepted(exchange: string, market: string, symbol: string): PairKey | undefined {
  try {
    return pairKey(exchange, market, symbol)
  } catch (error) {
    expect(error).toMatchObject({ name: 'EngineError', code: 'BAD_NAME' })
    return undefined
  }
}

describe('names', () => {
  it('come back from text and folders, or are refused; no two share a folder', () => {
    const owners = new Map<string, string>()
    let kept = 0
    fc.assert(
      fc.property(exchanges, markets, symbols, (exchange, market, symbol) => {
        const key = accepted(exchange, market, symbol)
        if (key === undefined) return
        kept++
        expect(parsePairName(key.name)).toEqual(key)
        const path = pairPath(key)
        expect(pairFromPath(path)).toEqual(key)
        for (const segment of path) {
          expect(segment).toMatch(/^[A-Za-z0-9%_-][A-Za-z0-9%._-]*$/)
          expect(segment).not.toMatch(/\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
          expect(segment.length).toBeLessThanOrEqual(200)
        }
        const folder = path.join('/').toLowerCase()
        expect(owners.get(folder) ?? key.name).toBe(key.name)
        owners.set(folder, key.name)
      }),
      runs(RUNS),
    )
    // The names above are not all refused.
    expect(kept).toBeGreaterThan(RUNS / 4)
  })

  it('are found from folders only where those are the ones written', () => {
    const segment = fc.oneof(symbols, fc.stringMatching(/^(%[0-9A-Fa-f]{2}|[A-Za-z.]){0,8}$/))
    fc.assert(
      fc.property(exchanges, markets, segment, (exchange, market, folder) => {
        const key = pairFromPath([exchange, market, folder])
        if (key !== undefined) expect(pairPath(key)).toEqual([exchange, market, folder])
      }),
      runs(RUNS),
    )
  })

  it('are split at the first two colons and nowhere else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        let key: PairKey | undefined
        try {
          key = parsePairName(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_NAME' })
        }
        if (key !== undefined) expect(key.name).toBe(text)
      }),
      runs(2000),
    )
  })
})
