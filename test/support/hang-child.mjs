// A child whose shards hang, throw, exit and run out of heap, by turns. argv[2]: { dataDir, how }.
// Prints one JSON line.
import { TickEngine } from '../../dist/src/index.js'
import { madeTick } from './made-tick.mjs'

const { dataDir, how } = JSON.parse(process.argv[2])
const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
const faults = []
engine.on('fault', ({ code, message }) => faults.push(`${code}: ${message}`))
const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
const channel = new BroadcastChannel('tickloom-test')
let id = 0
const trade = (count) => {
  for (let i = 0; i < count; i++) {
    const t = madeTick('A', ++id)
    if (pair.trade(t.timestamp, t.price, t.volume, t.side, t.tradeId) < 0)
      throw new Error('refused')
  }
}
trade(2000)
await engine.flush()
// The worker has heard before the ticks come.
const heard = new Promise((resolve) => {
  channel.onmessage = resolve
})
channel.postMessage(how)
await heard
// Turns of the host's event loop until the shard is back: a host that waits for it has none.
let turns = 0
const timer = setInterval(() => turns++, 1)
trade(2000)
await engine.flush()
clearInterval(timer)
trade(500)
await engine.flush({ stored: true })
const counts = engine.stats()
channel.close()
await engine.close()
process.stdout.write(`${JSON.stringify({ id, counts, faults, turns })}\n`)
