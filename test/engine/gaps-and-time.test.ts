import { type Candle, type GapEvent, type RejectEvent, Side } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, until, withDir, withEngine } from '../support/engine-dir.js'

const MINUTE = 60e6

describe('gaps of sequential ids', () => {
  test('are opened, survive a reopening, and are closed by a backfill that revises its candles', async () => {
    await withDir(async (dataDir) => {
      const options = { dataDir, clock: 'event', shards: 2 } as const
      const told: GapEvent[] = []
      const tick = (id: number) => [T0 + id * MINUTE, 100 + id, 1, Side.Buy, id] as const
      await opened(options, async (engine) => {
        engine.on('gap', (gap) => told.push(gap))
        const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
        for (const id of [1, 2, 5, 6, 9]) pair.trade(...tick(id))
        expect(await pair.gaps({ open: true })).toMatchObject([
          { firstId: 3, lastId: 4, missing: 2 },
        ])
        pair.trade(...tick(10))
        expect(await pair.gaps()).toMatchObject([
          { firstId: 3, lastId: 4, missing: 2, closed: false },
          { firstId: 7, lastId: 8, missing: 2, closed: false },
        ])
        await until('gaps told', () => told.length === 2)
      })
      await opened({ ...options, shards: 1 }, async (engine) => {
        engine.on('gap', (gap) => told.push(gap))
        const revised: Candle[] = []
        engine.on('candle', (candle) => revised.push(candle))
        const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
        for (const id of [4, 3]) pair.trade(...tick(id))
        expect(await pair.gaps({ open: false })).toMatchObject([
          { firstId: 3, missing: 0, closed: true },
        ])
        expect(await pair.gaps({ open: true })).toMatchObject([{ firstId: 7, missing: 2 }])
        expect((await pair.candles('5m', { includeOpen: true })).map((c) => c.trades)).toEqual([
          4, 3, 1,
        ])
        await until('the gap is told closed', () => told.some((gap) => gap.closed))
        expect((await pair.stats()).gaps).toBe(1)
      })
    })
  })

  test('of a quiet market are opened by the clock, told beside busier pairs, and stored', async () => {
    await withDir(async (dataDir) => {
      await opened({ dataDir, shards: 1, retention: 'off' }, async (engine) => {
        const told: GapEvent[] = []
        engine.on('gap', (gap) => told.push(gap))
        engine.on('candle', () => undefined)
        const now = Date.now() * 1000
        const quiet = engine.pair('venue', 'spot', 'QUIET', { tradeIds: 'sequential' })
        const busy = engine.pair('venue', 'spot', 'BUSY', { tradeIds: 'sequential' })
        for (const id of [1, 2, 5]) quiet.trade(now + id, 1, 1, Side.Buy, id)
        // A candle event of the other pair, behind the quiet one's last slot.
        for (const id of [1, 2, 3]) busy.trade(now - (4 - id) * MINUTE, 1, 1, Side.Buy, id)
        await engine.flush({ stored: true })
        await until('the gap is told', () => told.length > 0)
        expect(told).toMatchObject([
          { pair: 'venue:spot:QUIET', firstId: 3, lastId: 4, missing: 2 },
        ])
        expect(await quiet.gaps()).toMatchObject([{ firstId: 3, lastId: 4 }])
      })
      const path = filePath(dataDir, 'venue', 'spot', 'QUIET')
      expect(await sql(path, 'SELECT first_id, last_id FROM gaps')).toEqual([
        { first_id: 3, last_id: 4 },
      ])
    })
  })

  test('an id that comes again with a newer time is a venue’s reset: accepted, counted, told', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const told: RejectEvent[] = []
      engine.on('reject', (event) => told.push(event))
      const pair = engine.pair('venue', 'spot', 'A')
      for (let id = 1; id <= 5; id++) pair.trade(T0 + id, 1, 1, Side.Buy, id)
      pair.trade(T0 + MINUTE, 1, 1, Side.Buy, 1)
      pair.trade(T0 + MINUTE + 1, 1, 1, Side.Buy, 2)
      pair.trade(T0 + MINUTE, 1, 1, Side.Buy, 1)
      expect(await pair.stats()).toMatchObject({ stored: 7, duplicates: 1, idResets: 1 })
      await until('the reset is told', () => told.length === 1)
      expect(told[0].reason).toBe('id_reset')
    })
  })
})

