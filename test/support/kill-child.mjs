// A child that ingests until it is killed. argv[2]: { dataDir, shards, clock, seed, pairs }.
// Tells its parent: { open: { pair: highest id stored } }, then { durable: { pair: id } } whenever an
// id is known to survive a crash.
import { TickEngine } from '../../dist/src/index.js'
import { madeTick, mix } from './made-tick.mjs'

const task = JSON.parse(process.argv[2])
let draws = 0
const random = (below) => mix(task.seed, draws++) % below

const engine = await TickEngine.open({
  dataDir: task.dataDir,
  shards: task.shards,
  clock: task.clock,
  retention: 'off',
})
const open = {}
const next = {}
const pairs = new Map()
for (const name of task.pairs) {
  const pair = engine.pair('venue', 'spot', name, { tradeIds: 'sequential' })
  pairs.set(name, pair)
  await pair.ready()
  // Ids rise with time except for disorder within a second, so the highest is among the newest.
  const newest = await pair.recentTicks({ limit: 20 }).catch((error) => {
    if (error.code === 'UNKNOWN_PAIR') return []
    throw error
  })
  open[name] = Math.max(0, ...newest.map((tick) => tick.tradeId))
  next[name] = open[name] + 1
}
process.send({ open })

// The last receipt of every pair, with its id, that durable() has not confirmed.
const waiting = []

function sendTick(name, id) {
  const t = madeTick(name, id)
  const receipt = pairs.get(name).trade(t.timestamp, t.price, t.volume, t.side, t.tradeId)
  if (receipt < 0) throw new Error(`refused: ${receipt}`)
  return receipt
}

function burst() {
  for (const name of task.pairs) {
    if (random(3) === 0) continue
    // A reconnect repeats what was sent.
    if (random(8) === 0)
      for (let id = Math.max(1, next[name] - 15); id < next[name]; id++) sendTick(name, id)
    let receipt = 0
    for (let n = 1 + random(40); n > 0; n--) receipt = sendTick(name, next[name]++)
    waiting.push({ name, id: next[name] - 1, receipt })
  }
}

for (;;) {
  burst()
  const how = random(12)
  if (how < 2) {
    const durable = Object.fromEntries(task.pairs.map((name) => [name, next[name] - 1]))
    await engine.flush(how === 0 ? { stored: true } : {})
    process.send({ durable })
  } else {
    await new Promise((resolve) => setImmediate(resolve))
    const durable = {}
    for (let i = waiting.length - 1; i >= 0; i--) {
      const { name, id, receipt } = waiting[i]
      if (!pairs.get(name).durable(receipt)) continue
      durable[name] = Math.max(durable[name] ?? 0, id)
      waiting.splice(i, 1)
    }
    if (Object.keys(durable).length > 0) process.send({ durable })
    if (random(4) === 0) await new Promise((resolve) => setTimeout(resolve, random(8)))
  }
}
