// A backtest that reads flow and candle at every tick, in lockstep; against the same replay running
// free, whose callbacks see whatever the shards have folded by then.
import { type Flow, TickEngine, type TradeInput } from '../../src/index.js'
import { type Market, makeMarket, symbolOf } from '../market.js'
import { naivePairs } from '../naive-model.js'
import type { Run, Trial } from '../trial.js'

const PAIRS = 10
const TICKS = 200_000
const SMOKE_TICKS = 5000
const SIDES = ['unknown', 'buy', 'sell'] as const

function* tradesOf(market: Market): Generator<TradeInput> {
  for (let i = 0; i < market.ticks; i++) {
    yield {
      exchange: 'bench',
      market: 'spot',
      symbol: symbolOf(market.pair[i]),
      timestamp: market.timestamp[i],
      price: market.price[i],
      volume: market.volume[i],
      side: SIDES[market.side[i]],
      tradeId: market.tradeId[i],
    }
  }
}

function backtest(lockstep: boolean): Run {
  return async ({ dataDir, seed, smoke }) => {
    const ticks = smoke ? SMOKE_TICKS : TICKS
    const market = makeMarket({ ticks, pairs: PAIRS, seed, ticksPerSecond: 100 })
    const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
    const into = { windows: {} } as Flow
    let exact = 0
    const started = performance.now()
    await engine.replay(tradesOf(market), { lockstep }, (pair, receipt) => {
      const flow = pair.flow(into)
      if (flow?.receipt === receipt && pair.candle('1m') !== undefined) exact++
    })
    const seconds = (performance.now() - started) / 1000
    engine.settle()
    for (const [i, { cvd }] of naivePairs(market).entries()) {
      const stats = await engine.pair('bench', 'spot', symbolOf(i)).stats()
      if (stats.cvd !== cvd / 1000) throw new Error(`wrong answer: cvd ${stats.cvd}`)
    }
    await engine.close()
    if (lockstep && exact !== ticks) throw new Error(`wrong answer: ${exact} exact of ${ticks}`)
    return { value: ticks / seconds, figures: { exact } }
  }
}

export const lockstep: Trial = {
  name: 'lockstep',
  unit: 'ticks/s',
  better: 'higher',
  mustReach: [],
  subject: backtest(true),
  baseline: { name: 'the same replay running free', run: backtest(false) },
}
