import { type Pair, Side, type TickEngine } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir, withEngine } from '../support/engine-dir.js'
import { IS_LONG } from '../support/seed.js'

// A trade is its id and its time. Files in any order, twice, and cut in half by a restart give the same
// rows; the second time all of them are duplicates.

const EVENT = { clock: 'event' } as const
const SECOND = 1e6
const HOUR = 3600e6
const DAY = 24 * HOUR

type Id = number | bigint | string
interface Trade {
  readonly us: number
  readonly price: number
  readonly id: Id
}
type Mode = 'integer' | 'sequential' | 'text'

// Three files, a day each, of 60 trades half a minute apart from 23:45 on; no time is a whole second.
function filesOf(idOf: (file: number, row: number) => Id): Trade[][] {
  return [0, 1, 2].map((file) =>
    Array.from({ length: 60 }, (_, row) => ({
      us: T0 + file * DAY + 23 * HOUR + row * 61_000_000 + 1000,
      price: 100 + file + row / 100,
      id: idOf(file, row),
    })),
  )
}

const FEEDS: readonly (readonly [name: string, mode: Mode, files: Trade[][]])[] = [
  ['numbers each file from 1', 'sequential', filesOf((_, row) => 1 + row)],
  ['numbers on', 'sequential', filesOf((file, row) => 1 + file * 60 + row)],
  ['uses its last id again after midnight', 'sequential', filesOf((f, r) => 9 + f * 59 + r)],
  ['gives ids from 0, and leaves some out', 'integer', filesOf((f, row) => f * 1000 + row * 7)],
  ['counts by two beyond 2^53', 'integer', filesOf((f, r) => 10n ** 17n + BigInt(f * 120 + r * 2))],
  ['gives every trade the same id', 'integer', filesOf(() => 7)],
  ['gives every trade the id 0', 'sequential', filesOf(() => 0)],
  ['has hex ids', 'text', filesOf((f, r) => `0x${(f * 60 + r + 99).toString(16)}`)],
  ['mixes text and numbers', 'sequential', filesOf((f, r) => (f === 1 ? `t-${r}` : 1 + r))],
]
const ORDERS = [
  [0, 1, 2],
  [1, 2, 0],
  [2, 1, 0],
  ...(IS_LONG
    ? [
        [0, 2, 1],
        [1, 0, 2],
        [2, 0, 1],
      ]
    : []),
]

// Trades the feeds' files in an order, all of them in one session after the other: as many as `cuts`
// says, each a pair of its own.
async function feed(dataDir: string, order: readonly number[], cuts: readonly number[]) {
  const stats = FEEDS.map(() => ({ stored: 0, duplicates: 0, gaps: 0 }))
  const ends = [...cuts, 180]
  let from = 0
  for (const [session, end] of ends.entries()) {
    await opened({ dataDir, ...EVENT, shards: 1 + (session % 2) }, async (engine) => {
      for (const [n, [, mode, files]] of FEEDS.entries()) {
        const pair = engine.pair('venue', 'spot', `P${n}`, { tradeIds: mode })
        const trades = order.flatMap((file) => files[file]).slice(from, end)
        for (const { us, price, id } of trades) {
          if (pair.trade(us, price, 1, Side.Buy, id) < 0) throw new Error(`refused: id=${id}`)
        }
      }
      for (const n of FEEDS.keys()) {
        const now = await engine.pair('venue', 'spot', `P${n}`).stats()
        stats[n].stored += now.stored
        stats[n].duplicates += now.duplicates
        stats[n].gaps = now.gaps
      }
    })
    from = end
  }
  return stats
}

// Ticks, candles, and gaps that are open.
async function rowsOf(dataDir: string, n: number): Promise<unknown[]> {
  const rows = await sql(
    filePath(dataDir, 'venue', 'spot', `P${n}`),
    `SELECT 'tick' AS what, epoch_us(timestamp) AS at, price, 1 AS trades FROM ticks
     UNION ALL SELECT 'candle', epoch_us(timestamp), high, trades FROM candles_1m
     UNION ALL SELECT 'gap', first_id, missing, 0 FROM gaps WHERE closed_seq IS NULL ORDER BY ALL`,
  )
  return rows.map((row) => Object.values(row).join(' '))
}

