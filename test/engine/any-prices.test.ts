import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { INTERVALS, type Pair, Side } from 'tickloom'
import { afterAll, describe, expect, test } from 'vitest'
import { chart } from '../../dist/src/cli/chart/chart.js'
import { repair } from '../../dist/src/verify/repair.js'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, filePath, sql } from '../support/closed-file.js'
import { opened, T0, until, withDir, withEngine } from '../support/engine-dir.js'
import { naiveCvd, naiveWindow } from '../support/naive-flow.js'
import { type NaiveTick, naiveCandles } from '../support/naive-rollup.js'

// Prices of 0 and below: prices where the pair says so, else rejected, and said so.

const EVENT = { shards: 1, clock: 'event', retention: 'off' } as const
const ANY = { prices: 'any' } as const
const LENGTHS = [60e6, 300e6, 900e6, 3600e6, 86_400e6]
const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')

const folder = mkdtempSync(join(tmpdir(), 'tickloom-prices-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A spread that crosses 0 again and again, some of it late, some off the grid, some at −0. */
function spread(count: number): Omit<NaiveTick, 'seq'>[] {
  return Array.from({ length: count }, (_, i) => {
    const wave = ((i * 7919) % 2001) - 1000
    return {
      timestamp: T0 + i * 3e6 - (i % 29 === 0 ? 400e6 : 0),
      id: i + 1,
      price: i % 13 === 0 ? 0 : i % 17 === 0 ? -0 : i % 11 === 0 ? wave / 7 : wave / 100,
      volume: (1 + ((i * 37) % 900)) / 1000,
      side: i % 3,
    }
  })
}

async function tradeAll(pair: Pair, ticks: readonly Omit<NaiveTick, 'seq'>[]) {
  return ticks.map((tick) => {
    const { timestamp, price, volume, side, id } = tick
    // −0 is stored as 0.
    return {
      ...tick,
      price: price + 0,
      seq: pair.trade(timestamp, price, volume, side as Side, id),
    }
  })
}

const finite = (value: unknown): void => {
  if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true)
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(finite)
}

describe("prices: 'any'", () => {
  test('candles, flow and reads are the naive ones; verify and repair agree', async () => {
    await withDir(async (dataDir) => {
      let ticks: NaiveTick[] = []
      for (const part of [0, 1]) {
        await opened({ dataDir, ...EVENT }, async (engine) => {
          const pair = engine.pair('epex', 'spot', 'DE', ANY) as Pair
          const all = spread(3000)
          ticks = [
            ...ticks,
            ...(await tradeAll(pair, part === 0 ? all.slice(0, 1400) : all.slice(1400))),
          ]
          await engine.flush({ stored: part === 1 })
          for (const [level, interval] of INTERVALS.entries()) {
            const candles = await pair.candles(interval, { includeOpen: true, fill: 'previous' })
            candles.forEach(finite)
            const traded = candles.filter(({ trades }) => trades > 0)
            const naive = naiveCandles(ticks, LENGTHS[level])
            expect(traded.length).toBe(naive.length)
            for (const [i, { start, ...figures }] of naive.entries()) {
              expect(traded[i]).toMatchObject({ timestamp: start, ...figures })
            }
          }
          const flow = pair.flow()
          finite(flow)
          const { newest, cvd } = naiveCvd(ticks, 'utc-day')
          expect(flow).toMatchObject({ price: newest.price, cvd })
          expect(flow?.windows['60s']).toEqual(naiveWindow(ticks, 60e6))
          const rows = await pair.recentTicks({ limit: 10_000 })
          expect(rows.map(({ price }) => price)).toEqual(
            [...ticks]
              .sort((a, b) => a.timestamp - b.timestamp || Number(a.id) - Number(b.id))
              .map(({ price }) => price),
          )
          expect(await pair.stats()).toMatchObject({ rejected: 0, noTrades: 0 })
        })
      }
      expect((await verify(dataDir)).problems).toEqual([])
      // A low that somebody changed is seen among prices below 0 too.
      const path = filePath(dataDir, 'epex', 'spot', 'DE')
      const before = await candlesOf(path, 'candles_1h')
      await change(path, 'UPDATE candles_1h SET quote_volume = quote_volume + 0.5')
      expect((await verify(dataDir)).problems.map(({ check }) => check)).toContain('levels')
      await change(path, 'UPDATE candles_1h SET quote_volume = quote_volume - 0.5')
      expect(before.length).toBeGreaterThan(0)
    })
  }, 60_000)

  test('a file of such a pair whose candles are broken is salvaged', async () => {
    await withDir(async (dataDir) => {
      await opened({ dataDir, ...EVENT }, async (engine) => {
        await tradeAll(engine.pair('cme', 'future', 'CL', ANY) as Pair, spread(500))
      })
      const { repairs, report } = await repair(dataDir)
      expect([repairs, report.problems]).toEqual([[], []])
      await opened({ dataDir, ...EVENT }, async (engine) => {
        // What was stored says what prices it takes.
        expect(engine.find('cme:future:CL').options.prices).toBe('any')
      })
      for (const [table] of CANDLE_TABLES.slice(0, 2)) {
        const rows = await candlesOf(filePath(dataDir, 'cme', 'future', 'CL'), table)
        expect(rows.some(({ low }) => Number(low) < 0)).toBe(true)
        rows.forEach(finite)
      }
    })
  })

  test('a volume of 0 is no trade at any price, and limits hold on both sides of 0', async () => {
    await withEngine(EVENT, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A', { ...ANY, maxPrice: 50 })
      for (const [i, price] of [-50, 50, 0, -50.01, 50.01].entries()) {
        pair.trade(T0, price, 1, Side.Buy, i)
      }
      pair.trade(T0, -3, 0, Side.Buy, 10)
      pair.trade(T0, 0, 1, Side.Buy)
      await engine.flush()
      expect(await pair.stats()).toMatchObject({ stored: 4, rejected: 2, noTrades: 1 })
      expect(pair.candle('1m')).toMatchObject({ low: -50, high: 50, quoteVolume: 0, vwap: 0 })
    })
  })

  test('a group and a chart of it show figures', async () => {
    await withEngine(EVENT, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A', ANY) as Pair
      await tradeAll(pair, spread(400))
      await engine.flush()
      finite(engine.group('all', [pair]).flow())
      const candles = await pair.candles('1m', { includeOpen: true })
      for (const from of [0, 1, 5]) {
        const drawn = chart(candles.slice(from), { columns: 100, colored: false })
        expect(drawn).not.toMatch(/NaN|Infinity|undefined/)
      }
      const at = (open: number, close: number) => [{ ...candles[0], open, close, high: 9, low: -9 }]
      const title = (open: number, close: number) =>
        chart(at(open, close), { columns: 80, colored: false }).split('\n')[0]
      expect(title(4, 5)).toMatch(/▲ \+25\.00 %$/)
      expect(title(0, 5)).toMatch(/▲ \+5$/)
      expect(title(-4, -5)).toMatch(/▼ −1$/)
    })
  })
})

