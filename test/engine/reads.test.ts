import { type Candle, type EngineError, type Pair, Side, TickEngine } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { T0, withDir, withEngine } from '../support/engine-dir.js'

// Reads that combine what is stored with what is in memory: of one moment, whatever goes on.

const MINUTE = 60e6
const DAY = 86_400e6

describe('candles()', () => {
  test('fill goes back from the newest, and ends at its limit', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A') as Pair
      const old = T0 - 13 * 365 * DAY
      pair.trade(old, 50, 1, Side.Buy, 1)
      pair.trade(T0, 100, 1, Side.Buy, 2)
      const range = { fill: 'previous', limit: 3, includeOpen: true } as const
      const rows = await pair.candles('1m', range)
      expect(rows.map(({ timestamp, close, trades }) => [timestamp, close, trades])).toEqual([
        [T0 - 2 * MINUTE, 50, 0],
        [T0 - MINUTE, 50, 0],
        [T0, 100, 1],
      ])
      const all = pair.candles('1m', { fill: 'zero', includeOpen: true })
      await expect(all).rejects.toMatchObject({
        code: 'BAD_ARGUMENT',
        message: expect.stringContaining('give limit, or from and to'),
      })
      const days = await pair.candles('1d', { fill: 'zero', includeOpen: true })
      expect(days.length).toBe(13 * 365 + 1)
    })
  })

  test('are in order and whole while ticks come in', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A') as Pair
      let sent = 0
      let going = true
      const feeding = (async () => {
        while (going) {
          for (let n = 0; n < 60; n++) {
            pair.trade(T0 + sent * 2e6, 100 + (sent % 7), 1, (sent % 3) as Side, sent + 1)
            sent++
          }
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      })()
      let looked = 0
      while (looked < 25) {
        if (sent < 600) {
          await new Promise((resolve) => setImmediate(resolve))
          continue
        }
        const rows = await pair.candles('1m', { limit: 5, includeOpen: true })
        expect(rows.length).toBe(5)
        // The minute before may still be open for late ticks.
        expect(rows.map(({ closed }) => closed).slice(0, 3)).toEqual([true, true, true])
        expect(rows[4].closed).toBe(false)
        for (let i = 1; i < rows.length; i++) {
          expect(rows[i].timestamp).toBe(rows[i - 1].timestamp + MINUTE)
          const anew = rows[i].timestamp % DAY === 0
          const before = anew ? 0 : (rows[i - 1].cvd as number)
          expect(rows[i].cvd).toBe(before + rows[i].delta)
        }
        looked++
      }
      going = false
      await feeding
    })
  })

  test('without an anchor CVD is right while retention moves it on', async () => {
    const options = {
      clock: 'event',
      shards: 1,
      anchor: 'none',
      retention: { ticks: '1d', '1m': '2d', '5m': '2d', '15m': '2d', '1h': '3d', '1d': '5d' },
    } as const
    await withEngine(options, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A') as Pair
      let id = 0
      for (let day = 0; day < 8; day++) {
        for (let i = 0; i < 100; i++) {
          pair.trade(T0 + day * DAY + i * 800e6, 100, 1, Side.Buy, ++id)
        }
        const cleaning = engine.cleanup()
        const answers: Candle[][] = []
        let cleaned = false
        void cleaning.then(() => {
          cleaned = true
        })
        while (!cleaned) answers.push(await pair.candles('1h', { includeOpen: true }))
        answers.push(await pair.candles('1h', { includeOpen: true }))
        for (const rows of answers) {
          expect(rows.at(-1)?.cvd).toBe(id)
          for (let i = 1; i < rows.length; i++) {
            expect(rows[i].cvd).toBe((rows[i - 1].cvd as number) + rows[i].delta)
          }
        }
      }
    })
  })
})

