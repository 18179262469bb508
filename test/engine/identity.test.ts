import { Side } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir, withEngine } from '../support/engine-dir.js'

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

const FEEDS: readonly (readonly [name: string, mode: Mode, files: Trade[][], gaps: number])[] = [
  ['numbers each file from 1', 'sequential', filesOf((_, row) => 1 + row), 0],
  ['numbers on', 'sequential', filesOf((file, row) => 1 + file * 60 + row), 0],
  ['uses its last id again after midnight', 'sequential', filesOf((f, r) => 9 + f * 59 + r), 0],
  ['gives ids from 0, and leaves some out', 'integer', filesOf((f, row) => f * 1000 + row * 7), 0],
  [
    'counts by two beyond 2^53',
    'integer',
    filesOf((f, r) => 10n ** 17n + BigInt(f * 120 + r * 2)),
    0,
  ],
  ['gives every trade the same id', 'integer', filesOf(() => 7), 0],
  ['gives every trade the id 0', 'sequential', filesOf(() => 0), 0],
  ['has hex ids', 'text', filesOf((f, r) => `0x${(f * 60 + r + 99).toString(16)}`), 0],
  ['mixes text and numbers', 'sequential', filesOf((f, r) => (f === 1 ? `t-${r}` : 1 + r)), 0],
]
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

interface Told {
  stored: number
  duplicates: number
  gaps: number
}

// Trades files one after the other, in as many sessions as `cuts` says (rows of all of them).
async function feed(
  dataDir: string,
  mode: Mode,
  trades: readonly Trade[],
  cuts: readonly number[],
): Promise<Told> {
  const told: Told = { stored: 0, duplicates: 0, gaps: 0 }
  const ends = [...cuts, trades.length]
  let from = 0
  for (const [session, end] of ends.entries()) {
    await opened({ dataDir, ...EVENT, shards: 1 + (session % 2) }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A', { tradeIds: mode })
      for (const { us, price, id } of trades.slice(from, end)) {
        expect(pair.trade(us, price, 1, Side.Buy, id)).toBeGreaterThan(0)
      }
      const stats = await pair.stats()
      told.stored += stats.stored
      told.duplicates += stats.duplicates
      told.gaps = stats.gaps
    })
    from = end
  }
  return told
}

async function rowsOf(dataDir: string): Promise<unknown[]> {
  const path = filePath(dataDir, 'venue', 'spot', 'A')
  const ticks = await sql(path, 'SELECT epoch_us(timestamp) AS us, price FROM ticks ORDER BY ALL')
  const candles = await sql(
    path,
    'SELECT epoch_us(timestamp) AS us, volume, trades, high FROM candles_1m ORDER BY ALL',
  )
  const [open] = await sql(path, 'SELECT count(*)::INT AS open FROM gaps WHERE closed_seq IS NULL')
  return [...ticks, ...candles, open].map((row) => Object.values(row))
}

describe('a venue that', () => {
  test.each(FEEDS)('%s: the same rows, whatever the order', async (_, mode, files, gaps) => {
    const inTime = files.flat()
    let expected: unknown[] | undefined
    for (const [n, order] of ORDERS.entries()) {
      await withDir(async (dataDir) => {
        const trades = order.flatMap((file) => files[file])
        // The first order in one session, the others cut within a file and between two.
        const cuts = n === 0 ? [] : [30 + n * 7, 60 + n * 20]
        const first = await feed(dataDir, mode, trades, cuts)
        expect(first).toEqual({ stored: inTime.length, duplicates: 0, gaps })
        const rows = await rowsOf(dataDir)
        expected ??= rows
        expect(rows).toEqual(expected)
        const again = await feed(dataDir, mode, inTime, n % 2 === 0 ? [] : [100])
        expect(again).toEqual({ stored: 0, duplicates: inTime.length, gaps })
        expect(await rowsOf(dataDir)).toEqual(expected)
      })
    }
  })

  test('changes from ms to µs sends its trades again as the same ones', async () => {
    const files = filesOf((_, row) => 1 + row)
    const finer = files.flat().map((trade) => ({ ...trade, us: trade.us + 417 }))
    for (const [first, second] of [
      [files.flat(), finer],
      [finer, files.flat()],
    ]) {
      await withDir(async (dataDir) => {
        expect((await feed(dataDir, 'sequential', first, [])).stored).toBe(180)
        expect((await feed(dataDir, 'sequential', second, [50])).duplicates).toBe(180)
      })
    }
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

  test.each(idsOf)('are known for as long as their candles are kept (%s)', async (mode, id) => {
    await withDir(async (dataDir) => {
      const trade = (n: number) =>
        [T0 + n * 60 * SECOND + 1000, 100 + n, 1, Side.Buy, id(n)] as const
      await opened({ dataDir, ...options, shards: 1 }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', { tradeIds: mode })
        for (let n = 0; n < 300; n++) pair.trade(...trade(n))
        await engine.cleanup()
        for (let n = 300; n < 400; n++) pair.trade(...trade(n))
        await engine.cleanup()
        expect((await pair.recentTicks({ limit: 1000 })).length).toBeLessThan(20)
      })
      await opened({ dataDir, ...options, shards: 2 }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', { tradeIds: mode })
        const candles = await pair.candles('1m', { includeOpen: true })
        for (let n = 399; n >= 0; n--) pair.trade(...trade(n))
        expect(await pair.stats()).toMatchObject({ stored: 0, duplicates: 400 })
        expect(await pair.candles('1m', { includeOpen: true })).toEqual(candles)
        // One that was never there, among them.
        pair.trade(T0 + 30 * SECOND, 100, 1, Side.Buy, id(1000))
        expect(await pair.stats()).toMatchObject({ stored: 1, duplicates: 400 })
        // Days later the candles go, and the ids with them.
        pair.trade(T0 + 5 * DAY, 100, 1, Side.Buy, id(1001))
        await engine.cleanup()
      })
      const seen = await sql(filePath(dataDir, 'venue', 'spot', 'A'), 'SELECT * FROM seen_ids')
      expect(seen).toEqual([])
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