describe('a pair of prices above 0', () => {
  test('rejects others, keeps them, and says once what takes them', async () => {
    await withEngine(EVENT, async (engine, dataDir) => {
      const faults: string[] = []
      engine.on('fault', ({ code, message, pair }) => faults.push(`${pair} ${code} ${message}`))
      const rejects: string[] = []
      engine.on('reject', ({ reason }) => rejects.push(reason))
      for (const symbol of ['A', 'B']) {
        const pair = engine.pair('venue', 'spot', symbol)
        for (const price of [-1, -2, 1]) pair.trade(T0 - price, price, 1, Side.Sell)
        pair.trade(T0, 0, 1, Side.Sell)
        expect(await pair.stats()).toMatchObject({ stored: 1, rejected: 3 })
      }
      await until('both are told', () => faults.length === 2 && rejects.length >= 2)
      expect(faults[0]).toMatch(/^venue:spot:A PRICE_REJECTED .*prices: 'any'.*--prices any/)
      expect(new Set(rejects)).toEqual(new Set(['price']))
      await engine.close()
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      const rows = await sql(path, 'SELECT price, reason FROM rejected_ticks ORDER BY seq')
      expect(rows).toEqual([-1, -2, 0].map((price) => ({ price, reason: 'price' })))
    })
  })
})

describe('replay', () => {
  const rows = [10.01, -13.1, 0, -37.63].map((p, i) => `158740920${i}000,${p},1,sell,${i + 1}`)
  const file = join(folder, 'oil.csv')
  writeFileSync(file, `timestamp,price,amount,side,id\n${rows.join('\n')}\n`)
  let runs = 0
  function replay(...args: string[]) {
    const dir = join(folder, String(runs++))
    const words = [MAIN, 'replay', file, '--json', '--data-dir', dir, ...args]
    const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    const { accepted, rejected, noTrades } = stdout === '' ? ({} as never) : JSON.parse(stdout)
    return { counts: [accepted, rejected, noTrades], stderr, status }
  }

  test('takes what --prices says; without it what the market is, and says so', () => {
    const any = replay('--pair', 'cme:future:CL', '--prices', 'any')
    expect([any.counts, any.stderr]).toEqual([[4, 0, 0], ''])
    const told = replay('--pair', 'cme:future:CL')
    expect(told.counts).toEqual([4, 0, 0])
    expect(told.stderr).toMatch(/prices below 0 are taken as prices.*price=-13\.1/)
    for (const args of [
      ['--pair', 'cme:future:CL', '--prices', 'positive'],
      ['--pair', 'venue:spot:CL'],
    ]) {
      // A price of 0 with an id is no trade there.
      const positive = replay(...args)
      expect(positive.counts).toEqual([1, 2, 1])
      expect(positive.stderr).toMatch(/PRICE_REJECTED.*--prices any/)
    }
    const wrong = replay('--pair', 'cme:future:CL', '--prices', 'some')
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--prices must be')])
  })
})

async function change(path: string, statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(statement)
  connection.closeSync()
  instance.closeSync()
}