describe('the wall clock', () => {
  test('closes the candles of a quiet market', async () => {
    await withEngine({ shards: 1 }, async (engine) => {
      const closed: Candle[] = []
      const pair = engine.pair('venue', 'spot', 'A')
      pair.on('candle', '1m', (candle) => closed.push(candle))
      // Near the end of a minute, which the clock records pass.
      const minute = Math.floor((Date.now() * 1000) / MINUTE - 1) * MINUTE
      pair.trade(minute + MINUTE - 1_000_000, 100, 2, Side.Buy, 1)
      await until('the candle is closed', () => closed.length === 1)
      // What is closed is open no more, also where no tick has come since.
      await until('no candle is open', () => pair.candle('1m') === undefined)
      expect(closed[0]).toMatchObject({ timestamp: minute, trades: 1, volume: 2, revision: 0 })
    })
  })

  test('future ticks are set aside, late ones revise, older than the candles kept go to late_ticks', async () => {
    await withDir(async (dataDir) => {
      const rejects: RejectEvent[] = []
      const late: boolean[] = []
      await opened({ dataDir, shards: 1, retention: { '1m': '2d' } }, async (engine) => {
        engine.on('reject', (event) => rejects.push(event))
        engine.on('late', (event) => late.push(event.revised))
        const pair = engine.pair('venue', 'spot', 'A')
        const now = Date.now() * 1000
        pair.trade(now, 100, 1, Side.Buy, 1)
        pair.trade(now + 60 * MINUTE, 100, 1, Side.Buy, 2)
        pair.trade(now - 60 * MINUTE, 100, 1, Side.Sell, 3)
        pair.trade(now - 3 * 1440 * MINUTE, 100, 1, Side.Sell, 4)
        pair.trade(now, -1, 1, Side.Buy, 5)
        pair.trade(now, 1, -1, Side.Buy, 6)
        expect(await pair.stats()).toMatchObject({
          received: 6,
          stored: 2,
          rejected: 3,
          tooLate: 1,
          late: 1,
          duplicates: 0,
        })
        await until('events', () => rejects.length === 3 && late.length === 2)
        expect(rejects.map((event) => event.reason)).toEqual(['future', 'price', 'volume'])
        expect(late).toEqual([true, false])
        await expect(pair.recentTicks({ to: now - 30 * MINUTE })).rejects.toMatchObject({
          code: 'BEYOND_RETENTION',
        })
        await expect(pair.candles('1m', { to: now - 3 * 1440 * MINUTE })).rejects.toMatchObject({
          code: 'BEYOND_RETENTION',
        })
      })
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      expect(await sql(path, 'SELECT trade_id, reason FROM rejected_ticks ORDER BY seq')).toEqual([
        { trade_id: 2, reason: 'future' },
        { trade_id: 5, reason: 'price' },
        { trade_id: 6, reason: 'volume' },
      ])
      expect(await sql(path, 'SELECT trade_id FROM late_ticks')).toEqual([{ trade_id: 4 }])
    })
  })

  test('one future tick first in a session is set aside, and deletes nothing', async () => {
    await withEngine({ shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const now = Date.now() * 1000
      pair.trade(now + 50 * MINUTE, 100, 1, Side.Buy, 1)
      for (let i = 0; i < 100; i++) pair.trade(now - 1e6 + i * 1000, 100, 1, Side.Buy, 2 + i)
      expect(await pair.stats()).toMatchObject({ stored: 100, rejected: 1, late: 0 })
      await engine.cleanup()
      expect((await pair.recentTicks({ to: now })).length).toBe(100)
    })
  })

  test('a wall clock that is behind shuts no venue out: ticks that agree are believed', async () => {
    await withEngine({ shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const venue = Date.now() * 1000 + 60 * MINUTE
      for (let i = 0; i < 50; i++) pair.trade(venue + i * 100_000, 100, 1, Side.Buy, i)
      // One from the venue's future is none of them.
      pair.trade(venue + 30 * MINUTE, 100, 1, Side.Buy, 50)
      pair.trade(venue + 5e6, 100, 1, Side.Buy, 51)
      expect(await pair.stats()).toMatchObject({ stored: 49, rejected: 3, late: 0 })
    })
  })

  test('cleanup() takes ticks beyond their horizon and leaves candles and CVD alone', async () => {
    await withEngine({ shards: 2 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const now = Date.now() * 1000
      for (let i = 0; i < 60; i++) pair.trade(now - (60 - i) * MINUTE, 100, 1, Side.Buy, i)
      const before = await pair.candles('1m', { includeOpen: true })
      await engine.cleanup()
      const ticks = await pair.recentTicks()
      // Exchange time is that of the newest tick, a minute ago, and what has passed since then.
      const horizon = now - MINUTE - 15 * MINUTE
      const passed = Date.now() * 1000 - now
      const times = ticks.map(({ timestamp }) => timestamp)
      const mustBe = Array.from({ length: 60 }, (_, i) => now - (60 - i) * MINUTE)
      expect(times).toEqual(mustBe.filter((time) => time >= times[0]))
      expect(times[0]).toBeGreaterThanOrEqual(horizon)
      expect(times[0]).toBeLessThan(horizon + passed + MINUTE)
      expect(await pair.candles('1m', { includeOpen: true })).toEqual(before)
      expect(await pair.stats()).toMatchObject({ stored: 60, cvd: 60 })
    })
  })
})

