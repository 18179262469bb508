import { existsSync } from 'node:fs'
import { type Candle, ManualClock, Side, TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { until } from '../support/engine-dir.js'

// An engine for unit tests: time moves when it is told to, and nothing is left on disk.

const START = Date.UTC(2026, 10, 20) * 1000

test('a strategy test: a tick, a minute, its candle', async () => {
  const clock = new ManualClock('2026-11-20T00:00:00Z')
  const engine = await TickEngine.open({ dataDir: ':memory:', clock })
  try {
    const btc = engine.pair('test', 'spot', 'BTC')
    btc.trade(clock.now(), 100, 1, Side.Buy)
    clock.advance('59s')
    engine.settle()
    expect(await btc.candles('1m')).toEqual([])
    expect(btc.candle('1m')).toMatchObject({ timestamp: START, close: 100, closed: false })
    clock.advance('2s')
    engine.settle()
    expect(await btc.candles('1m')).toMatchObject([{ timestamp: START, close: 100, trades: 1 }])
    expect(btc.candle('1m')).toBeUndefined()
  } finally {
    await engine.close()
  }
})

test('age checks, late ticks and retention follow the clock that was given', async () => {
  const clock = new ManualClock('2026-11-20')
  const retention = { ticks: '30m', '1m': '2d' }
  const engine = await TickEngine.open({ dataDir: ':memory:', clock, shards: 2, retention })
  try {
    const closed: Candle[] = []
    engine.on('candle', (candle) => closed.push(candle))
    const pair = engine.pair('test', 'spot', 'BTC')
    pair.trade(clock.now(), 100, 1, Side.Buy)
    pair.trade(clock.now() + 6e6, 100, 1, Side.Buy)
    clock.advance('1h')
    pair.trade(clock.now(), 101, 1, Side.Sell)
    pair.trade(clock.now() - 3600e6, 102, 1, Side.Buy)
    clock.set('2026-11-20T01:30:00Z')
    engine.settle()
    expect(await pair.stats()).toMatchObject({ stored: 3, rejected: 1, late: 1 })
    expect(pair.candle('1d')).toMatchObject({ open: 100, high: 102, close: 101, trades: 3 })
    await until('candles', () => closed.some((candle) => candle.interval === '15m'))
    expect((await pair.recentTicks({ from: START })).length).toBe(3)
    await engine.cleanup()
    expect((await pair.recentTicks()).length).toBe(1)
    expect(() => clock.set('2026-11-20')).toThrow(/a clock moves on/)
    expect(() => clock.advance('soon')).toThrow(/duration must be/)
  } finally {
    await engine.close()
  }
})

test('any clock with now() will do', async () => {
  let us = START
  const engine = await TickEngine.open({ dataDir: ':memory:', clock: { now: () => us } })
  try {
    const pair = engine.pair('test', 'spot', 'BTC')
    for (let i = 0; i < 5; i++) {
      expect(pair.trade(us, 100 + i, 1, Side.Buy, i)).toBeGreaterThan(0)
      us += 30e6
      // A clock record goes before the next tick of a later second.
      await engine.flush()
    }
    expect((await pair.candles('1m')).map((candle) => candle.close)).toEqual([101])
  } finally {
    await engine.close()
  }
})

test('in memory: two engines do not meet, and nothing is left when they are closed', async () => {
  const engines = await Promise.all(
    [1, 2].map(() => TickEngine.open({ dataDir: ':memory:', clock: 'event' })),
  )
  const faults: string[] = []
  for (const [i, engine] of engines.entries()) {
    engine.on('fault', (fault) => faults.push(fault.message))
    engine.pair('test', 'spot', 'BTC').trade(START, i + 1, 1, Side.Buy, 1)
  }
  const prices = await Promise.all(
    engines.map(async (engine) => (await engine.pair('test', 'spot', 'BTC').last())?.price),
  )
  expect(prices).toEqual([1, 2])
  await Promise.all(engines.map((engine) => engine.close()))
  expect(faults).toEqual([])
  expect(existsSync(':memory:')).toBe(false)
})