const allRows = (dataDir: string) => Promise.all(FEEDS.map((_, n) => rowsOf(dataDir, n)))

describe('files of venues that number as they like', () => {
  const first: Promise<unknown[][]> = withDir(async (dataDir) => {
    await feed(dataDir, [0, 1, 2], [])
    return allRows(dataDir)
  })

  // Cut within a file, and between two.
  test.each(ORDERS)(
    'give the same rows in the order %i %i %i, cut in two, and twice',
    async (...order) => {
      await withDir(async (dataDir) => {
        const cut = order[0] === 2 ? 60 : 30 + order[0] * 70 + order[1] * 7
        const once = FEEDS.map(() => ({ stored: 180, duplicates: 0, gaps: 0 }))
        expect(await feed(dataDir, order, [cut])).toEqual(once)
        expect(await allRows(dataDir)).toEqual(await first)
        const again = FEEDS.map(() => ({ stored: 0, duplicates: 180, gaps: 0 }))
        expect(await feed(dataDir, [0, 1, 2], [])).toEqual(again)
        expect(await allRows(dataDir)).toEqual(await first)
      })
    },
  )
})

describe('a venue that', () => {
  test('changes from ms to µs sends its trades again as the same ones', async () => {
    const coarse = filesOf((_, row) => 1 + row).flat()
    const finer = coarse.map((trade) => ({ ...trade, us: trade.us + 417 }))
    await withDir(async (dataDir) => {
      for (const turn of [0, 1]) {
        await opened({ dataDir, ...EVENT, shards: 1 }, async (engine) => {
          for (const [symbol, trades] of [
            ['A', turn === 0 ? coarse : finer],
            ['B', turn === 0 ? finer : coarse],
          ] as const) {
            const pair = engine.pair('venue', 'spot', symbol, { tradeIds: 'sequential' })
            for (const { us, price, id } of trades) pair.trade(us, price, 1, Side.Buy, id)
            const expected = turn === 0 ? { stored: 180 } : { stored: 0, duplicates: 180 }
            expect(await pair.stats()).toMatchObject(expected)
          }
        })
      }
    })
  })
})

describe('ids that identify nothing', () => {
  test('are told; trades of one time with other prices are other trades, once that is known', async () => {
    await withDir(async (dataDir) => {
      // Four a second, at the same millisecond two and two; the first of each on the whole second.
      const trades = Array.from({ length: 40 }, (_, n) => ({
        us: T0 + Math.floor(n / 4) * SECOND + (n % 4 < 2 ? 0 : 250_000),
        price: 100 + n,
        id: 7,
      }))
      const told: number[] = []
      for (let turn = 0; turn < 2; turn++) {
        await opened({ dataDir, ...EVENT, shards: 1 }, async (engine) => {
          const pair = engine.pair('venue', 'spot', 'A')
          for (const { us, price, id } of trades) pair.trade(us, price, 1, Side.Buy, id)
          const { stored, duplicates, idsShared } = await pair.stats()
          told.push(stored, duplicates)
          expect(idsShared).toBeGreaterThan(0)
        })
      }
      // The second trade of all has the id and time of the first, and nothing says more than that.
      expect(told).toEqual([39, 1, 0, 40])
    })
  })

  test('and an id of 0 that comes once neither loses its trade nor makes a gap', async () => {
    await withEngine(EVENT, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
      for (const [i, id] of [0, 70_000, 70_001, 0].entries()) {
        pair.trade(T0 + (i % 3) * SECOND, 1, 1, Side.Buy, id)
      }
      pair.trade(T0 + 60 * SECOND, 1, 1, Side.Buy, 70_002)
      expect(await pair.stats()).toMatchObject({ stored: 4, duplicates: 1, gaps: 0, idsShared: 0 })
    })
  })
})

