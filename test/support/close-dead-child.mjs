// A child whose shard worker is dead when close() is called. argv[2]: { dataDir, when }: 'at once', or
// 'later', when the engine has heard of it. Prints one JSON line.
import { rmSync } from 'node:fs'
import { Side, TickEngine } from '../../dist/src/index.js'

const { dataDir, when } = JSON.parse(process.argv[2])
const workers = []
process.on('worker', (worker) => workers.push(worker))
const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
const faults = []
engine.on('fault', (fault) => faults.push(fault.code))
const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
const T0 = Date.UTC(2025, 2, 1) * 1000
for (let id = 1; id <= 100; id++) pair.trade(T0 + id, 100, 1, Side.Buy, id)
await engine.flush()
const dead = workers[workers.length - 1].terminate()
for (let id = 101; id <= 200; id++) pair.trade(T0 + id, 100, 1, Side.Buy, id)
const asked = engine.flush().then(
  () => 'flushed',
  (error) => error.code,
)
if (when === 'later') {
  await dead
  while (faults.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
}
await engine.close()
const told = await asked
if (when === 'gone') rmSync(dataDir, { recursive: true, force: true })
// Whatever was still to come would come now, and bring the process down.
await new Promise((resolve) => setTimeout(resolve, 300))
console.log(JSON.stringify({ told, faults }))
