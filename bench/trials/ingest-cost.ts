// What a trade costs the caller: written and published, while the worker drains; against handing the
// worker arrays of objects. Bursts fit the ring; between two of them, off the clock, the worker
// catches up, so that a figure is never the worker's.
import { Worker } from 'node:worker_threads'
import { Bench } from 'tinybench'
import { type Side, TickEngine } from '../../src/index.js'
import { type Market, makeMarket, symbolOf } from '../market.js'
import type { Run, Trial } from '../trial.js'

const PAIRS = 100
const BURST = 32_768
const ARRAY = 1000
const BURSTS = 100
const SMOKE_BURSTS = 5
const WARMUP = 10

/** Median ns a tick over the bursts. */
async function nsPerTick(
  smoke: boolean,
  burst: () => Promise<void>,
  before: () => Promise<void>,
): Promise<number> {
  const bench = new Bench({
    time: 0,
    iterations: smoke ? SMOKE_BURSTS : BURSTS,
    warmupTime: 0,
    warmupIterations: smoke ? 1 : WARMUP,
    throws: true,
  })
  bench.add('burst', burst, { beforeEach: before })
  const [task] = await bench.run()
  const { result } = task
  if (result.state !== 'completed') throw new Error(`the bench ended ${result.state}`)
  return (result.latency.p50 * 1e6) / BURST
}

function marketOf(seed: number): Market {
  return makeMarket({ ticks: BURST, pairs: PAIRS, seed, ticksPerSecond: 100_000 })
}

const trades: Run = async ({ dataDir, seed, smoke }) => {
  const market = marketOf(seed)
  const engine = await TickEngine.open({
    dataDir,
    shards: 1,
    clock: 'event',
    overflow: 'reject',
    closeTimeoutMs: 60_000,
  })
  const pairs = Array.from({ length: PAIRS }, (_, i) =>
    engine.pair('bench', 'spot', symbolOf(i), { tradeIds: 'sequential' }),
  )
  const ids = new Float64Array(PAIRS)
  const { pair, timestamp, price, volume, side } = market
  const spanUs = timestamp[BURST - 1] - timestamp[0] + 1
  let bursts = 0
  let refused = 0
  const ns = await nsPerTick(
    smoke,
    async () => {
      const shiftUs = bursts * spanUs
      for (let i = 0; i < BURST; i++) {
        const p = pair[i]
        const at = timestamp[i] + shiftUs
        const receipt = pairs[p].trade(at, price[i], volume[i], side[i] as Side, ++ids[p], at)
        if (receipt < 0) refused++
      }
      // The last of the burst is published in the microtask that this lets run first.
      await undefined
      bursts++
    },
    async () => {
      await new Promise((resolve) => setImmediate(resolve))
      engine.settle()
    },
  )
  engine.settle()
  const { stored, duplicates, rejected } = engine.stats()
  const wrong = refused + duplicates + rejected
  if (wrong > 0 || stored !== bursts * BURST) {
    throw new Error(`wrong answer: stored ${stored} of ${bursts * BURST}, wrong ${wrong}`)
  }
  await checkCvd(engine, market, bursts)
  await engine.close()
  return { value: ns }
}

async function checkCvd(engine: TickEngine, market: Market, bursts: number): Promise<void> {
  const cvd = new Float64Array(PAIRS)
  for (let i = 0; i < BURST; i++) {
    cvd[market.pair[i]] += market.side[i] === 1 ? market.thousandths[i] : -market.thousandths[i]
  }
  for (let i = 0; i < PAIRS; i++) {
    const stats = await engine.pair('bench', 'spot', symbolOf(i)).stats()
    const expected = (cvd[i] * bursts) / 1000
    if (stats.cvd !== expected) throw new Error(`wrong answer: cvd ${stats.cvd} not ${expected}`)
  }
}

/** Receives arrays of ticks; answers a 'sum' with how many it saw and the volume they had. */
const RECEIVER = `
const { parentPort } = require('node:worker_threads')
let ticks = 0
let thousandths = 0
parentPort.on('message', (message) => {
  if (message === 'sum') return parentPort.postMessage({ ticks, thousandths })
  ticks += message.length
  for (const tick of message) thousandths += Math.round(tick.volume * 1000)
})`

const arrays: Run = async ({ seed, smoke }) => {
  const market = marketOf(seed)
  const worker = new Worker(RECEIVER, { eval: true })
  const sum = () =>
    new Promise<{ ticks: number; thousandths: number }>((resolve) => {
      worker.once('message', resolve)
      worker.postMessage('sum')
    })
  const symbols = Array.from({ length: PAIRS }, (_, i) => symbolOf(i))
  const { pair, timestamp, price, volume, side } = market
  let bursts = 0
  const ns = await nsPerTick(
    smoke,
    async () => {
      for (let from = 0; from < BURST; from += ARRAY) {
        const ticks = []
        for (let i = from; i < Math.min(BURST, from + ARRAY); i++) {
          ticks.push({
            symbol: symbols[pair[i]],
            timestamp: timestamp[i],
            price: price[i],
            volume: volume[i],
            side: side[i],
            tradeId: bursts * BURST + i,
            receivedAt: timestamp[i],
          })
        }
        worker.postMessage(ticks)
      }
      bursts++
    },
    async () => {
      await sum()
    },
  )
  const { ticks, thousandths } = await sum()
  const expected = market.thousandths.reduce((a, b) => a + b, 0) * bursts
  if (ticks !== bursts * BURST || thousandths !== expected) {
    throw new Error(`wrong answer: the worker saw ${ticks} ticks, volume ${thousandths}`)
  }
  await worker.terminate()
  return { value: ns }
}

export const ingestCost: Trial = {
  name: 'ingest-cost',
  unit: 'ns/trade',
  better: 'lower',
  mustReach: [{ figure: 'ratio', atLeast: 8 }],
  subject: trades,
  baseline: { name: 'arrays of 1,000 tick objects by postMessage', run: arrays },
}