describe('ids whose ticks retention has taken', () => {
  const options = { ...EVENT, retention: { ticks: '15m', '1m': '2d' } } as const
  const idsOf: readonly (readonly [mode: Mode, id: (n: number) => Id])[] = [
    ['sequential', (n) => 1 + n],
    ['integer', (n) => 5 + n * 3],
    ['text', (n) => `trade ${n}`],
    ['integer', (n) => (n % 2 === 0 ? 2n ** 60n + BigInt(n) : `x${n}`)],
  ]

  test('are known for as long as their candles are kept', async () => {
    await withDir(async (dataDir) => {
      const pairsOf = (engine: TickEngine) =>
        idsOf.map(([tradeIds], n) => engine.pair('venue', 'spot', `P${n}`, { tradeIds }))
      const trade = (pair: Pair, of: number, n: number) =>
        pair.trade(T0 + n * 60 * SECOND + 1000, 100 + n, 1, Side.Buy, idsOf[of][1](n))
      await opened({ dataDir, ...options, shards: 1 }, async (engine) => {
        const pairs = pairsOf(engine)
        for (const [from, to] of [
          [0, 300],
          [300, 400],
        ]) {
          for (const [of, pair] of pairs.entries()) {
            for (let n = from; n < to; n++) trade(pair, of, n)
          }
          await engine.cleanup()
        }
        for (const pair of pairs) {
          expect((await pair.recentTicks({ limit: 1000 })).length).toBeLessThan(20)
        }
      })
      await opened({ dataDir, ...options, shards: 2 }, async (engine) => {
        for (const [of, pair] of pairsOf(engine).entries()) {
          const candles = await pair.candles('1m', { includeOpen: true })
          for (let n = 399; n >= 0; n--) trade(pair, of, n)
          expect(await pair.stats()).toMatchObject({ stored: 0, duplicates: 400 })
          expect(await pair.candles('1m', { includeOpen: true })).toEqual(candles)
          // One that was never there, among them.
          pair.trade(T0 + 30 * SECOND, 100, 1, Side.Buy, idsOf[of][1](1000))
          expect(await pair.stats()).toMatchObject({ stored: 1, duplicates: 400 })
          // Days later the candles go, and the ids with them.
          pair.trade(T0 + 5 * DAY, 100, 1, Side.Buy, idsOf[of][1](1001))
        }
        await engine.cleanup()
      })
      for (const of of idsOf.keys()) {
        const path = filePath(dataDir, 'venue', 'spot', `P${of}`)
        expect(await sql(path, 'SELECT * FROM seen_ids')).toEqual([])
      }
    })
  })

  test('are counted where only the times of their neighbours tell', async () => {
    await withEngine({ ...options, shards: 1 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
      for (let n = 0; n < 300; n++) pair.trade(T0 + n * 60 * SECOND, 1, 1, Side.Buy, n)
      await engine.cleanup()
      for (let n = 0; n < 10; n++) pair.trade(T0 + n * 60 * SECOND, 1, 1, Side.Buy, n)
      expect(await pair.stats()).toMatchObject({ duplicates: 10, duplicatesBySpan: 10 })
    })
  })
})

test('a file of 200,000 text ids a second time is all duplicates, also after a restart', async () => {
  await withDir(async (dataDir) => {
    const id = (n: number) => `${(n * 2_654_435_761) >>> 0}-${n}-4b6e-9a7d`
    for (const expected of [
      { stored: 200_000, duplicates: 200_000 },
      { stored: 0, duplicates: 200_000 },
    ]) {
      await opened({ dataDir, ...EVENT, shards: 1, overflow: 'block' }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'text' })
        for (let turn = 0; turn < (expected.stored > 0 ? 2 : 1); turn++) {
          for (let n = 0; n < 200_000; n++) {
            while (pair.trade(T0 + n * 40_000, 1, 1, Side.Buy, id(n)) < 0) await engine.drained()
          }
        }
        expect(await pair.stats()).toMatchObject(expected)
      })
    }
  })
})
