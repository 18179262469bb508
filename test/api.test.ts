import * as tickloom from 'tickloom'
import { expect, test } from 'vitest'

test('the package exports these names, and no others', () => {
  expect(Object.keys(tickloom).sort()).toEqual([
    'EngineError',
    'INTERVALS',
    'ManualClock',
    'REFUSAL_NAMES',
    'Refusal',
    'Side',
    'TickEngine',
  ])
})

test('the constants that callers write down keep their values', () => {
  expect(tickloom.Side).toEqual({ Unknown: 0, Buy: 1, Sell: 2 })
  expect(tickloom.INTERVALS).toEqual(['1m', '5m', '15m', '1h', '1d'])
  expect(Object.values(tickloom.Refusal).every((code) => code < 0)).toBe(true)
  const named = Object.values(tickloom.Refusal).map((code) => tickloom.REFUSAL_NAMES[code])
  expect(new Set(named).size).toBe(named.length)
  expect(named.every((name) => /^[a-z-]+$/.test(name))).toBe(true)
})

test('an engine and a pair have these methods', async () => {
  const { withEngine } = await import('./support/engine-dir.js')
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    const methods = (of: object): string[] => {
      const prototype = Object.getPrototypeOf(of)
      if (prototype === Object.prototype) return []
      const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')
      return [...own, ...methods(prototype)]
    }
    expect(methods(engine).sort()).toEqual([
      'cleanup',
      'close',
      'drained',
      'find',
      'flush',
      'group',
      'health',
      'ingest',
      'on',
      'pair',
      'pairs',
      'replay',
      'settle',
      'stats',
    ])
    expect(methods(pair).sort()).toEqual([
      'candle',
      'candles',
      'cvd',
      'durable',
      'export',
      'flow',
      'gaps',
      'imbalance',
      'last',
      'noTrade',
      'on',
      'query',
      'reading',
      'readingCounts',
      'ready',
      'recentTicks',
      'refuse',
      'refused',
      'stats',
      'ticks',
      'trade',
      'tradeBatch',
      'warn',
    ])
  })
})
