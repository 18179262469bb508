// A child that ingests until it is killed. argv[2]: { dataDir, shards, clock, seed, pairs }, and for
// a kill in a phase: { phase, skip, delayMs, report }, with sessions that end and begin again.
// Tells its parent: { open: { pair: highest id stored } }, then { durable: { pair: id } } whenever an
// id is known to survive a crash.
import { writeFileSync } from 'node:fs'
import { setEnvironmentData, Worker } from 'node:worker_threads'
import { TickEngine } from '../../dist/src/index.js'
import { madeTick, mix } from './made-tick.mjs'
import { PHASES, PHASES_KEY, phaseCounts } from './phase-hook.mjs'

const task = JSON.parse(process.argv[2])
let draws = 0
const random = (below) => mix(task.seed, draws++) % below
const SHORT_RETENTION = { ticks: '2m', '1m': '30d' }

let inside = { enter() {}, leave() {} }
if (task.phase !== undefined) {
  const counts = new Int32Array(new SharedArrayBuffer(PHASES.length * 4))
  setEnvironmentData(PHASES_KEY, counts)
  inside = phaseCounts(counts)
  const { phase, skip, delayMs, report } = task
  const killer = new URL('phase-killer.mjs', import.meta.url)
  new Worker(killer, { execArgv: [], workerData: { counts, phase, skip, delayMs, report } })
}

let engine
const pairs = new Map()
const next = {}
// The last receipt of every pair, with its id, that durable() has not confirmed.
let waiting = []

async function open() {
  engine = await TickEngine.open({
    dataDir: task.dataDir,
    shards: task.shards,
    clock: task.clock,
    ...(task.phase === undefined
      ? { retention: 'off' }
      : { retention: SHORT_RETENTION, windows: ['10s', '60s'] }),
  })
  const stored = {}
  for (const name of task.pairs) {
    const pair = engine.pair('venue', 'spot', name, { tradeIds: 'sequential' })
    pairs.set(name, pair)
    await pair.ready()
    // Ids rise with time except for disorder within a second, so the highest is among the newest.
    const newest = await pair.recentTicks({ limit: 20 }).catch((error) => {
      if (error.code === 'UNKNOWN_PAIR') return []
      throw error
    })
    stored[name] = Math.max(0, ...newest.map((tick) => tick.tradeId))
    next[name] = stored[name] + 1
  }
  waiting = []
  process.send({ open: stored })
}

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

async function step() {
  burst()
  const how = random(12)
  if (how < 2) {
    const durable = Object.fromEntries(task.pairs.map((name) => [name, next[name] - 1]))
    await engine.flush(how === 0 ? { stored: true } : {})
    process.send({ durable })
    return
  }
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

for (;;) {
  await open()
  inside.enter('ingest')
  for (let steps = task.phase === undefined ? Number.POSITIVE_INFINITY : 30; steps > 0; steps--) {
    await step()
    if (task.phase !== undefined && random(10) === 0) await engine.cleanup()
  }
  inside.leave('ingest')
  if (task.phase === 'recovery') {
    // There was nothing to recover: now there is.
    writeFileSync(task.report, 'ingest')
    process.kill(process.pid, 'SIGKILL')
  }
  inside.enter('close')
  const durable = Object.fromEntries(task.pairs.map((name) => [name, next[name] - 1]))
  await engine.close()
  process.send({ durable })
  inside.leave('close')
}
