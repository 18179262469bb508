import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Flow, type Pair, Refusal, Side, TickEngine } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, until, withDir, withEngine } from '../support/engine-dir.js'

// An id that is of no trade: known, and nothing else. A caller says so, or a price or volume of 0 does.

const EVENT = { shards: 1, clock: 'event' } as const
const SEQUENTIAL = { tradeIds: 'sequential' } as const
const MINUTE = 60e6

const COUNTS = ['received', 'stored', 'duplicates', 'rejected', 'tooLate', 'noTrades'] as const
function countsOf(stats: Record<(typeof COUNTS)[number], number>): number[] {
  const [received, ...kept] = COUNTS.map((name) => stats[name])
  expect(kept.reduce((sum, count) => sum + count)).toBe(received)
  return kept
}

const unnamed = <T extends { pair?: string }>({ pair: _, ...rest }: T) => rest

/** What an engine says of the pair, but for its name and sequences: all that trades can change. */
async function seen(pair: Pair) {
  const { firstTimestamp, lastTimestamp, late, stored } = await pair.stats()
  return {
    candles: (await pair.candles('1m', { includeOpen: true })).map(unnamed),
    closed: (await pair.candles('1m')).map(unnamed),
    flow: unnamed({ ...(pair.flow() as Flow), seq: 0, receipt: 0 }),
    cvd: await pair.cvd({ lookback: '15m' }),
    imbalance: await pair.imbalance({ window: '60s' }),
    ticks: (await pair.recentTicks()).map((tick) => ({ ...tick, seq: 0 })),
    stats: { firstTimestamp, lastTimestamp, late, stored },
  }
}

