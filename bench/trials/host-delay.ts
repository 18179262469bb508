// How late the host's event loop is with an engine in its process that commits, checkpoints and
// cleans up, against the same host that only makes the ticks.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Side, TickEngine } from '../../src/index.js'
import { makeMarket, symbolOf } from '../market.js'
import { timerLoop } from '../open-loop.js'
import type { Run, Trial } from '../trial.js'

const PAIRS = 100
const TICKS_PER_SECOND = 100_000
const SECONDS = 15
const WARMUP_SECONDS = 3
const MOST_ADDED_MS = 2

function hostRun(withEngine: boolean): Run {
  return async ({ dataDir, seed, smoke }) => {
    const ticks = TICKS_PER_SECOND * (smoke ? 1 : SECONDS)
    const market = makeMarket({ ticks, pairs: PAIRS, seed, ticksPerSecond: TICKS_PER_SECOND })
    const { pair, timestamp, price, volume, side, tradeId } = market
    const shiftUs = Date.now() * 1000 - timestamp[0]
    const engine = withEngine
      ? await TickEngine.open({ dataDir, shards: 1, clock: 'wall', retentionEveryMs: 2000 })
      : undefined
    const handles = Array.from({ length: PAIRS }, (_, i) =>
      engine?.pair('bench', 'spot', symbolOf(i), { tradeIds: 'sequential' }),
    )
    engine?.on('flow', () => undefined)
    let sum = 0
    const send = (i: number) => {
      const at = timestamp[i] + shiftUs
      const handle = handles[pair[i]]
      if (handle === undefined) sum += at * price[i] * volume[i] * side[i] * tradeId[i]
      else handle.trade(at, price[i], volume[i], side[i] as Side, tradeId[i], at)
    }
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    let cold = true
    await timerLoop(ticks, TICKS_PER_SECOND, send, (elapsedMs) => {
      if (cold && elapsedMs > WARMUP_SECONDS * 1000) delay.reset()
      cold = elapsedMs <= WARMUP_SECONDS * 1000
    })
    delay.disable()
    if (engine === undefined && sum === 0) throw new Error('wrong answer: nothing was sent')
    await engine?.flush({ stored: true })
    const stored = engine?.stats().stored ?? ticks
    if (stored !== ticks) throw new Error(`wrong answer: stored ${stored} of ${ticks}`)
    await engine?.close()
    const ms = (percentile: number) => delay.percentile(percentile) / 1e6
    return { value: ms(99.9), figures: { p50: ms(50), p99: ms(99), p999: ms(99.9) } }
  }
}

export const hostDelay: Trial = {
  name: 'host-delay',
  unit: 'ms p99.9',
  better: 'lower',
  mustReach: [{ figure: 'p999Added', atMost: MOST_ADDED_MS }],
  subject: hostRun(true),
  baseline: { name: 'the same host without an engine', run: hostRun(false) },
}
