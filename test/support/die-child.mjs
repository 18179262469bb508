// A child whose shard worker is terminated under it. argv[2]: { dataDir, rounds }. Prints one JSON line.
// Workers are found by the event Node emits for every new one; no hook in the engine is needed.
import { TickEngine } from '../../dist/src/index.js'
import { madeTick } from './made-tick.mjs'

const { dataDir, rounds } = JSON.parse(process.argv[2])
const workers = []
process.on('worker', (worker) => workers.push(worker))

const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
const faults = []
const candles = []
engine.on('fault', (fault) => faults.push(fault.code))
engine.on('candle', (c) => candles.push(`${c.pair} ${c.interval} ${c.timestamp} ${c.revision}`))
const names = ['A', 'B']
const pairs = names.map((name) => engine.pair('venue', 'spot', name, { tradeIds: 'sequential' }))
let id = 0

function burst(n) {
  for (let i = 0; i < n; i++) {
    id++
    for (const [at, pair] of pairs.entries()) {
      const t = madeTick(names[at], id)
      const receipt = pair.trade(t.timestamp, t.price, t.volume, t.side, t.tradeId)
      if (receipt < 0) throw new Error(`refused: ${receipt}`)
    }
  }
}

for (let round = 0; round < rounds; round++) {
  burst(500 + round * 37)
  await engine.flush({ stored: true })
  const before = workers.length
  burst(100)
  // Nothing of DuckDB's is pending now: only then may a thread be terminated.
  await workers[workers.length - 1].terminate()
  burst(300)
  const timer = setInterval(() => undefined, 50)
  while (workers.length === before) await new Promise((resolve) => setTimeout(resolve, 2))
  burst(50)
  // Not settle(): a thread is started again by this one's event loop.
  await engine.flush()
  const stats = engine.stats()
  clearInterval(timer)
  if (stats.received !== id * 2) throw new Error(`received ${stats.received} of ${id * 2}`)
}
const stats = engine.stats()
const gaps = await pairs[0].gaps()
await engine.close()
console.log(JSON.stringify({ id, stats, gaps, faults, candles, workers: workers.length }))
