// Reading a pair's latest flow from shared memory, against a Map lookup and a copy of the object.
import { Bench } from 'tinybench'
import { type Flow, type Side, TickEngine } from '../../src/index.js'
import { makeMarket, symbolOf } from '../market.js'
import { naivePairs } from '../naive-model.js'
import type { Run, Trial } from '../trial.js'

/** The timer's grain is 40 ns: a sample is a loop. */
const READS = 1000
const PAIRS = 10

async function nsPerRead(
  smoke: boolean,
  loops: Readonly<Record<string, () => void>>,
): Promise<Record<string, number>> {
  const time = smoke ? 50 : 1000
  const bench = new Bench({ time, warmupTime: time / 4, throws: true })
  for (const [name, loop] of Object.entries(loops)) bench.add(name, loop)
  const figures: Record<string, number> = {}
  for (const { name, result } of await bench.run()) {
    if (result.state !== 'completed') throw new Error(`the bench ended ${result.state}`)
    figures[name] = (result.latency.p50 * 1e6) / READS
  }
  return figures
}

const reads: Run = async ({ dataDir, seed, smoke }) => {
  const market = makeMarket({ ticks: 20_000, pairs: PAIRS, seed, ticksPerSecond: 1000 })
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
  const pairs = Array.from({ length: PAIRS }, (_, i) =>
    engine.pair('bench', 'spot', symbolOf(i), { tradeIds: 'sequential' }),
  )
  let last = 0
  for (let i = 0; i < market.ticks; i++) {
    const { timestamp, price, volume, side, tradeId } = market
    const pair = pairs[market.pair[i]]
    const receipt = pair.trade(timestamp[i], price[i], volume[i], side[i] as Side, tradeId[i])
    if (market.pair[i] === 0) last = receipt
  }
  engine.settle()
  const btc = pairs[0]
  const into = btc.flow() as Flow
  const model = naivePairs(market)[0]
  if (into.receipt !== last || into.cvd !== model.cvd / 1000) {
    throw new Error(`wrong answer: flow of ${into.receipt}, cvd ${into.cvd}, not ${last}`)
  }
  let sum = 0
  const { fresh, reused } = await nsPerRead(smoke, {
    fresh: () => {
      for (let i = 0; i < READS; i++) sum += (btc.flow() as Flow).receipt
    },
    reused: () => {
      for (let i = 0; i < READS; i++) sum += (btc.flow(into) as Flow).receipt
    },
  })
  if (sum === 0 || sum % last !== 0) throw new Error(`wrong answer: reads sum up to ${sum}`)
  await engine.close()
  return { value: fresh, figures: { into: reused } }
}

function sampleFlow(pair: string, receipt: number): Flow {
  const window = { buyVolume: 1.5, sellVolume: 0.5, delta: 1, imbalance: 0.5, trades: 12 }
  return {
    pair,
    seq: receipt,
    receipt,
    timestamp: 1_767_571_200_000_000,
    price: 50_000.25,
    cvd: 12.5,
    anchor: 1_767_571_200_000_000,
    windows: { '60s': { ...window }, '15m': { ...window } },
  }
}

function copyOf(flow: Flow): Flow {
  const { windows } = flow
  return { ...flow, windows: { '60s': { ...windows['60s'] }, '15m': { ...windows['15m'] } } }
}

const lookups: Run = async ({ smoke }) => {
  const names = Array.from({ length: PAIRS }, (_, i) => `bench:spot:${symbolOf(i)}`)
  const flows = new Map(names.map((name, i) => [name, sampleFlow(name, i + 1)]))
  let sum = 0
  const { copies } = await nsPerRead(smoke, {
    copies: () => {
      for (let i = 0; i < READS; i++) sum += copyOf(flows.get(names[0]) as Flow).receipt
    },
  })
  if (sum === 0) throw new Error('wrong answer: nothing was read')
  return { value: copies }
}

export const flowRead: Trial = {
  name: 'flow-read',
  unit: 'ns/read',
  better: 'lower',
  mustReach: [
    { figure: 'median', atMost: 300 },
    { figure: 'into', atMost: 300 },
  ],
  subject: reads,
  baseline: { name: 'Map lookup and object copy', run: lookups },
}
