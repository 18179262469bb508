// A child whose shard worker is terminated until the engine gives the shard up. argv[2]: data
// directory. Prints one JSON line.
import { Refusal, Side, TickEngine } from '../../dist/src/index.js'

const dataDir = process.argv[2]
const workers = []
process.on('worker', (worker) => workers.push(worker))

const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
const faults = []
engine.on('fault', (fault) => faults.push(fault.message))
const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
const T0 = Date.UTC(2025, 2, 1) * 1000
for (let id = 1; id <= 1000; id++) pair.trade(T0 + id, 100, 1, Side.Buy, id)
await engine.flush()

const alive = setInterval(() => undefined, 50)
const seen = new Set()
while (engine.health().status === 'ok') {
  const worker = workers[workers.length - 1]
  if (!seen.has(worker)) {
    seen.add(worker)
    // Up, and all of it stored, so that nothing of DuckDB's is pending; a shard that was given up
    // answers no more.
    await pair.stats().catch(() => undefined)
    await engine.flush({ stored: true }).catch(() => undefined)
    await worker.terminate()
  }
  await new Promise((resolve) => setTimeout(resolve, 5))
}
clearInterval(alive)
const receipt = pair.trade(T0 + 2000, 100, 1, Side.Buy, 2000)
const told = await engine.flush().catch((error) => error.code)
const health = engine.health()
await engine.close()
console.log(
  JSON.stringify({ refusal: receipt, expected: Refusal.ShardFailed, told, health, faults }),
)
