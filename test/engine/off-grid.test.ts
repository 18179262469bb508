import { DuckDBInstance } from '@duckdb/node-api'
import {
  type Candle,
  INTERVALS,
  type Interval,
  type Pair,
  type Side,
  type TickEngine,
} from 'tickloom'
import { expect, test } from 'vitest'
import { rebuildCandles } from '../../dist/src/verify/rebuild-candles.js'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, closedNaive, filePath } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'
import { type NaiveTick, naiveCandle, nearest, rational } from '../support/naive-rollup.js'

// Prices of twelve places, thirds, and quotes beyond 2^105 units: whoever asks for a figure, and by
// whatever way, gets the exact sum, rounded once.

const EVENT = { clock: 'event', shards: 1, anchor: 'none' } as const
const LATENESS_US = 500_000
const COUNT = 420
const LENGTHS = Object.fromEntries(
  INTERVALS.map((interval, level) => [interval, CANDLE_TABLES[level][1]]),
) as Record<Interval, number>

// Over ten hours, now and then late.
function tickOf(i: number): NaiveTick {
  const price = [123_456 * 1e-12 + i * 1e-12, (100 + i) / 3, 98_765.43 + i][i % 3]
  const volume = [1e6 + i / 7, 0.123_456_789_01 * i, 4e10 + i / 1e8, 1e-18 * (i + 1)][i % 4]
  const timestamp = T0 + i * 85e6 - (i % 29 === 28 ? 900e6 : 0)
  return { timestamp, seq: i + 1, price, volume, side: (i % 3) as Side }
}

const TICKS = Array.from({ length: COUNT }, (_, i) => tickOf(i))
const NEWEST = Math.max(...TICKS.map(({ timestamp }) => timestamp))

function plain(candle: Candle) {
  const { timestamp: start, open, high, low, close, volume, trades } = candle
  const { buyVolume, sellVolume, quoteVolume, vwap, delta } = candle
  const sums = { volume, trades, buyVolume, sellVolume, quoteVolume, vwap, delta }
  return { start, open, high, low, close, ...sums }
}

function trade(pair: Pair, from: number, to: number) {
  for (const { timestamp, price, volume, side, seq } of TICKS.slice(from, to)) {
    expect(pair.trade(timestamp, price, volume, side as Side, seq)).toBeGreaterThan(0)
  }
}

function naive(interval: Interval, ticks: readonly NaiveTick[]) {
  return closedNaive(ticks, LENGTHS[interval], Number.POSITIVE_INFINITY)
}

const sideSum = (ticks: readonly NaiveTick[], side: number) =>
  ticks.filter((tick) => tick.side === side).reduce((sum, { volume }) => sum + rational(volume), 0n)

async function checkReads(engine: TickEngine, pair: Pair, count: number) {
  engine.settle()
  const ticks = TICKS.slice(0, count)
  const newest = Math.max(...ticks.map(({ timestamp }) => timestamp))
  for (const interval of INTERVALS) {
    const expected = naive(interval, ticks)
    const rows = await pair.candles(interval, { includeOpen: true })
    expect(rows.map(plain), interval).toEqual(expected)
    const columns = await pair.candles(interval, { includeOpen: true, columns: true })
    expect([...columns.quoteVolume]).toEqual(expected.map(({ quoteVolume }) => quoteVolume))
    expect([...columns.delta]).toEqual(expected.map(({ delta }) => delta))
    const open = pair.candle(interval)
    expect(open && plain(open), `open ${interval}`).toEqual(expected.at(-1))
    expect(rows.at(-1)?.cvd).toBe(nearest(sideSum(ticks, 1) - sideSum(ticks, 2)))
  }
  for (const lengthUs of [90e6, 3600e6, 100 * 3600e6]) {
    const within = ticks.filter(({ timestamp }) => timestamp > newest - lengthUs)
    const [buy, sell] = [sideSum(within, 1), sideSum(within, 2)]
    const delta = nearest(buy - sell)
    const sums = { buyVolume: nearest(buy), sellVolume: nearest(sell), trades: within.length }
    const at = { at: newest + 1 }
    const span = `${lengthUs}us`
    expect(await pair.cvd({ lookback: span, ...at })).toMatchObject({ cvd: delta, ...sums })
    const imbalance = delta / nearest(buy + sell)
    const window = await pair.imbalance({ window: span, ...at })
    expect(window).toMatchObject({ delta, imbalance, ...sums })
  }
}

