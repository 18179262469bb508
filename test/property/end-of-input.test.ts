import { cpSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  type Candle,
  type EngineOptions,
  INTERVALS,
  type Pair,
  type Side,
  TickEngine,
  type TradeInput,
} from 'tickloom'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, closedNaive } from '../support/closed-file.js'
import { T0, withDir } from '../support/engine-dir.js'
import type { NaiveTick } from '../support/naive-rollup.js'
import { IS_LONG, runs } from '../support/seed.js'

// The end of an input: the tables hold the candles that are open as they stand, and each candle
// once, whatever comes after it: more of the same day, the same again, a close, a crash, a session
// that trades. Against the naive model, after every step.

const LATENESS_US = 2_000_000
const SIDES = ['unknown', 'buy', 'sell'] as const
const KEY = ['venue', 'spot', 'A'] as const

type Step =
  | { do: 'replay'; jumps: number[]; how: 'iterable' | 'lockstep' | 'open end' }
  | { do: 'again' | 'store' | 'flush' | 'crash' }
  | { do: 'trade'; jumps: number[] }
  | { do: 'reopen'; shards: number }

// Steps of exchange time, s: within a minute, over minutes, hours, and days; some back.
const jumps = (most: number) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -1, max: 30 }) },
      { weight: 2, arbitrary: fc.integer({ min: 30, max: 900 }) },
      { weight: 1, arbitrary: fc.integer({ min: 900, max: 20_000 }) },
      { weight: 1, arbitrary: fc.constant(-100) },
    ),
    { minLength: 1, maxLength: most },
  )
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('replay' as const),
      jumps: jumps(25),
      how: fc.constantFrom('iterable', 'iterable', 'lockstep', 'open end'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trade' as const), jumps: jumps(4) }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('again', 'store', 'flush', 'crash').map((word) => ({ do: word })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reopen' as const),
      shards: fc.integer({ min: 1, max: 3 }),
    }),
  },
)

class Model {
  readonly ticks: NaiveTick[] = []
  newest = 0
  /** Whether ticks come behind the watermark, too. */
  private readonly late: boolean
  /** Rows of open candles are there. */
  shown = false
  /** Minutes that a late tick has changed, or made. */
  readonly revised = new Set<number>()

  constructor(late: boolean) {
    this.late = late
  }

  get watermark(): number {
    return this.newest - LATENESS_US
  }

  /** Ticks behind the last one, as the engine takes them. */
  make(steps: readonly number[]): TradeInput[] {
    return steps.map((seconds) => {
      const last = this.ticks.at(-1)?.timestamp ?? T0 + 5 * 3600e6
      const seq = this.ticks.length + 1
      const ahead = seconds < -1 && !this.late ? 1 : seconds
      const timestamp = Math.max(last + ahead * 1_000_000, this.leastTime()) + (seq % 7)
      const minute = timestamp - (timestamp % 60e6)
      if (minute + 60e6 <= this.watermark) this.revised.add(minute)
      this.newest = Math.max(this.newest, timestamp)
      const [price, volume] = [100 + (seq % 13) / 8, (1 + (seq % 9)) / 4]
      this.ticks.push({ timestamp, seq, price, volume, side: seq % 3 })
      this.shown = false
      return this.tradeOf(this.ticks[seq - 1])
    })
  }

  all(): TradeInput[] {
    return this.ticks.map((tick) => this.tradeOf(tick))
  }

  /** Rows of a table; without open ones, where they are not asked for. */
  rows(lengthUs: number, open: boolean) {
    const through = open ? Number.MAX_SAFE_INTEGER : this.watermark
    return closedNaive(this.ticks, lengthUs, through)
  }

  // Some disorder, within the lateness.
  private leastTime(): number {
    return this.late ? 0 : this.watermark
  }

  private tradeOf({ timestamp, price, volume, side, seq }: NaiveTick): TradeInput {
    const [exchange, market, symbol] = KEY
    const fields = { exchange, market, symbol, timestamp, price, volume, tradeId: seq }
    return { ...fields, side: SIDES[side] }
  }
}

