import { type GroupFlow, type Pair, Refusal, Side } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { T0, until, withEngine } from '../support/engine-dir.js'

describe('a group', () => {
  test('sums CVD and windows of its pairs in base units, exactly', async () => {
    await withEngine({ clock: 'event', shards: 2 }, async (engine) => {
      const spot = engine.pair('binance', 'spot', 'BTC/USDT')
      const swap = engine.pair('okx', 'swap', 'BTC/USDT:USDT', {
        volumeUnit: 'contracts',
        contractSize: 0.01,
      })
      const other = engine.pair('kraken', 'spot', 'BTC/USD', { tradeIds: 'sequential' })
      const btc = engine.group('BTC', [spot, swap, other, spot])
      expect(btc.pairs).toEqual([spot, swap, other])
      expect(btc.flow()).toBeUndefined()
      spot.trade(T0, 100, 0.1, Side.Buy, 1)
      engine.settle()
      expect(btc.flow()).toMatchObject({ group: 'BTC', cvd: 0.1, pairs: 1 })
      swap.trade(T0 + 5e6, 100, 20, Side.Buy, 1)
      other.trade(T0 + 1e6, 100, 0.7, Side.Sell, 1)
      other.trade(T0 + 70e6, 100, 0.3, Side.Sell, 2)
      engine.settle()
      const flow = btc.flow() as GroupFlow
      // 0.1 + 20 × 0.01 − 0.7 − 0.3, where floats would say −0.7000000000000001 or so.
      expect(flow).toMatchObject({ timestamp: T0 + 70e6, cvd: -0.7, pairs: 3 })
      expect(flow.windows['60s']).toEqual({
        buyVolume: 0.3,
        sellVolume: 0.3,
        delta: 0,
        imbalance: 0,
        trades: 3,
      })
      expect(flow.windows['15m']).toMatchObject({ buyVolume: 0.3, sellVolume: 1, trades: 4 })
    })
  })

  test('of a pattern takes up pairs that are declared later, and posts when any of them does', async () => {
    await withEngine({ clock: 'event', shards: 2 }, async (engine) => {
      const posts: GroupFlow[] = []
      const btc = engine.group('BTC', '*:spot:BTC*')
      const stop = btc.on('flow', (flow) => posts.push(flow))
      const names = ['BTC/USDT', 'BTC/EUR', 'ETH/BTC']
      const [first, second, no] = names.map((symbol) => engine.pair('venue', 'spot', symbol))
      for (const pair of [first, second, no]) pair.trade(T0, 100, 1, Side.Buy, 1)
      await until('both are in', () => posts[posts.length - 1]?.cvd === 2)
      expect(btc.pairs.map(({ key }) => key.symbol)).toEqual(['BTC/USDT', 'BTC/EUR'])
      stop()
      expect(engine.group('all', '*').pairs.length).toBe(3)
      expect(engine.group('none', 'a.c:*').pairs).toEqual([])
    })
  })

  test('refuses what cannot be summed in base units', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const inverse = { volumeUnit: 'contracts', contractSize: 100, inverse: true } as const
      const open = (options: object, symbol: string) =>
        engine.pair('venue', 'swap', symbol, options)
      for (const [options, symbol] of [
        [inverse, 'BTC/USD:BTC'],
        [{ volumeUnit: 'quote' }, 'BTC/USDT'],
      ] as const) {
        const pair = open(options, symbol)
        expect(() => engine.group('BTC', [pair])).toThrow(
          expect.objectContaining({ code: 'UNIT_MISMATCH' }),
        )
      }
      const late = engine.group('later', 'venue:spot:*')
      engine.pair('venue', 'spot', 'X', { volumeUnit: 'quote' })
      expect(() => late.flow()).toThrow(expect.objectContaining({ code: 'UNIT_MISMATCH' }))
      expect(() => engine.group('', '')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
      expect(() => late.on('candle' as never, () => undefined)).toThrow(/posts flow alone/)
    })
  })
})

describe('tradeBatch()', () => {
  const columns = (n: number, from = 0) => ({
    timestamp: Float64Array.from({ length: n }, (_, i) => T0 + from + i),
    price: Float64Array.from({ length: n }, (_, i) => 100 + (i % 7)),
    volume: Float64Array.from({ length: n }, () => 1),
    side: Uint8Array.from({ length: n }, (_, i) => i % 3),
    tradeId: Float64Array.from({ length: n }, (_, i) => from + i),
  })

  test('is the same as trade() row by row; what a row has wrong is refused and the rest taken', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const batch = engine.pair('venue', 'spot', 'BATCH')
      const single = engine.pair('venue', 'spot', 'SINGLE')
      const given = columns(3000)
      given.price[7] = Number.NaN
      given.tradeId[9] = 1.5
      const { timestamp, price, volume, side, tradeId } = given
      const receipts: number[] = []
      for (let i = 0; i < 3000; i++) {
        receipts.push(single.trade(timestamp[i], price[i], volume[i], side[i] as Side, tradeId[i]))
      }
      const told = batch.tradeBatch(given)
      expect(told).toMatchObject({ received: 2998, refused: 2, taken: 3000 })
      expect(told.refusal).toBe(Refusal.NotFinite)
      expect(batch.durable(told.receipt + 1)).toBe(false)
      const rows = async (pair: Pair) =>
        (await pair.recentTicks({ limit: 5000 })).map(({ seq: _, ...tick }) => tick)
      expect(await rows(batch)).toEqual(await rows(single))
      expect(receipts.filter((receipt) => receipt > 0).length).toBe(2998)
      const bigs = { ...columns(2), tradeId: BigInt64Array.from([2n ** 60n, 2n ** 60n + 1n]) }
      expect(batch.tradeBatch(bigs).received).toBe(2)
    })
  })

  test('stops where the ring is full, and says how far it came', async () => {
    const tiny = { clock: 'event', shards: 1, ringSlots: 1024, overflow: 'reject' } as const
    await withEngine(tiny, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const all = columns(20_000)
      let from = 0
      let stops = 0
      while (from < 20_000) {
        const part = Object.fromEntries(
          Object.entries(all).map(([name, column]) => [name, column.subarray(from)]),
        ) as unknown as typeof all
        const { taken, refusal } = pair.tradeBatch(part)
        if (refusal !== 0) {
          expect(refusal).toBe(Refusal.RingFull)
          stops++
          await engine.drained()
        }
        from += taken
      }
      expect(stops).toBeGreaterThan(0)
      expect(await pair.stats()).toMatchObject({ stored: 20_000, duplicates: 0 })
      const text = engine.pair('venue', 'spot', 'T', { tradeIds: 'text' })
      expect(text.tradeBatch({ ...columns(2), tradeId: ['a', 'b'] }).received).toBe(2)
    })
  })

  test('refuses uneven columns by name', async () => {
    await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const uneven = { ...columns(5), side: new Uint8Array(4) }
      expect(() => pair.tradeBatch(uneven)).toThrow('timestamp=5 side=4')
      expect(() => pair.tradeBatch({} as never)).toThrow(/one length/)
      expect(pair.tradeBatch(columns(0))).toMatchObject({ received: 0, receipt: 0, taken: 0 })
      expect(pair.offered).toBe(0)
    })
  })
})
