// Entry of a child process: a data directory of many pairs, each with three commits of ticks and
// candles. In a process of its own, so that its memory is not that of whoever opens it again.
import { type Side, TickEngine } from '../src/index.js'
import { makeMarket, symbolOf } from './market.js'

const COMMITS = 3
const TICKS_A_COMMIT = 400

const { dataDir, seed, pairs } = JSON.parse(process.argv[2]) as {
  dataDir: string
  seed: number
  pairs: number
}
const market = makeMarket({
  ticks: pairs * TICKS_A_COMMIT * COMMITS,
  pairs,
  seed,
  ticksPerSecond: pairs * 2,
})
const engine = await TickEngine.open({ dataDir, shards: 2, clock: 'event', overflow: 'block' })
const handles = Array.from({ length: pairs }, (_, i) =>
  engine.pair('bench', 'spot', symbolOf(i), { tradeIds: 'sequential' }),
)
const { ticks, pair, timestamp, price, volume, side, tradeId } = market
for (let i = 0; i < ticks; i++) {
  handles[pair[i]].trade(timestamp[i], price[i], volume[i], side[i] as Side, tradeId[i])
  if ((i + 1) % (ticks / COMMITS) === 0) await engine.flush({ stored: true })
}
// A pair that the market's distribution left out gets its file too.
for (const [i, handle] of handles.entries()) {
  if (handle.offered === 0) handle.trade(timestamp[ticks - 1] + i, 100, 1, 1, 1)
}
await engine.close()