const figures = (c: Candle) => {
  const { timestamp: start, open, high, low, close, volume, trades } = c
  const { buyVolume, sellVolume, quoteVolume, vwap, delta } = c
  const sums = { buyVolume, sellVolume, quoteVolume, vwap, delta }
  return { start, open, high, low, close, volume, trades, ...sums }
}

async function check(pair: Pair, model: Model): Promise<void> {
  if (model.ticks.length === 0) return
  for (const [level, [table, lengthUs]] of CANDLE_TABLES.entries()) {
    const rows = await pair.query(
      `SELECT epoch_us(timestamp) AS start, open, high, low, close, volume, trades,
         buy_volume AS "buyVolume", sell_volume AS "sellVolume", quote_volume AS "quoteVolume",
         vwap, delta, revision FROM ${table} ORDER BY timestamp`,
    )
    const stored = rows.map(({ revision, ...row }) => row)
    expect([table, stored]).toEqual([table, model.rows(lengthUs, model.shown)])
    if (model.revised.size === 0) expect(new Set(rows.map((r) => r['revision']))).not.toContain(1)
    const interval = INTERVALS[level]
    for (const includeOpen of [true, false]) {
      const wanted = model.rows(lengthUs, includeOpen)
      const all = await pair.candles(interval, { includeOpen })
      expect([table, includeOpen, all.map(figures)]).toEqual([table, includeOpen, wanted])
      const open = all.filter(({ closed }) => !closed)
      const isOpen = (c: Candle) => c.timestamp + lengthUs > model.watermark
      expect(open).toEqual(all.filter(isOpen))
      const few = await pair.candles(interval, { includeOpen, limit: 2 })
      expect(few).toEqual(all.slice(-2))
    }
  }
  const flow = await pair.query('SELECT count(DISTINCT timestamp) AS n FROM order_flow')
  // A minute has its windows when it has closed, and none that late ticks alone have made.
  if (model.revised.size === 0) {
    expect(flow).toEqual([{ n: model.rows(60e6, false).length }])
  }
}

test('each candle has one row, open ones from the end of an input to the next tick', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), fc.boolean(), (steps, late) =>
      withDir((folder) => run(folder, steps as Step[], late)),
    ),
    { ...runs(IS_LONG ? 6 : 2), endOnFailure: true },
  )
}, 240_000)

async function run(folder: string, steps: readonly Step[], late: boolean): Promise<void> {
  const options = { clock: 'event', retention: 'off', latenessMs: LATENESS_US / 1000 } as const
  let dataDir = join(folder, '0')
  const open = (more: Partial<EngineOptions> = {}) =>
    TickEngine.open({ ...options, dataDir, shards: 1, ...more })
  let engine = await open()
  const model = new Model(late)
  try {
    for (const [i, one] of steps.entries()) {
      const pair = engine.pair(...KEY)
      if (one.do === 'replay') {
        const openEnd = one.how === 'open end'
        await engine.replay(model.make(one.jumps), { lockstep: one.how === 'lockstep', openEnd })
        model.shown = !openEnd
      } else if (one.do === 'again') {
        await engine.replay(model.all())
        model.shown = model.ticks.length > 0
      } else if (one.do === 'trade') {
        for (const { timestamp, price, volume, side, tradeId } of model.make(one.jumps)) {
          const taker = SIDES.indexOf(side as 'buy') as Side
          pair.trade(Number(timestamp), price, volume, taker, Number(tradeId))
        }
      } else if (one.do === 'reopen') {
        await engine.close()
        engine = await open({ shards: one.shards })
      } else {
        await engine.flush({ stored: one.do === 'store' })
        if (one.do !== 'crash') continue
        const from = dataDir
        dataDir = join(folder, String(i + 1))
        cpSync(from, dataDir, { recursive: true })
        await engine.close()
        engine = await open()
      }
      // Now and then nothing is asked, and so nothing stored: steps meet in one commit.
      if (i % 3 !== 1) await check(engine.pair(...KEY) as Pair, model)
    }
    await check(engine.pair(...KEY) as Pair, model)
  } finally {
    await engine.close()
  }
  expect((await verify(dataDir)).problems).toEqual([])
}
