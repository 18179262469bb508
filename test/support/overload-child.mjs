// A child that offers far more than its shard can take. argv[2]: { dataDir, seconds, overflow }.
// Prints one JSON line.
import { TickEngine } from '../../dist/src/index.js'

const { dataDir, seconds, overflow } = JSON.parse(process.argv[2])
const T0 = Date.UTC(2025, 2, 1) * 1000
const CHUNK = 20_000
const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event', overflow })
const pairs = ['A', 'B', 'C'].map((symbol) => engine.pair('venue', 'spot', symbol))
const posted = new Map()
engine.on('flow', ({ pair, receipt }) => posted.set(pair, receipt))
let made = 0
let offered = 0
let refused = 0

function offer() {
  const at = made % 3
  offered++
  const receipt = pairs[at].trade(T0 + made * 10, 100 + (made % 97) / 10, 1, made % 3, ++made)
  if (receipt < 0) refused++
  return { at, receipt }
}

// From trade() to the flow it moves, at a desk's pace; the median, ms.
async function latency() {
  const lags = []
  for (let n = 0; n < 50; n++) {
    const from = performance.now()
    const { at, receipt } = offer()
    if (receipt < 0) throw new Error(`refused: ${receipt}`)
    while ((posted.get(pairs[at].name) ?? 0) < receipt) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    lags.push(performance.now() - from)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  return lags.sort((a, b) => a - b)[25]
}

offer()
await engine.flush({ stored: true })
const before = await latency()
const memory = []
const from = performance.now()
let busyMs = 0
let nextMs = 0
while (performance.now() - from < seconds * 1000) {
  const start = performance.now()
  // More than is taken, however fast that is; a moment's rest now and then.
  do {
    for (let n = 0; n < CHUNK; n++) offer()
  } while (refused < offered / 2)
  busyMs += performance.now() - start
  if (performance.now() - from >= nextMs) {
    memory.push(process.memoryUsage.rss())
    nextMs += (seconds * 1000) / 20
  }
  await new Promise((resolve) => setImmediate(resolve))
}
const tookMs = performance.now() - from
const stressed = engine.health().status
const receivedThen = offered - refused
await engine.drained()
await engine.flush({ stored: true })
const refusedThen = refused
const after = await latency()
const afterwards = { status: engine.health().status, refused: refused - refusedThen }
const { spilled, depth, ...counts } = engine.stats()
await engine.close()
process.stdout.write(
  `${JSON.stringify({ offered, refused, counts, spilled, depth, memory, before, after, stressed, afterwards, tookMs, busyMs, receivedThen })}\n`,
)
