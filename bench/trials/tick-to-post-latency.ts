// From the moment a tick is due to the post of the flow that contains it, on the caller's thread. The
// load is open loop: ticks have due times a fixed step apart and are sent late when this thread is
// held up, never fewer; a late one's wait counts (coordinated omission).
//
//   due ──(held up)── trade() ── ring ── shard ── post ── 'flow' handler
//   └───────────────────────── latency ──────────────────────────┘
import { MessageChannel, Worker } from 'node:worker_threads'
import { type Pair, type Side, TickEngine } from '../../src/index.js'
import { type Market, makeMarket, symbolOf } from '../market.js'
import { naivePairs } from '../naive-model.js'
import { nextTurn, openLoop } from '../open-loop.js'
import { quantile } from '../statistics.js'
import type { Run, RunContext, RunResult, Trial } from '../trial.js'

const PAIRS = 100
/** Small batches commit at an age of 5 s: some are among the ticks that count. */
const SECONDS = 12
const WARMUP_SECONDS = 2
const CLEAN_EVERY_MS = 1000
const POST_TIMEOUT_MS = 10_000
/** More of them a second would queue: what is measured is the way, not the load. */
const TRIPS_PER_SECOND = 10_000
const ROUND_TRIPS = 60_000

function latencyFigures(latencies: Float64Array): RunResult {
  const sorted = latencies.sort()
  const p50 = quantile(sorted, 0.5)
  return {
    value: p50,
    figures: {
      p50,
      p99: quantile(sorted, 0.99),
      p999: quantile(sorted, 0.999),
      max: sorted[sorted.length - 1],
    },
  }
}

/** Waits of every tick of a market, in µs, filled as posts arrive. */
class PostWatch {
  readonly waits: Float64Array
  /** How long after its due time this thread sent each tick, µs: part of its wait. */
  readonly held: Float64Array
  left: number
  readonly #receipts: Float64Array
  readonly #due: Float64Array
  /** Indices of a pair's ticks, and how many of them have been posted. */
  readonly #ticks = new Map<string, { indices: number[]; posted: number }>()

