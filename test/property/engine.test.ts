import fc from 'fast-check'
import {
  type Candle,
  type Flow,
  INTERVALS,
  type Interval,
  type Pair,
  type StoredTick,
  TickEngine,
} from 'tickloom'
import { expect, test } from 'vitest'
import {
  CANDLE_TABLES,
  candlesOf,
  closedNaive,
  filePath,
  sql,
  ticksOf,
} from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'
import { mixedTrade } from '../support/mixed-trade.js'
import { naiveCvd, naiveFlowRows, naiveWindow } from '../support/naive-flow.js'
import { inOrder, type NaiveTick, naiveCandles } from '../support/naive-rollup.js'
import { IS_LONG, runs } from '../support/seed.js'

// Whole engines against the naive model: duplicates, disorder within and beyond the lateness, bad
// ticks, flushes, closes and reopenings with other shard counts.

const PAIRS = [
  { symbol: 'SEQ/USDT', tradeIds: 'sequential' },
  { symbol: 'INT/USDT', tradeIds: 'integer' },
  { symbol: 'OFF/USDT', tradeIds: 'integer' },
] as const
const LENGTHS: Record<Interval, number> = {
  '1m': 60e6,
  '5m': 300e6,
  '15m': 900e6,
  '1h': 3600e6,
  '1d': 86_400e6,
}
const SIDES = ['unknown', 'buy', 'sell']
const LATENESS_US = 500_000

type Step =
  | { do: 'ticks'; pair: number; ids: number[] }
  | { do: 'flush' | 'store' | 'read' }
  | { do: 'reopen'; shards: number }

const anId = fc.oneof({ weight: 6, arbitrary: fc.nat(500) }, { weight: 1, arbitrary: fc.nat(20) })
const ticks = fc.oneof(
  // A run with gaps, repeats and a little disorder.
  fc
    .tuple(fc.nat(400), fc.array(fc.integer({ min: -2, max: 4 }), { minLength: 5, maxLength: 120 }))
    .map(([from, jumps]) => {
      let id = from
      return jumps.map((jump) => {
        id = Math.max(0, id + jump)
        return id
      })
    }),
  fc.array(anId, { minLength: 1, maxLength: 20 }),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('ticks' as const), pair: fc.nat(2), ids: ticks }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'store', 'read') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reopen' as const),
      shards: fc.integer({ min: 1, max: 3 }),
    }),
  },
)

interface ModelTick extends NaiveTick {
  id: number
}

class Model {
  readonly stored: ModelTick[][] = PAIRS.map(() => [])
  readonly seen = PAIRS.map(() => new Set<number>())
  readonly first = PAIRS.map(() => -1)
  session = PAIRS.map(() => ({
    received: 0,
    stored: 0,
    duplicates: 0,
    rejected: 0,
    noTrades: 0,
    unknownSide: 0,
  }))

  take(pair: number, id: number, seq: number): void {
    const tick = mixedTrade(pair, id)
    const counts = this.session[pair]
    counts.received++
    if (tick.bad) counts.rejected++
    else if (this.seen[pair].has(id)) counts.duplicates++
    else if (tick.nothing) {
      counts.noTrades++
      this.seen[pair].add(id)
      if (this.first[pair] < 0) this.first[pair] = id
    } else {
      counts.stored++
      if (tick.side === 0) counts.unknownSide++
      this.seen[pair].add(id)
      if (this.first[pair] < 0) this.first[pair] = id
      this.stored[pair].push({ ...tick, id, seq })
    }
  }

  newest(pair: number): number {
    return Math.max(0, ...this.stored[pair].map((tick) => tick.timestamp))
  }

  inOrder(pair: number): ModelTick[] {
    return inOrder(this.stored[pair])
  }

  missing(pair: number): number[] {
    const highest = Math.max(-1, ...this.seen[pair])
    const ids: number[] = []
    if (this.first[pair] < 0) return ids
    for (let id = this.first[pair] + 1; id < highest; id++)
      if (!this.seen[pair].has(id)) ids.push(id)
    return ids
  }
}

function plainTick(tick: StoredTick) {
  return {
    timestamp: tick.timestamp,
    price: tick.price,
    volume: tick.volume,
    side: tick.side,
    id: tick.tradeId,
    seq: tick.seq,
  }
}

function plainCandle(candle: Candle) {
  const { timestamp, open, high, low, close, volume, trades } = candle
  const { buyVolume, sellVolume, quoteVolume, vwap, delta } = candle
  return {
    start: timestamp,
    open,
    high,
    low,
    close,
    volume,
    trades,
    buyVolume,
    sellVolume,
    quoteVolume,
    vwap,
    delta,
  }
}

