import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { INTERVALS, type Pair, Side, type StoredTick, TickEngine, type TradeOrder } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { FLAGS_WORD, REVISION_WORD } from '../../dist/src/rollup/candle-record.js'
import { unpackRecord } from '../../dist/src/rollup/stored-record.js'
import { rebuildCandles } from '../../dist/src/verify/rebuild-candles.js'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'
import { naiveCvd } from '../support/naive-flow.js'
import { inOrder, type NaiveTick, naiveCandles } from '../support/naive-rollup.js'
import { IS_LONG, runs } from '../support/seed.js'

// Trades of one time: by the venue's id where ids are ordered numbers, else as they arrived; the same
// in every fold and every read, however they are cut up by commits, restarts and late arrival.

const EVENT = { shards: 1, clock: 'event', retention: 'off' } as const
const SIDES = ['unknown', 'buy', 'sell']
const LATENESS_US = 500_000
/** Ten minutes before midnight. */
const START = T0 + 23.75 * 3600e6
const HALF = 2n ** 32n

const anId = fc.oneof(
  { weight: 3, arbitrary: fc.nat(60).map(BigInt) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }).map((n) => HALF + BigInt(n)) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }).map((n) => 2n ** 53n + BigInt(n)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }).map((n) => 2n ** 63n - BigInt(n)) },
)
const aTrade = fc.record({
  hasId: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  // Few times, over two days: most trades share theirs with others, and come late.
  time: fc.nat(5).map((n) => START + n * 400e6),
  price: fc.integer({ min: 1, max: 10_000 }).map((n) => n / 100),
  volume: fc.integer({ min: 1, max: 1e6 }).map((n) => n / 1e4),
  side: fc.constantFrom(0 as const, 1 as const, 2 as const),
  action: fc.constantFrom('', '', '', '', '', 'store', 'read', 'reopen'),
})
const trades = fc
  .tuple(
    fc.array(aTrade, { minLength: 2, maxLength: 40 }),
    fc.uniqueArray(anId, { minLength: 40, maxLength: 40 }),
  )
  .map(([all, ids]) => all.map((one, i) => ({ ...one, id: one.hasId ? ids[i] : undefined })))
type Given = (typeof trades extends fc.Arbitrary<infer T> ? T : never)[number]

interface ModelTick extends NaiveTick {
  given: bigint | undefined
}

const plain = ({ timestamp, price, volume, side, tradeId, seq }: StoredTick) => {
  const id = tradeId === undefined ? undefined : BigInt(tradeId)
  return { timestamp, price, volume, side, id, seq }
}

