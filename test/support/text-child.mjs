// A child whose shard worker is terminated while text ids are in its ring. argv[2]: the data
// directory. Prints one JSON line.
import { Side, TickEngine } from '../../dist/src/index.js'

const workers = []
process.on('worker', (worker) => workers.push(worker))
const engine = await TickEngine.open({ dataDir: process.argv[2], shards: 1, clock: 'event' })
const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'text' })
const T0 = Date.UTC(2025, 2, 1) * 1000
let sent = 0
function burst(n) {
  for (let i = 0; i < n; i++) {
    if (pair.trade(T0 + sent, 100, 1, Side.Buy, `id-${sent}`) < 0) throw new Error('refused')
    sent++
  }
}
const alive = setInterval(() => undefined, 50)
for (let round = 0; round < 3; round++) {
  burst(3000)
  // Its file is made: nothing of DuckDB's is pending, and only then may a thread be terminated.
  await engine.flush({ stored: true })
  burst(500)
  await workers[workers.length - 1].terminate()
  burst(700)
  await engine.flush()
}
clearInterval(alive)
const { stored } = await pair.stats()
await engine.close()
console.log(JSON.stringify({ sent, stored }))