async function checkPair(pair: Pair, model: Model, index: number) {
  const expected = model.inOrder(index)
  if (expected.length === 0 && model.session[index].received === 0) {
    // Nothing was ever stored of it, or only what was set aside.
    const read = await pair.candles('1m').catch((error: { code: string }) => error.code)
    expect(['UNKNOWN_PAIR', []]).toContainEqual(read)
    return
  }
  const answers = (await pair.recentTicks({ limit: 100_000 })).map(plainTick)
  expect(answers).toEqual(
    expected.map(({ timestamp, price, volume, side, id, seq }) => ({
      timestamp,
      price,
      volume,
      side: SIDES[side],
      id,
      seq,
    })),
  )
  const { received, stored, duplicates, rejected, tooLate, noTrades, ...rest } = await pair.stats()
  const { offered, refused, unknownSide } = rest
  expect({ received, stored, duplicates, rejected, noTrades, unknownSide }).toEqual(
    model.session[index],
  )
  expect(offered).toBe(refused + received)
  expect(received).toBe(stored + duplicates + rejected + tooLate + noTrades)
  for (const interval of INTERVALS) {
    const all = await pair.candles(interval, { includeOpen: true })
    expect(all.map(plainCandle), `${pair.name} ${interval}`).toEqual(
      naiveCandles(expected, LENGTHS[interval]),
    )
    const closed = await pair.candles(interval)
    expect(closed.map(plainCandle), `${pair.name} ${interval} closed`).toEqual(
      closedNaive(expected, LENGTHS[interval], model.newest(index) - LATENESS_US),
    )
  }
  const flow = pair.flow()
  if (model.session[index].stored === 0) return
  const naive = naiveCvd(expected, 'utc-day')
  expect(flow).toMatchObject({
    timestamp: naive.newest.timestamp,
    price: naive.newest.price,
    cvd: naive.cvd,
    anchor: naive.start,
    receipt: Math.max(...expected.map((tick) => tick.seq)),
  })
  expect(flow?.windows).toEqual({
    '60s': naiveWindow(expected, 60e6),
    '15m': naiveWindow(expected, 900e6),
  })
}

function checkTotals(engine: TickEngine, model: Model) {
  const { offered, refused, received, stored, duplicates, rejected, ...rest } = engine.stats()
  const sum = (of: keyof Model['session'][number]) =>
    model.session.reduce((n, counts) => n + counts[of], 0)
  expect([offered, refused, received]).toEqual([sum('received'), 0, sum('received')])
  expect([stored, duplicates, rejected, rest.noTrades, rest.unknownSide]).toEqual([
    sum('stored'),
    sum('duplicates'),
    sum('rejected'),
    sum('noTrades'),
    sum('unknownSide'),
  ])
}

// Posts are conflated, so that their number varies; each is right about the ticks it contains.
function checkPosts(posts: readonly Flow[], model: Model) {
  for (const post of posts.slice(-20)) {
    const index = PAIRS.findIndex(({ symbol }) => post.pair === `venue:spot:${symbol}`)
    const soFar = model.stored[index].filter((tick) => tick.seq <= post.receipt)
    const { cvd, start, newest } = naiveCvd(soFar, 'utc-day')
    expect(post, `flow post of ${post.pair}`).toMatchObject({
      receipt: Math.max(...soFar.map((tick) => tick.seq)),
      timestamp: newest.timestamp,
      price: newest.price,
      cvd,
      anchor: start,
      windows: { '60s': naiveWindow(soFar, 60e6), '15m': naiveWindow(soFar, 900e6) },
    })
  }
}

async function checkGaps(pair: Pair, model: Model, index: number) {
  const gaps = await pair.gaps({ open: true })
  const open = gaps.map((gap) => ({
    ...gap,
    firstId: Number(gap.firstId),
    lastId: Number(gap.lastId),
  }))
  const missing = model.missing(index)
  const inGaps = missing.filter((id) => open.some((g) => id >= g.firstId && id <= g.lastId))
  expect(inGaps, 'missing ids are in gaps').toEqual(missing)
  for (const gap of open) {
    const own = missing.filter((id) => id >= gap.firstId && id <= gap.lastId).length
    expect(gap.missing, `gap ${gap.firstId}..${gap.lastId}`).toBe(own)
  }
}

