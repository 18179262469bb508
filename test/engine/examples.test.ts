import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ccxt, { type Exchange } from 'ccxt'
import { type Pair, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import * as examples from '../../examples/trader.js'
import { until, withDir, withEngine } from '../support/engine-dir.js'

// The examples do what they say, against recorded messages and a venue that is made up.

test('live: trades of several markets, repeated ones once, contracts in base units', async () => {
  await withEngine({ clock: 'event', shards: 2 }, async (engine) => {
    await examples.live(engine, { fake: ['BTC/USDT', 'BTC/USDT:USDT'] })
    const spot = engine.find('fake:spot:BTC/USDT')
    const swap = engine.find('fake:swap:BTC/USDT:USDT')
    await until('all are sent', async () => (await swap.stats()).received === 60)
    expect(await spot.stats()).toMatchObject({ stored: 52, duplicates: 8, refused: 0 })
    expect((await swap.recentTicks({ limit: 1 }))[0].volume).toBe(0.03)
    expect((await spot.recentTicks({ limit: 1 }))[0].volume).toBe(3)
  })
})

test('restart: what was missed is fetched', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const btc = engine.pair('fake', 'spot', 'BTC/USDT', { tradeIds: 'sequential' })
    const Venue = (ccxt.pro as Record<string, new () => Exchange>)['fake'] as new () => Exchange
    for (const id of [1, 2, 3, 20]) {
      btc.trade((Date.UTC(2025, 2, 1) + id * 100) * 1000, 100, 1, Side.Buy, id)
    }
    const missing = await examples.restart(btc as Pair, new Venue())
    expect(missing).toMatchObject([{ firstId: 4, lastId: 19, missing: 16 }])
    expect((await btc.last())?.tradeId).toBe(60)
  })
})

test('raw, strategy, candles of a day, Parquet, and the unit test', async () => {
  await withDir(async (folder) => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const btc = engine.pair('binance', 'spot', 'BTCUSDT', { tradeIds: 'sequential' })
      const pairs = new Map<string, Pair>([['BTCUSDT', btc as Pair]])
      const from = Date.UTC(2026, 10, 19)
      for (let id = 1; id <= 48; id++) {
        const event = { e: 'trade', s: 'BTCUSDT', t: id, p: `${id}`, q: '1', m: false }
        examples.raw(pairs, JSON.stringify({ ...event, T: from + id * 1_800_000 }))
      }
      engine.settle()
      const rows = await examples.day(engine, '2026-11-19', '2026-11-20')
      // The last hour is open until the watermark passes midnight.
      expect(rows.length).toBe(23)
      expect(rows[1]).toEqual({ time: from / 1000 + 3600, open: 2, high: 3, low: 2, close: 3 })
      const file = join(folder, 'ticks.parquet')
      expect((await examples.pandas(btc as Pair, file)).rows).toBe(47)
      expect(existsSync(file)).toBe(true)
      const said: unknown[] = []
      for (let id = 49; id <= 60; id++) {
        const at = (from + 48 * 1_800_000 + id) * 1000
        said.push(examples.onTick(btc, at, 100 + id, 1, Side.Buy, id))
        engine.settle()
      }
      expect(said.length).toBe(12)
    })
  })
  expect(await examples.test()).toBe(true)
})

test('backtest: the same decisions every time', async () => {
  await withDir(async (folder) => {
    const file = join(folder, 'made.csv')
    writeFileSync(file, [...generateCsv({ pairs: 2, ticks: 3000, seed: 5 })].join(''))
    const first = await examples.backtest([file], join(folder, 'a'))
    expect(first.length).toBeGreaterThan(20)
    expect(await examples.backtest([file], join(folder, 'b'))).toEqual(first)
  })
})