describe('candles()', () => {
  test('fills, bounds and limits as it says', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      for (const [i, minute] of [0, 1, 4, 5, 9].entries()) {
        pair.trade(T0 + minute * MINUTE, 100 + minute, 1 + i, i % 2 === 0 ? Side.Buy : Side.Sell, i)
      }
      const minutes = (candles: Candle[]) => candles.map((c) => (c.timestamp - T0) / MINUTE)
      expect(minutes(await pair.candles('1m'))).toEqual([0, 1, 4, 5])
      const all = await pair.candles('1m', { includeOpen: true })
      expect(minutes(all)).toEqual([0, 1, 4, 5, 9])
      expect(all.map((c) => c.closed)).toEqual([true, true, true, true, false])
      expect(all.map((c) => c.cvd)).toEqual([1, -1, 2, -2, 3])
      expect(minutes(await pair.candles('1m', { limit: 2 }))).toEqual([4, 5])
      expect(minutes(await pair.candles('1m', { limit: 2, includeOpen: true }))).toEqual([5, 9])
      const bounded = { from: T0 + MINUTE, to: T0 + 5 * MINUTE }
      expect(minutes(await pair.candles('1m', bounded))).toEqual([1, 4])
      expect((await pair.candles('1m', bounded)).map((c) => c.cvd)).toEqual([-1, 2])
      const previous = await pair.candles('1m', { ...bounded, fill: 'previous' })
      expect(minutes(previous)).toEqual([1, 2, 3, 4])
      expect(previous.map((c) => c.close)).toEqual([101, 101, 101, 104])
      expect(previous.map((c) => c.volume)).toEqual([2, 0, 0, 3])
      const zero = await pair.candles('1m', { fill: 'zero', includeOpen: true, limit: 4 })
      expect(minutes(zero)).toEqual([6, 7, 8, 9])
      expect(zero.map((c) => c.close)).toEqual([0, 0, 0, 109])
      expect(minutes(await pair.candles('1m', { at: T0 + 4 * MINUTE + 1 }))).toEqual([0, 1])
      await expect(pair.candles('2m' as never)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
      await expect(pair.candles('1m', { limit: 0 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
      await expect(pair.candles('1m', { from: T0 + 1, to: T0 })).rejects.toMatchObject({
        code: 'BAD_ARGUMENT',
      })
    })
  })

  test('CVD starts anew at midnight also where the minute after it is empty', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const midnight = T0 + 1440 * MINUTE
      pair.trade(midnight - 2 * MINUTE, 100, 1, Side.Buy, 1)
      pair.trade(midnight + 3 * MINUTE, 100, 2, Side.Buy, 2)
      for (const fill of ['previous', 'zero'] as const) {
        const candles = await pair.candles('1m', { fill, includeOpen: true })
        expect(candles.map((candle) => candle.cvd)).toEqual([1, 1, 0, 0, 0, 2])
      }
    })
  })

  test('cvd() and imbalance() end behind the newest tick, or before `at`', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const sides = [Side.Buy, Side.Sell, Side.Unknown]
      for (let i = 0; i < 60; i++) pair.trade(T0 + i * 1e6, 100, (i + 1) / 10, sides[i % 3], i)
      const units = (from: number, to: number, side: number) => {
        let sum = 0
        for (let i = from; i < to; i++) if (sides[i % 3] === side) sum += i + 1
        return sum
      }
      const ten = await pair.cvd({ lookback: '10s' })
      expect(ten).toMatchObject({ to: T0 + 59e6 + 1, trades: 10 })
      expect(ten.cvd).toBe((units(50, 60, 1) - units(50, 60, 2)) / 10)
      const at = await pair.imbalance({ window: '10s', at: T0 + 30e6 })
      const [buy, sell] = [units(20, 30, 1), units(20, 30, 2)]
      expect(at).toMatchObject({ from: T0 + 20e6, to: T0 + 30e6, trades: 10 })
      expect(at.imbalance).toBeCloseTo((buy - sell) / (buy + sell), 14)
      expect((await pair.imbalance({ window: '10s', at: T0 - 60e6 })).imbalance).toBe(0)
    })
  })
})
