// A child that ends in the middle of trading, in one of the ways a host ends. argv[2]: { dataDir, how }.
// Tells its parent what was durable by then.
import { TickEngine } from '../../dist/src/index.js'
import { madeTick } from './made-tick.mjs'

const { dataDir, how } = JSON.parse(process.argv[2])
const engine = await TickEngine.open({ dataDir, shards: 2, clock: 'event' })
const names = ['A', 'B', 'C']
const pairs = names.map((name) => engine.pair('venue', 'spot', name, { tradeIds: 'sequential' }))
let id = 0
const trade = (count) => {
  for (let i = 0; i < count; i++) {
    id++
    for (const [at, pair] of pairs.entries()) {
      const t = madeTick(names[at], id)
      pair.trade(t.timestamp, t.price, t.volume, t.side, t.tradeId)
    }
  }
}
trade(3000)
await engine.flush()
await new Promise((resolve) => process.send({ durable: id }, resolve))
trade(700)
if (how === 'exit') process.exit(0)
if (how === 'throw') throw new Error('the host has a bug')
if (how === 'reject') await Promise.reject(new Error('nobody caught this'))
if (how === 'SIGTERM' || how === 'SIGINT') process.kill(process.pid, how)
if (how === 'return') await engine.close()
else await new Promise(() => setInterval(() => undefined, 1000))
process.disconnect()