describe('an id of no trade', () => {
  test('is no gap, no row and no candle, and moves nothing', async () => {
    await withEngine(EVENT, async (engine) => {
      const [plain, mixed] = ['PLAIN', 'MIXED'].map((symbol) =>
        engine.pair('venue', 'spot', symbol, SEQUENTIAL),
      )
      for (let id = 1; id <= 60; id++) {
        const at = T0 + id * 7e6
        const nothing = id % 4 === 0
        if (nothing) {
          // In its own time, far ahead, and long ago: no clock moves.
          const when = [at, at + 100 * MINUTE, at - 100 * MINUTE][(id / 4) % 3]
          if (id % 12 === 0) mixed.trade(when, 0, 0, Side.Unknown, id)
          else if (id % 12 === 4) mixed.trade(when, 100, 0, Side.Buy, id)
          else expect(mixed.noTrade(when, id, when)).toBeGreaterThan(0)
          continue
        }
        for (const pair of [plain, mixed]) pair.trade(at, 100 + id, id / 8, Side.Buy, id)
      }
      await engine.flush({ stored: true })
      expect(await seen(mixed as unknown as Pair)).toEqual(await seen(plain as unknown as Pair))
      expect(countsOf(await mixed.stats())).toEqual([45, 0, 0, 0, 15])
      expect(countsOf(await plain.stats())).toEqual([45, 0, 0, 0, 0])
      expect(countsOf(engine.stats())).toEqual([90, 0, 0, 0, 15])
    })
  })

  test('leaves no gap behind, where one that never came does', async () => {
    await withDir(async (dataDir) => {
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', SEQUENTIAL)
        for (const id of [1, 2, 5, 6, 9]) pair.trade(T0 + id * MINUTE, 1, 1, Side.Buy, id)
        // 7 was missing, and is of no trade; 8 is told by a trade of nothing; 3 and 4 are missing.
        pair.noTrade(T0 + 7 * MINUTE, 7)
        pair.trade(T0 + 8 * MINUTE, 0, 0, Side.Unknown, 8)
        // The highest id of all is of none.
        pair.noTrade(T0 + 10 * MINUTE, 10)
        pair.trade(T0 + 11 * MINUTE, 1, 1, Side.Buy, 11)
        pair.trade(T0 + 12 * MINUTE, 1, 1, Side.Buy, 12)
      })
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.find('venue:spot:A')
        const gaps = await pair.gaps()
        expect(gaps.map(({ firstId, lastId, closed }) => [firstId, lastId, closed])).toEqual([
          [3, 4, false],
        ])
        pair.noTrade(T0 + 3 * MINUTE, 3)
        pair.noTrade(T0 + 4 * MINUTE, 4)
        expect((await pair.gaps()).map(({ closed }) => closed)).toEqual([true])
      })
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      expect(await sql(path, 'SELECT trade_id FROM ticks ORDER BY trade_id')).toEqual(
        [1, 2, 5, 6, 9, 11, 12].map((trade_id) => ({ trade_id })),
      )
      expect(await sql(path, 'SELECT * FROM rejected_ticks')).toEqual([])
    })
  })

  test('that comes again is a duplicate, over a restart and in a quiet market too', async () => {
    await withDir(async (dataDir) => {
      for (const [session, expected] of [
        [1, [2, 2, 0, 0, 2]],
        [2, [0, 4, 0, 0, 0]],
      ] as const) {
        await opened({ dataDir, ...EVENT }, async (engine) => {
          const pair = engine.pair('venue', 'spot', 'A', SEQUENTIAL)
          for (const id of [1, 2]) pair.trade(T0 + id, 1, 1, Side.Buy, id)
          // An hour later, so that nothing but itself is as new as it.
          for (const id of session === 1 ? [3, 4, 3, 4] : [3, 4]) pair.noTrade(T0 + 60 * MINUTE, id)
          expect(countsOf(await pair.stats())).toEqual(expected)
          expect(await pair.stats()).toMatchObject({ idResets: 0 })
          expect(pair.flow()?.timestamp ?? T0 + 2).toBe(T0 + 2)
        })
      }
    })
  })

  test('without an id a trade of nothing is bad data, and noTrade() is counted all the same', async () => {
    await withEngine(EVENT, async (engine) => {
      const none = engine.pair('venue', 'spot', 'NONE', { tradeIds: 'none' })
      const some = engine.pair('venue', 'spot', 'SOME')
      none.trade(T0, 0, 0, Side.Buy)
      none.trade(T0, 1, 0, Side.Buy)
      none.noTrade(T0)
      some.trade(T0, 0, 5, Side.Buy)
      some.noTrade(T0)
      // Bad in another way: an id does not make it good.
      some.trade(T0, 0, -5, Side.Buy, 1)
      some.trade(T0, -1, 5, Side.Buy, 2)
      some.trade(T0, 0, 5, Side.Buy, 3)
      some.trade(T0, -1, 0, Side.Buy, 4)
      await engine.flush()
      expect(countsOf(await none.stats())).toEqual([0, 0, 2, 0, 1])
      expect(countsOf(await some.stats())).toEqual([0, 0, 3, 0, 3])
    })
  })

  test('is refused as a trade is: a bad id, a time in another unit, a closed engine', async () => {
    const engine = await TickEngine.open({ dataDir: ':memory:', ...EVENT })
    const pair = engine.pair('venue', 'spot', 'A') as unknown as Pair
    const text = engine.pair('venue', 'spot', 'T', { tradeIds: 'text' })
    expect(pair.noTrade(T0, 1.5)).toBe(Refusal.IdNotExact)
    expect(pair.noTrade(T0, -1)).toBe(Refusal.IdNotExact)
    expect(pair.noTrade(T0, 2 ** 53 + 2)).toBe(Refusal.IdNotExact)
    expect(pair.noTrade(T0, {} as never)).toBe(Refusal.IdNotExact)
    expect(pair.noTrade(T0 / 1000, 1)).toBe(Refusal.TimeUnit)
    expect(pair.noTrade(Number.NaN, 1)).toBe(Refusal.NotFinite)
    expect(pair.noTrade('' as never, 1)).toBe(Refusal.NotFinite)
    expect(pair.noTrade(T0, 1, T0 / 1e6)).toBe(Refusal.TimeUnit)
    for (const id of [2n ** 63n - 1n, '9223372036854775806', 7]) {
      expect(pair.noTrade(T0, id)).toBeGreaterThan(0)
      pair.trade(T0, 1, 1, Side.Buy, id)
    }
    expect(text.noTrade(T0, 'a')).toBeGreaterThan(0)
    text.trade(T0, 1, 1, Side.Buy, 'a')
    await engine.flush()
    expect(countsOf(await pair.stats())).toEqual([0, 3, 0, 0, 3])
    expect(countsOf(await text.stats())).toEqual([0, 1, 0, 0, 1])
    expect([pair.offered, pair.refused]).toEqual([14, 8])
    await engine.close()
    expect(pair.noTrade(T0, 9)).toBe(Refusal.Closed)
  })

  test('from the future is set aside, and does not take its id', async () => {
    await withEngine({ shards: 1 }, async (engine) => {
      const reasons: string[] = []
      const pair = engine.pair('venue', 'spot', 'A')
      pair.on('reject', ({ reason }) => reasons.push(reason))
      const now = Date.now() * 1000
      pair.trade(now, 1, 1, Side.Buy, 1)
      pair.noTrade(now + 120 * MINUTE, 2)
      pair.trade(now, 1, 1, Side.Buy, 2)
      expect(countsOf(await pair.stats())).toEqual([2, 0, 1, 0, 0])
      await until('the rejection is told', () => reasons.length === 1)
      expect(reasons).toEqual(['future'])
    })
  })

  test('too late for any candle is counted as no trade; its id says nothing of trades of today', async () => {
    await withDir(async (dataDir) => {
      const options = { dataDir, shards: 1, retention: { '1m': '2d' } } as const
      await opened(options, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A')
        const now = Date.now() * 1000
        pair.trade(now, 1, 1, Side.Buy, 1)
        pair.noTrade(now - 3 * 1440 * MINUTE, 2)
        pair.trade(now, 1, 1, Side.Buy, 2)
        expect(countsOf(await pair.stats())).toEqual([2, 0, 0, 0, 1])
      })
    })
  })

  test('is taken up from a journal, once', async () => {
    await withDir(async (dataDir) => {
      const child = join(import.meta.dirname, '../support/no-trade-child.mjs')
      const run = spawnSync(process.execPath, [child, dataDir], { encoding: 'utf8' })
      expect([run.signal, run.stderr]).toEqual(['SIGKILL', ''])
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', SEQUENTIAL)
        expect(await pair.stats()).toMatchObject({ recovered: 6, noTrades: 0 })
        pair.noTrade(T0 + 2, 2)
        pair.trade(T0 + 4, 0, 0, Side.Unknown, 4)
        pair.trade(T0 + 60 * MINUTE, 1, 1, Side.Buy, 7)
        pair.trade(T0 + 120 * MINUTE, 1, 1, Side.Buy, 8)
        expect(countsOf(await pair.stats())).toEqual([2, 2, 0, 0, 0])
        expect(await pair.gaps()).toEqual([])
      })
      expect(existsSync(filePath(dataDir, 'venue', 'spot', 'A'))).toBe(true)
    })
  })
})