async function checkReads(pair: Pair, ticks: readonly ModelTick[], file: string) {
  const ordered = inOrder(ticks)
  const expected = ordered.map(({ timestamp, price, volume, side, given, seq }) => {
    return { timestamp, price, volume, side: SIDES[side], id: given, seq }
  })
  for (const interval of INTERVALS) {
    const length = { '1m': 60e6, '5m': 300e6, '15m': 900e6, '1h': 3600e6, '1d': 86_400e6 }[interval]
    const candles = await pair.candles(interval, { includeOpen: true })
    const naive = naiveCandles([...ticks], length)
    expect(candles.map((c) => [c.timestamp, c.open, c.close, c.quoteVolume])).toEqual(
      naive.map((c) => [c.start, c.open, c.close, c.quoteVolume]),
    )
  }
  expect(pair.flow()?.price).toBe(naiveCvd([...ticks], 'utc-day').newest.price)
  expect(plain((await pair.last()) as StoredTick)).toEqual(expected.at(-1))
  for (const limit of [1, 3, 1000]) {
    const rows = await pair.recentTicks({ limit })
    expect(rows.map(plain), `the newest ${limit}`).toEqual(expected.slice(-limit))
    const { seq } = await pair.recentTicks({ limit, columns: true })
    expect([...seq]).toEqual(expected.slice(-limit).map((tick) => tick.seq))
  }
  for (const limit of [1, 2, 7]) {
    const found: number[] = []
    for await (const part of pair.ticks({ limit })) found.push(...part.seq)
    expect(found, `in portions of ${limit}`).toEqual(expected.map((tick) => tick.seq))
  }
  await pair.export('ticks', { file, format: 'csv' })
  const [heads, ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  const at = heads.split(',').indexOf('seq')
  expect(lines.map((line) => Number(line.split(',')[at]))).toEqual(expected.map((t) => t.seq))
}

async function runTrades(dataDir: string, order: TradeOrder, given: readonly Given[]) {
  const file = `${dataDir}.csv`
  const ticks: ModelTick[] = []
  let engine = await TickEngine.open({ dataDir, ...EVENT })
  const open = () => engine.pair('venue', 'spot', 'A', { order })
  let pair = open()
  try {
    for (const { id, time, price, volume, side, action } of given) {
      const seq = pair.trade(time, price, volume, side, id)
      const counted = order === 'id' ? id : undefined
      ticks.push({ timestamp: time, id: counted, given: id, seq, price, volume, side })
      if (action === 'store') await engine.flush({ stored: true })
      if (action === 'read') {
        await engine.flush()
        await checkReads(pair as Pair, ticks, file)
      }
      if (action !== 'reopen') continue
      await engine.close()
      engine = await TickEngine.open({ dataDir, ...EVENT })
      pair = open()
    }
    await engine.flush()
    await checkReads(pair as Pair, ticks, file)
  } finally {
    await engine.close()
  }
  expect((await verify(dataDir)).problems).toEqual([])
  await checkRebuilt(dataDir, order, ticks)
}

// Candles made again from the ticks are those that the folds made.
async function checkRebuilt(dataDir: string, order: TradeOrder, ticks: readonly ModelTick[]) {
  const path = filePath(dataDir, 'venue', 'spot', 'A')
  const copy = `${dataDir}.copy`
  cpSync(path, copy)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const newest = Math.max(...ticks.map(({ timestamp }) => timestamp))
  const facts = { ticksFrom: 0, decimals: 8, watermark: newest - LATENESS_US, firstDay: 0 }
  try {
    await connection.run(`ATTACH '${copy}' AS fresh`)
    for (const [level, [table]] of CANDLE_TABLES.entries()) {
      await connection.run(`DELETE FROM fresh.${table}`)
      const how = { ...facts, byId: order === 'id', shown: [] }
      await rebuildCandles(connection, 'fresh', level, how)
    }
    await connection.run('DETACH fresh')
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  for (const [table] of CANDLE_TABLES) {
    expect(await candlesOf(copy, table), table).toEqual(await candlesOf(path, table))
    expect(await recordsOf(copy, table), table).toEqual(await recordsOf(path, table))
  }
}

// All but what counts posts: flags and revision.
async function recordsOf(path: string, table: string): Promise<number[][]> {
  const rows = await sql(path, `SELECT record FROM ${table} ORDER BY timestamp`)
  return rows.map(({ record }) => {
    const stored = new Float64Array(new Uint8Array(record as Uint8Array).buffer)
    return [...unpackRecord(stored, 1e8)].filter(
      (_, word) => word !== FLAGS_WORD && word !== REVISION_WORD,
    )
  })
}

describe('trades of one time', () => {
  for (const order of ['id', 'arrival'] as const) {
    test(`by ${order}: candles, flow and every read are the naive ones`, async () => {
      await fc.assert(
        fc.asyncProperty(trades, (given) =>
          withDir((folder) => runTrades(join(folder, 'data'), order, given)),
        ),
        { ...runs(IS_LONG ? 8 : 2), endOnFailure: true },
      )
    }, 180_000)
  }

  test('a reconnect: live first, then what is behind it by backfill', async () => {
    await withDir((dataDir) =>
      opened({ dataDir, ...EVENT }, async (engine) => {
        const pairs = (['id', 'arrival'] as const).map((order) =>
          engine.pair('venue', 'spot', order, { tradeIds: 'sequential', order }),
        )
        for (const pair of pairs) {
          pair.trade(T0, 100, 1, Side.Buy, 101)
          for (const id of [105, 102, 103, 104]) pair.trade(T0 + 5e6, id, 1, Side.Buy, id)
          // Two minutes on: the minute is closed, and revised by one of its last time.
          pair.trade(T0 + 120e6, 110, 1, Side.Buy, 110)
          pair.trade(T0 + 5e6, 99, 1, Side.Sell, 99)
        }
        await engine.flush()
        const closes = pairs.map(async (pair) => (await pair.candles('1m'))[0].close)
        expect(await Promise.all(closes)).toEqual([105, 99])
        expect(pairs.map((pair) => pair.options.order)).toEqual(['id', 'arrival'])
      }),
    )
  })

  test('ids that are text are no order, whatever the option says', async () => {
    await withDir((dataDir) =>
      opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'T', { tradeIds: 'text', order: 'id' })
        for (const id of ['9', '5', '7']) pair.trade(T0, Number(id), 1, Side.Buy, id)
        await engine.flush()
        const [candle] = await pair.candles('1m', { includeOpen: true })
        expect([candle.open, candle.close, pair.flow()?.price]).toEqual([9, 7, 7])
        const { tradeId } = await pair.recentTicks({ columns: true })
        expect(tradeId).toEqual(['9', '5', '7'])
      }),
    )
  })
})
