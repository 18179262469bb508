// From trade() to durable: what a caller who waits for the disk waits, against a write and a sync of
// 4 KB alone.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Side, TickEngine } from '../../src/index.js'
import { makeMarket, symbolOf } from '../market.js'
import { nextTurn, timerLoop } from '../open-loop.js'
import { quantile } from '../statistics.js'
import type { Run, RunResult, Trial } from '../trial.js'

const TICKS_PER_SECOND = 10_000
const SECONDS = 12
const WARMUP_TICKS = 20_000
const PAIRS = 20
const SYNCS = 1000
const MOST_P99_MS = 50

function figuresOf(waits: Float64Array): RunResult {
  const sorted = waits.sort()
  const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)]
  return { value: p50, figures: { p50, p99, max: sorted[sorted.length - 1] } }
}

const acknowledged: Run = async ({ dataDir, seed, smoke }) => {
  const ticks = TICKS_PER_SECOND * (smoke ? 1 : SECONDS)
  const market = makeMarket({ ticks, pairs: PAIRS, seed, ticksPerSecond: TICKS_PER_SECOND })
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'wall' })
  const pairs = Array.from({ length: PAIRS }, (_, i) =>
    engine.pair('bench', 'spot', symbolOf(i), { tradeIds: 'sequential' }),
  )
  await Promise.all(pairs.map((pair) => pair.ready()))
  const { pair, timestamp, price, volume, side, tradeId } = market
  const shiftUs = Date.now() * 1000 - timestamp[0]
  const waits = new Float64Array(ticks)
  const sent = new Float64Array(ticks)
  const receipts = new Float64Array(ticks)
  let last = 0
  let durable = 0
  const look = () => {
    const now = performance.now()
    while (durable < last && pairs[pair[durable]].durable(receipts[durable])) {
      waits[durable] = now - sent[durable]
      durable++
    }
  }
  await timerLoop(
    ticks,
    TICKS_PER_SECOND,
    (i) => {
      const at = timestamp[i] + shiftUs
      const handle = pairs[pair[i]]
      receipts[i] = handle.trade(at, price[i], volume[i], side[i] as Side, tradeId[i], at)
      sent[i] = performance.now()
      last = i + 1
    },
    look,
  )
  while (durable < ticks) {
    await nextTurn()
    look()
  }
  await engine.flush({ stored: true })
  const { stored } = engine.stats()
  await engine.close()
  if (stored !== ticks) throw new Error(`wrong answer: stored ${stored} of ${ticks}`)
  return figuresOf(waits.slice(smoke ? 0 : WARMUP_TICKS))
}

const synced: Run = async ({ dataDir, smoke }) => {
  const fd = openSync(join(dataDir, 'synced'), 'w')
  const bytes = Buffer.alloc(4096, 7)
  const waits = new Float64Array(smoke ? 20 : SYNCS)
  for (let i = 0; i < waits.length; i++) {
    const started = performance.now()
    writeSync(fd, bytes)
    fdatasyncSync(fd)
    waits[i] = performance.now() - started
  }
  closeSync(fd)
  return figuresOf(waits)
}

export const ackLatency: Trial = {
  name: 'ack-latency',
  unit: 'ms p50',
  better: 'lower',
  mustReach: [{ figure: 'p99', atMost: MOST_P99_MS }],
  subject: acknowledged,
  baseline: { name: 'write and fdatasync of 4 KB', run: synced },
}
