// A child that closes its engine while retention is at a pair. argv[2]: the data directory.
import { TickEngine } from '../../dist/src/index.js'

const engine = await TickEngine.open({ dataDir: process.argv[2], shards: 1, retentionEveryMs: 100 })
const channel = new BroadcastChannel('tickloom-test')
const retaining = new Promise((resolve) => {
  channel.onmessage = resolve
})
for (const symbol of ['A', 'B', 'C']) {
  const pair = engine.pair('venue', 'spot', symbol)
  for (let id = 1; id <= 100; id++) pair.trade(Date.now() * 1000, 100, 1, 1, id)
}
await retaining
const closed = engine.close()
channel.postMessage('closing')
await closed
channel.close()
process.stdout.write('closed\n')
