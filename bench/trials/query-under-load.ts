// How long reads take while ticks come in, against the same reads of an engine that is idle.
import { type Pair, type Side, TickEngine } from '../../src/index.js'
import { makeMarket, symbolOf } from '../market.js'
import { nextTurn, timerLoop } from '../open-loop.js'
import { quantile } from '../statistics.js'
import type { Run, Trial } from '../trial.js'

const PAIRS = 100
const TICKS_PER_SECOND = 100_000
const SECONDS = 12
const IDLE_READS = 4000
const SMOKE_READS = 40

/** Each in turn, of each pair in turn. */
const READS: readonly ((pair: Pair) => Promise<unknown>)[] = [
  (pair) => pair.candles('1m', { limit: 100, includeOpen: true }),
  (pair) => pair.recentTicks({ limit: 100 }),
  (pair) => pair.cvd({ lookback: '15m' }),
  (pair) => pair.imbalance({ window: '60s' }),
]

function readsRun(loaded: boolean): Run {
  return async ({ dataDir, seed, smoke }) => {
    const seconds = smoke ? 1 : SECONDS
    const ticks = TICKS_PER_SECOND * seconds
    const market = makeMarket({ ticks, pairs: PAIRS, seed, ticksPerSecond: TICKS_PER_SECOND })
    const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'wall' })
    const pairs = Array.from({ length: PAIRS }, (_, i) =>
      engine.pair('bench', 'spot', symbolOf(i), { tradeIds: 'sequential' }),
    )
    await Promise.all(pairs.map((pair) => pair.ready()))
    const { pair, timestamp, price, volume, side, tradeId } = market
    const shiftUs = Date.now() * 1000 - timestamp[0]
    const send = (i: number) => {
      const at = timestamp[i] + shiftUs
      const receipt = pairs[pair[i]].trade(at, price[i], volume[i], side[i] as Side, tradeId[i], at)
      if (receipt < 0) throw new Error(`refused: ${receipt}`)
    }
    const waits: number[] = []
    if (loaded) {
      let sent = false
      const sending = timerLoop(ticks, TICKS_PER_SECOND, send).then(() => {
        sent = true
      })
      // A pair that has not traded has nothing to read.
      while (pairs.some((one) => one.offered === 0)) await nextTurn()
      while (!sent) waits.push(await readOnce(pairs as Pair[], waits.length))
      await sending
    } else {
      for (let i = 0; i < ticks; i++) {
        send(i)
        if (i % 10_000 === 0) await engine.drained()
      }
      await engine.flush({ stored: true })
      const count = smoke ? SMOKE_READS : IDLE_READS
      for (let i = 0; i < count; i++) waits.push(await readOnce(pairs as Pair[], i))
    }
    const { stored } = engine.stats()
    await engine.flush()
    if (engine.stats().stored !== ticks) throw new Error(`wrong answer: stored ${stored}`)
    await engine.close()
    // Pairs met for the first time have a file to be made.
    const sorted = Float64Array.from(waits.slice(Math.floor(waits.length / 6))).sort()
    const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)]
    return { value: p50, figures: { p50, p99, reads: sorted.length } }
  }
}

async function readOnce(pairs: readonly Pair[], i: number): Promise<number> {
  const started = performance.now()
  const read = READS[i % READS.length]
  const pair = pairs[Math.floor(i / READS.length) % pairs.length]
  await read(pair)
  return performance.now() - started
}

export const queryUnderLoad: Trial = {
  name: 'query-under-load',
  unit: 'ms p50',
  better: 'lower',
  mustReach: [{ figure: 'p99', atMost: 10 }],
  subject: readsRun(true),
  baseline: { name: 'the same reads, idle', run: readsRun(false) },
}