async function checkFile(
  dataDir: string,
  model: Model,
  index: number,
  events: Map<string, Candle>,
) {
  if (model.stored[index].length === 0) return
  const { symbol } = PAIRS[index]
  const path = filePath(dataDir, 'venue', 'spot', symbol)
  const expected = model.inOrder(index)
  const stored = await ticksOf(path)
  expect(stored.map((tick) => [tick.seq, Number(tick.tradeId)])).toEqual(
    expected.map((tick) => [tick.seq, tick.id]),
  )
  const flowRows = await sql(
    path,
    `SELECT epoch_us(timestamp) AS timestamp, "window", buy_volume AS "buyVolume",
       sell_volume AS "sellVolume", delta, imbalance, trades
     FROM order_flow ORDER BY order_flow.timestamp, "window" DESC`,
  )
  expect(flowRows, `order_flow of ${symbol}`).toEqual(
    naiveFlowRows(model.stored[index], LATENESS_US, [
      ['60s', 60e6],
      ['15m', 900e6],
    ]),
  )
  for (const [i, [table, lengthUs]] of CANDLE_TABLES.entries()) {
    const rows = await candlesOf(path, table)
    expect(rows, `${table} of ${symbol}`).toEqual(
      closedNaive(expected, lengthUs, model.newest(index) - LATENESS_US),
    )
    const revisions = await sql(
      path,
      `SELECT epoch_us(timestamp) AS start, revision FROM ${table} ORDER BY ${table}.timestamp`,
    )
    const told = rows.map(({ start }, n) => {
      const event = events.get(`venue:spot:${symbol} ${INTERVALS[i]} ${start}`)
      return event && { ...plainCandle(event), revision: event.revision, n }
    })
    expect(told, `last candle events of ${symbol} ${table}`).toEqual(
      rows.map((row, n) => ({ ...row, revision: revisions[n]['revision'], n })),
    )
  }
}

async function runSteps(dataDir: string, firstShards: number, steps: readonly Step[]) {
  const model = new Model()
  const events = new Map<string, Candle>()
  const posts: Flow[] = []
  let engine: TickEngine | undefined
  let pairs: Pair[] = []
  const open = async (shards: number) => {
    engine = await TickEngine.open({ dataDir, shards, clock: 'event' })
    engine.on('candle', (c) => events.set(`${c.pair} ${c.interval} ${c.timestamp}`, c))
    engine.on('flow', (flow) => posts.push(flow))
    const faults: string[] = []
    engine.on('fault', (fault) => faults.push(`${fault.code} ${fault.message}`))
    pairs = PAIRS.map(({ symbol, tradeIds }) =>
      (engine as TickEngine).pair('venue', 'spot', symbol, { tradeIds }),
    )
    model.session = PAIRS.map(() => ({
      received: 0,
      stored: 0,
      duplicates: 0,
      rejected: 0,
      noTrades: 0,
      unknownSide: 0,
    }))
    return faults
  }
  let faults = await open(firstShards)
  try {
    for (const step of steps) {
      if (step.do === 'ticks') {
        for (const id of step.ids) {
          const t = mixedTrade(step.pair, id)
          const receipt = pairs[step.pair].trade(t.timestamp, t.price, t.volume, t.side, id)
          expect(receipt).toBeGreaterThan(0)
          model.take(step.pair, id, receipt)
        }
      } else if (step.do === 'reopen') {
        await engine?.close()
        for (const index of PAIRS.keys()) await checkFile(dataDir, model, index, events)
        faults = await open(step.shards)
      } else if (step.do === 'read') {
        engine?.settle()
        checkTotals(engine as TickEngine, model)
        for (const [index, pair] of pairs.entries()) await checkPair(pair, model, index)
      } else await engine?.flush({ stored: step.do === 'store' })
      expect(faults).toEqual([])
    }
    engine?.settle()
    for (const [index, pair] of pairs.entries()) await checkPair(pair, model, index)
    // A tick far ahead, without a gap of its own: every hole before it is now a gap. Three ids at
    // most are of one time.
    const last = Math.max(-1, ...model.seen[0])
    const next = [last + 1, last + 2, last + 3]
    if (last >= 0 && !next.some((id) => mixedTrade(0, id).bad || mixedTrade(0, id).nothing)) {
      for (const id of next) {
        const t = mixedTrade(0, id)
        model.take(0, id, pairs[0].trade(t.timestamp, t.price, t.volume, t.side, id))
      }
      engine?.settle()
      await checkGaps(pairs[0], model, 0)
    }
  } finally {
    await engine?.close()
  }
  for (const index of PAIRS.keys()) await checkFile(dataDir, model, index, events)
  expect(posts.length > 0).toBe(model.stored.some((ticks) => ticks.length > 0))
  checkPosts(posts, model)
}

test('an engine equals the naive model, whatever is flushed, closed and reopened', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { minLength: 3, maxLength: 14 }),
      (shards, steps) => withDir((dataDir) => runSteps(dataDir, shards, steps)),
    ),
    runs(IS_LONG ? 6 : 3),
  )
})