test('many ticks of one time: the last of them is the last', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A') as Pair
    for (let i = 1; i <= 50_000; i++) {
      pair.trade(T0, 100, 1, Side.Buy, i)
      if (i % 10_000 > 0) continue
      expect((await pair.last())?.tradeId).toBe(i)
      const newest = await pair.recentTicks({ limit: 3 })
      expect(newest.map(({ tradeId }) => tradeId)).toEqual([i - 2, i - 1, i])
    }
  })
})

test('cvd() over ticks that are kept longer than their minutes', async () => {
  const options = { clock: 'event', shards: 1, retention: { ticks: 'off', '1m': '2d' } } as const
  await withDir(async (dataDir) => {
    const engine = await TickEngine.open({ dataDir, ...options })
    const pair = engine.pair('venue', 'spot', 'A') as Pair
    const count = 4000
    for (let i = 0; i < count; i++) pair.trade(T0 + i * 180e6, 100, 1, Side.Buy, i + 1)
    const before = await pair.cvd({ lookback: '8d' })
    await engine.cleanup()
    const { cvd, trades } = await pair.cvd({ lookback: '8d' })
    expect([cvd, trades]).toEqual([before.cvd, before.trades])
    expect(trades).toBe(Math.floor((8 * DAY) / 180e6))
    // A late tick of a minute that is gone changes nothing of what is kept above it.
    const day = await pair.candles('1d', { to: T0 + DAY })
    pair.trade(T0 + 30e6, 5000, 9, Side.Sell, 999_999)
    await engine.flush({ stored: true })
    expect(await pair.candles('1d', { to: T0 + DAY })).toEqual(day)
    expect(await pair.stats()).toMatchObject({ tooLate: 1 })
    await engine.close()
    expect((await verify(dataDir)).problems).toEqual([])
  })
})

test('verify is silent over late ticks behind retention, huge volumes, and text ids that come again', async () => {
  await withDir(async (dataDir) => {
    const engine = await TickEngine.open({
      dataDir,
      shards: 1,
      clock: 'event',
      retention: { ticks: '20m', '1m': '2d', '5m': '2d', '15m': '2d', '1h': '3d', '1d': '5d' },
    })
    const late = engine.pair('venue', 'spot', 'LATE') as Pair
    for (let i = 0; i < 600; i++) late.trade(T0 + i * 10e6, 100, 1, Side.Buy, i + 1)
    await engine.cleanup()
    late.trade(T0 + 12 * MINUTE, 90, 1, Side.Sell, 10_000)
    const huge = engine.pair('venue', 'spot', 'PEPE') as Pair
    for (let i = 0; i < 3000; i++) {
      const volume = Math.round(((i * 7919) % 5e9) / 10) / 10 + 4e8
      huge.trade(T0 + i * 1e6, 1e-5, volume, (i % 3) as Side, i + 1)
    }
    const text = engine.pair('venue', 'spot', 'TEXT', { tradeIds: 'text' })
    for (let i = 0; i < 66_000; i++) {
      text.trade(T0 + 1e9, 100, 1, Side.Buy, `id-${i}`)
      if (i % 20_000 === 0) await engine.drained()
    }
    text.trade(T0 + 1e9, 100, 1, Side.Buy, 'id-1')
    await engine.close()
    expect((await verify(dataDir)).problems).toEqual([])
  })
})

test('a question that a shard dies over twice is refused, and the engine goes on', async () => {
  const { Unanswered } = await import('../../dist/src/post/unanswered.js')
  const waiting = new Unanswered()
  const question = { type: 'question', through: 0, pair: 0, question: { ask: 'last' } } as const
  const flush = { type: 'flush', through: 0, stored: false } as const
  const asked = waiting.ask(question, () => undefined).catch((error: EngineError) => error.code)
  void waiting.ask(flush, () => undefined)
  expect(waiting.again().map(({ type }) => type)).toEqual(['question', 'flush'])
  expect(waiting.again().map(({ type }) => type)).toEqual(['flush'])
  expect(await asked).toBe('SHARD_FAILED')
})
