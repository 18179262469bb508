// A million ticks of a pair to the caller: as columns, against the same read as row objects.
import { TickEngine } from '../../src/index.js'
import { type Market, makeMarket, symbolOf } from '../market.js'
import { median } from '../statistics.js'
import type { Run, Trial } from '../trial.js'

const TICKS = 1_000_000
const SMOKE_TICKS = 20_000
/** The first read of a fresh file is not what is compared. */
const READS = 4

function reads(columns: boolean): Run {
  return async ({ dataDir, seed, smoke }) => {
    const ticks = smoke ? SMOKE_TICKS : TICKS
    const market = makeMarket({ ticks, pairs: 1, seed, ticksPerSecond: 2000 })
    const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
    const pair = engine.pair('bench', 'spot', symbolOf(0), { tradeIds: 'sequential' })
    for (let from = 0; from < ticks; ) {
      const batch = pair.tradeBatch(slice(market, from))
      from += batch.taken
      if (from < ticks) await engine.drained()
    }
    await engine.flush({ stored: true })
    const times: number[] = []
    for (let i = 0; i < READS; i++) {
      const started = performance.now()
      const sum = columns
        ? sumOf((await pair.recentTicks({ limit: ticks, columns: true })).price)
        : (await pair.recentTicks({ limit: ticks })).reduce((n, { price }) => n + price, 0)
      times.push(performance.now() - started)
      if (sum !== sumOf(market.price)) throw new Error(`wrong answer: prices ${sum}`)
    }
    await engine.close()
    return { value: median(times.slice(1)) }
  }
}

function slice(market: Market, from: number) {
  const { timestamp, price, volume, side, tradeId, receivedAt } = market
  return {
    timestamp: timestamp.subarray(from),
    price: price.subarray(from),
    volume: volume.subarray(from),
    side: side.subarray(from),
    tradeId: tradeId.subarray(from),
    receivedAt: receivedAt.subarray(from),
  }
}

function sumOf(prices: Float64Array): number {
  return prices.reduce((n, price) => n + price, 0)
}

export const readColumns: Trial = {
  name: 'read-columns',
  unit: 'ms for 1M ticks',
  better: 'lower',
  mustReach: [{ figure: 'ratio', atLeast: 5 }],
  subject: reads(true),
  baseline: { name: 'the same as row objects', run: reads(false) },
}
