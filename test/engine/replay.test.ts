import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Side, TickEngine, type TradeInput } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import { T0, withDir, withEngine } from '../support/engine-dir.js'
import { naiveCvd, naiveWindow } from '../support/naive-flow.js'
import { type NaiveTick, naiveCandles } from '../support/naive-rollup.js'

const EVENT = { dataDir: ':memory:', clock: 'event' } as const

/** Trades of two pairs with some disorder, a repeat and a bad one. */
function trades(count: number): TradeInput[] {
  return Array.from({ length: count }, (_, i) => {
    const id = i % 50 === 49 ? i - 2 : i
    return {
      exchange: 'venue',
      market: 'spot',
      symbol: id % 3 === 0 ? 'A' : 'B',
      timestamp: T0 + id * 1_700_000 - (id % 7) * 90_000,
      price: i % 97 === 96 ? -1 : 100 + ((id * 7919) % 400) / 10,
      volume: (1 + ((id * 37) % 900)) / 1000,
      side: (['buy', 'sell', 'unknown'] as const)[(id * 31) % 3],
      tradeId: id,
    }
  })
}

describe('replay() in lockstep', () => {
  test('each callback sees exactly the ticks so far', async () => {
    const engine = await TickEngine.open({ ...EVENT, shards: 2 })
    try {
      const soFar = new Map<string, NaiveTick[]>()
      const seen = new Set<number>()
      const source = trades(1200)
      let at = 0
      const counts = await engine.replay(source, { lockstep: true }, (pair, receipt) => {
        const trade = source[at++]
        const ticks = soFar.get(pair.name) ?? []
        soFar.set(pair.name, ticks)
        if (trade.price > 0 && !seen.has(Number(trade.tradeId))) {
          seen.add(Number(trade.tradeId))
          const side = { buy: 1, sell: 2, unknown: 0 }[trade.side]
          ticks.push({ ...trade, timestamp: Number(trade.timestamp), side, seq: receipt } as never)
        }
        const flow = pair.flow()
        const { cvd, newest } = naiveCvd(ticks, 'utc-day')
        expect(flow).toMatchObject({ receipt: ticks[ticks.length - 1].seq, cvd })
        if (at % 100 !== 0) return
        expect(flow?.windows['60s']).toEqual(naiveWindow(ticks, 60e6))
        const open = naiveCandles(ticks, 60e6).filter(({ start }) => newest.timestamp >= start)
        const { start, close, trades: n } = open[open.length - 1]
        expect(pair.candle('1m')).toMatchObject({ timestamp: start, close, trades: n })
      })
      expect(counts).toMatchObject({ read: 1200, received: 1200, refused: 0, warnings: [] })
      expect(at).toBe(1200)
    } finally {
      await engine.close()
    }
  })

  test('decides alike with any number of shards, from a file or one by one, under load or not', async () => {
    await withDir(async (folder) => {
      const file = join(folder, 'made.csv')
      writeFileSync(
        file,
        [...generateCsv({ pairs: 3, ticks: 4000, seed: 11, disorderMs: 400 })].join(''),
      )
      const decide = async (shards: number, busy: boolean) => {
        const engine = await TickEngine.open({ ...EVENT, shards })
        const decisions: string[] = []
        const load = busy ? setInterval(() => void engine.stats(), 0) : undefined
        try {
          await engine.replay(file, { lockstep: true }, async (pair) => {
            const flow = pair.flow()
            const candle = pair.candle('5m')
            if (flow === undefined || candle === undefined) return
            const { imbalance, trades: n } = flow.windows['60s']
            if (Math.abs(imbalance) < 0.6) return
            decisions.push(`${pair.name} ${flow.timestamp} ${imbalance} ${n} ${candle.vwap}`)
            if (busy && decisions.length % 50 === 0) await engine.flush()
          })
        } finally {
          clearInterval(load)
          await engine.close()
        }
        return decisions
      }
      const first = await decide(1, false)
      expect(first.length).toBeGreaterThan(300)
      expect(await decide(2, true)).toEqual(first)
      expect(await decide(3, false)).toEqual(first)
    })
  })
})

test('replay() takes files, iterables and async iterables, and counts what it took', async () => {
  await withEngine(
    { clock: 'event', shards: 1, ringSlots: 1024, overflow: 'reject' },
    async (engine) => {
      async function* slowly() {
        for (const trade of trades(5000)) yield trade
      }
      expect(await engine.replay(slowly())).toMatchObject({
        read: 5000,
        received: 5000,
        refused: 0,
      })
      const bad = { ...trades(1)[0], timestamp: 'no time' }
      expect(await engine.replay([bad])).toMatchObject({ read: 1, received: 0, refused: 1 })
      await expect(engine.replay(7 as never)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
      await expect(engine.replay('nowhere.csv')).rejects.toMatchObject({ code: 'BAD_FEED' })
      const pair = engine.pair('venue', 'spot', 'A')
      expect(pair.trade(T0, 1, 1, Side.Buy, 999_999)).toBeGreaterThan(0)
    },
  )
})

test('replay() says what it made of a file, and each warning is a fault', async () => {
  await withDir(async (dir) => {
    const path = join(dir, 'coinbase.csv')
    const rows = ['sell', 'buy'].map((side, i) => `2025-03-01T00:00:0${i}Z,${i + 1},5,2,${side}`)
    writeFileSync(path, `time,trade_id,price,size,side\n${rows.join('\n')}\n`)
    const engine = await TickEngine.open(EVENT)
    const faults: string[] = []
    engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
    try {
      const own = await engine.replay(path, { pair: 'coinbase:spot:BTC-USD' })
      expect(own).toMatchObject({ read: 2, received: 2, warnings: [] })
      expect(own.readings).toMatchObject([
        { file: path, format: 'coinbase-trades', trades: 2, volumeUnit: 'base units' },
      ])
      const ticks = await engine.find('coinbase:spot:BTC-USD').recentTicks({ limit: 2 })
      ticks.sort((a, b) => a.timestamp - b.timestamp)
      expect(ticks.map(({ side }) => side)).toEqual(['buy', 'sell'])
      const other = { pair: 'venue:spot:A' }
      const told = await engine.replay(path, other)
      expect(told.warnings.map((w) => w.code)).toEqual(['other-venue'])
      expect(faults).toEqual([`FEED_WARNING ${path}: ${told.warnings[0].message}`])
      const said = await engine.replay(path, { ...other, sideOf: 'maker', strict: true })
      expect(said.warnings).toEqual([])
      const strict = engine.replay(path, { pair: 'venue:spot:B', strict: true })
      await expect(strict).rejects.toMatchObject({ code: 'BAD_FEED' })
      expect(engine.pairs().some((key) => key.name === 'venue:spot:B')).toBe(false)
      const sides = engine.replay(path, { ...other, sides: { buy: '1', sell: '1' } })
      await expect(sides).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    } finally {
      await engine.close()
    }
  })
})