  constructor(market: Market, stepMs: number) {
    this.waits = new Float64Array(market.ticks).fill(Number.NaN)
    this.held = new Float64Array(market.ticks)
    this.left = market.ticks
    this.#receipts = new Float64Array(market.ticks).fill(Number.POSITIVE_INFINITY)
    this.#due = Float64Array.from(this.waits, (_, i) => i * stepMs)
    for (let i = 0; i < market.pairs; i++) {
      this.#ticks.set(`bench:spot:${symbolOf(i)}`, { indices: [], posted: 0 })
    }
    const lists = [...this.#ticks.values()]
    for (let i = 0; i < market.ticks; i++) lists[market.pair[i]].indices.push(i)
  }

  sent(tick: number, receipt: number, nowMs: number): void {
    this.held[tick] = (nowMs - this.#due[tick]) * 1000
    this.#receipts[tick] = receipt
  }

  /** Every tick of the pair up to `receipt` is posted `nowMs` after the start. */
  posted(pair: string, receipt: number, nowMs: number): void {
    const ticks = this.#ticks.get(pair)
    if (ticks === undefined) throw new Error(`a post of an unknown pair: ${pair}`)
    const { indices } = ticks
    while (ticks.posted < indices.length && this.#receipts[indices[ticks.posted]] <= receipt) {
      const tick = indices[ticks.posted++]
      this.waits[tick] = (nowMs - this.#due[tick]) * 1000
      this.left--
    }
  }
}

/** `cleaning`: retention and a checkpoint of every file, all the time. */
function postRun(ticksPerSecond: number, cleaning = false): Run {
  return async (context) => {
    const { dataDir, seed, smoke } = context
    const seconds = smoke ? 1 : SECONDS + WARMUP_SECONDS
    const ticks = ticksPerSecond * seconds
    const market = makeMarket({ ticks, pairs: PAIRS, seed, ticksPerSecond })
    const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'wall' })
    const pairs = Array.from({ length: PAIRS }, (_, i) =>
      engine.pair('bench', 'spot', symbolOf(i), { tradeIds: 'sequential' }),
    )
    await Promise.all(pairs.map((pair) => pair.ready()))
    const watch = new PostWatch(market, 1000 / ticksPerSecond)
    const startMs = performance.now() + 100
    engine.on('flow', (flow) => watch.posted(flow.pair, flow.receipt, performance.now() - startMs))
    let cleanups = 0
    const cleaner = setInterval(() => {
      if (cleaning) void engine.cleanup().then(() => cleanups++)
    }, CLEAN_EVERY_MS)
    await send(market, pairs, watch, startMs, ticksPerSecond)
    clearInterval(cleaner)
    const deadline = performance.now() + POST_TIMEOUT_MS
    while (watch.left > 0 && performance.now() < deadline) await nextTurn()
    if (watch.left > 0) throw new Error(`wrong answer: ${watch.left} ticks were never posted`)
    await check(engine, market)
    await engine.close()
    const counted = smoke ? 0 : ticksPerSecond * WARMUP_SECONDS
    const { value, figures } = latencyFigures(watch.waits.slice(counted))
    const heldP99 = quantile(watch.held.slice(counted).sort(), 0.99)
    return { value, figures: { ...figures, heldP99, ...(cleaning ? { cleanups } : {}) } }
  }
}

/** Sends each tick when it is due, its times moved to now. */
function send(
  market: Market,
  pairs: readonly Pair<'sequential'>[],
  watch: PostWatch,
  startMs: number,
  ticksPerSecond: number,
): Promise<void> {
  const { ticks, pair, timestamp, price, volume, side, tradeId } = market
  const shiftUs = Date.now() * 1000 - timestamp[0]
  return openLoop(ticks, ticksPerSecond, startMs, (i, elapsedMs) => {
    const at = timestamp[i] + shiftUs
    const handle = pairs[pair[i]]
    const receipt = handle.trade(at, price[i], volume[i], side[i] as Side, tradeId[i], at)
    if (receipt < 0) throw new Error(`refused: ${receipt}`)
    watch.sent(i, receipt, elapsedMs)
  })
}

async function check(engine: TickEngine, market: Market): Promise<void> {
  await engine.flush({ stored: true })
  const { stored } = engine.stats()
  if (stored !== market.ticks) throw new Error(`wrong answer: stored ${stored}`)
  for (const [index, { cvd, ticks }] of naivePairs(market).entries()) {
    const stats = await engine.pair('bench', 'spot', symbolOf(index)).stats()
    if (stats.cvd === cvd / 1000 && stats.stored === ticks) continue
    throw new Error(`wrong answer: ${stats.pair} cvd ${stats.cvd} not ${cvd / 1000}`)
  }
}

const ECHO = `
const { workerData } = require('node:worker_threads')
workerData.on('message', (message) => workerData.postMessage(message))`

/** Messages there and back under an open loop of their own, from their due times. */
async function roundTrips({ smoke }: RunContext): Promise<RunResult> {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(ECHO, { eval: true, workerData: port2, transferList: [port2] })
  await new Promise((resolve) => worker.once('online', resolve))
  const count = smoke ? 1000 : ROUND_TRIPS
  const waits = new Float64Array(count)
  const startMs = performance.now() + 100
  let back = 0
  let inOrder = true
  port1.on('message', (message: number) => {
    const dueMs = (message * 1000) / TRIPS_PER_SECOND
    waits[back] = (performance.now() - startMs - dueMs) * 1000
    inOrder &&= message === back++
  })
  await openLoop(count, TRIPS_PER_SECOND, startMs, (i) => port1.postMessage(i))
  const deadline = performance.now() + POST_TIMEOUT_MS
  while (back < count && performance.now() < deadline) await nextTurn()
  if (!inOrder || back < count) throw new Error(`wrong answer: ${back} of ${count} came back`)
  port1.close()
  await worker.terminate()
  return latencyFigures(waits.slice(count / 10))
}

function latencyTrial(name: string, ticksPerSecond: number): Trial {
  return {
    name: `tick-to-post-latency-${name}`,
    unit: 'µs p50',
    better: 'lower',
    mustReach: [
      { figure: 'ratio', atLeast: 0.2 },
      { figure: 'p99', atMost: 10_000 },
    ],
    subject: postRun(ticksPerSecond),
    baseline: { name: 'a bare MessagePort round trip, open loop of 10k/s', run: roundTrips },
  }
}

export const latencyTrials: readonly Trial[] = [
  latencyTrial('10k', 10_000),
  latencyTrial('100k', 100_000),
  {
    name: 'tick-to-post-latency-100k-checkpoint',
    unit: 'µs p50',
    better: 'lower',
    mustReach: [{ figure: 'p99', atMost: 20_000 }],
    subject: postRun(100_000, true),
    baseline: { name: 'the same without cleanups', run: postRun(100_000) },
  },
]