async function checkFile(dataDir: string) {
  const path = filePath(dataDir, 'venue', 'spot', 'A')
  for (const [table, lengthUs] of CANDLE_TABLES) {
    const closed = closedNaive(TICKS, lengthUs, NEWEST - LATENESS_US)
    expect(await candlesOf(path, table), table).toEqual(closed)
  }
  expect((await verify(dataDir)).problems).toEqual([])
}

// Every candle made anew, from ticks and then level by level: rows and records as they were.
async function checkRebuilt(dataDir: string) {
  const instance = await DuckDBInstance.create(filePath(dataDir, 'venue', 'spot', 'A'))
  const connection = await instance.connect()
  const [{ name }] = (
    await connection.runAndReadAll('SELECT current_database() AS name')
  ).getRowObjectsJS() as { name: string }[]
  const watermark = NEWEST - LATENESS_US
  const kept = { ticksFrom: 0, decimals: 8, watermark, firstDay: T0 }
  const facts = { ...kept, byId: true, shown: [] }
  for (const [level, [table]] of CANDLE_TABLES.entries()) {
    const read = `SELECT * EXCLUDE (revision, record), record::VARCHAR AS record
      FROM ${table} ORDER BY timestamp`
    await connection.run(`CREATE TEMP TABLE before_${level} AS ${read}`)
    await connection.run(`DELETE FROM main.${table}`)
    await rebuildCandles(connection, name, level, facts)
    const differ = `SELECT count(*)::DOUBLE AS n FROM
      (SELECT * EXCLUDE (record) FROM before_${level}
       EXCEPT SELECT * EXCLUDE (revision, record) FROM main.${table})`
    expect((await connection.runAndReadAll(differ)).getRowsJS(), table).toEqual([[0]])
  }
  connection.closeSync()
  instance.closeSync()
}

test('every way to a figure gives the exact sum, rounded once', async () => {
  await withDir(async (dataDir) => {
    const events = new Map<string, Candle>()
    for (const [from, to] of [
      [0, 200],
      [200, 320],
      [320, COUNT],
    ]) {
      await opened({ dataDir, ...EVENT }, async (engine) => {
        engine.on('candle', (candle) => {
          events.set(`${candle.interval} ${candle.timestamp}`, candle)
        })
        const pair = engine.pair('venue', 'spot', 'A')
        if (from > 0) await checkReads(engine, pair, from)
        trade(pair, from, to - 50)
        await engine.flush({ stored: true })
        trade(pair, to - 50, to)
        await checkReads(engine, pair, to)
      })
    }
    for (const interval of INTERVALS) {
      for (const expected of closedNaive(TICKS, LENGTHS[interval], NEWEST - LATENESS_US)) {
        const event = events.get(`${interval} ${expected.start}`)
        expect(event && plain(event)).toEqual(expected)
      }
    }
    await checkFile(dataDir)
    await checkRebuilt(dataDir)
    await checkFile(dataDir)
  })
})

test('the model of it has quotes beyond 2^105 units and sums that doubles get wrong', () => {
  const day = naiveCandle(T0, TICKS)
  expect(day.quoteVolume * 1e16).toBeGreaterThan(2 ** 105)
  const summed = TICKS.reduce((sum, { price, volume }) => sum + price * volume, 0)
  expect(summed).not.toBe(day.quoteVolume)
})
