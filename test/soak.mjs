// npm run soak [-- --minutes M --pairs N --seed S --no-deaths]: a busy desk for as long as you like.
// Bursts, disconnects, duplicates, late ticks, retention every few seconds, queries all the while, and
// every fifth minute each worker dies; each minute a line, and at the end whether anything drifted after
// warming up or does not add up. A worker dies when it does not wait for DuckDB: one that dies while it
// does can take the process with it, which is the limit that docs/RELIABILITY.md tells of.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { TickEngine } from '../dist/src/index.js'
import { verify } from '../dist/src/verify/verify.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    pairs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'no-deaths': { type: 'boolean', default: false },
  },
})
const MINUTES = Number(values.minutes)
const PAIRS = Number(values.pairs)
/** Growth from the second quarter of the run to the last that is taken for drift. */
const DRIFT = 1.15
const SLACK_BYTES = 16 * 2 ** 20
/** Short, so that a run reaches the size at which it stays. */
const RETENTION = { ticks: '2m' }
const WINDOWS = ['10s', '60s']

let state = Number(values.seed) || 1
const random = (below) => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const dataDir = mkdtempSync(join(tmpdir(), 'tickloom-soak-'))
const engine = await TickEngine.open({
  dataDir,
  shards: 2,
  retention: RETENTION,
  windows: WINDOWS,
  retentionEveryMs: 10_000,
})
const faults = new Map()
engine.on('fault', ({ code }) => faults.set(code, (faults.get(code) ?? 0) + 1))
const sent = new Map()
let lags = []
engine.on('flow', ({ pair, receipt }) => {
  const last = sent.get(pair)
  if (last !== undefined && receipt >= last.receipt) {
    lags.push(performance.now() - last.at)
    sent.delete(pair)
  }
})
const pairs = Array.from({ length: PAIRS }, (_, i) => ({
  handle: engine.pair('soak', 'spot', `P${i}`, { tradeIds: 'sequential' }),
  id: 1,
  away: 0,
}))

let trading = true
let asking = true
async function feed() {
  while (trading) {
    const burst = random(200) === 0 ? 20_000 : 200
    for (let n = 0; n < burst; n++) {
      // Few pairs have most of the trades.
      const at = Math.floor(PAIRS * (random(10_000) / 10_000) ** 3)
      const pair = pairs[at]
      if (pair.away > 0) {
        // Nobody listens; what passes is missed.
        pair.away--
        pair.id++
        continue
      }
      if (random(20_000) === 0) pair.away = 1 + random(50)
      const now = Date.now() * 1000
      const late = random(200) === 0 ? random(120) * 1e6 : 0
      // A reconnect repeats what was sent.
      const again = random(500) === 0 ? random(Math.min(20, pair.id)) : 0
      const id = again > 0 ? pair.id - again : pair.id++
      const volume = (1 + random(1000)) / 1000
      const receipt = pair.handle.trade(
        now - late,
        100 + random(100) / 10,
        volume,
        random(3),
        id,
        now,
      )
      if (receipt > 0 && n === 0) {
        sent.set(pair.handle.name, { receipt, at: performance.now() })
      }
    }
    await pause(5 + random(20))
  }
}
let answered = 0
async function ask() {
  while (asking) {
    const { handle } = pairs[random(Math.min(PAIRS, 200))]
    const questions = [
      () => handle.candles('1m', { limit: 60, includeOpen: true }),
      () => handle.recentTicks({ limit: 100 }),
      () => handle.cvd({ lookback: '5m' }),
      () => handle.query('SELECT side, count(*) AS n FROM ticks GROUP BY side'),
      () => handle.recentTicks({ limit: 10_000, columns: true }),
    ]
    await questions[random(questions.length)]().catch((error) => {
      if (!['UNKNOWN_PAIR', 'BEYOND_RETENTION'].includes(error.code)) throw error
    })
    answered++
    await pause(random(20))
  }
}

function bytesOf(folder) {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}
const mb = (bytes) => String(Math.round(bytes / 2 ** 20)).padStart(6)
const samples = []
function report(minute) {
  const { rss, heapUsed } = process.memoryUsage()
  lags.sort((a, b) => a - b)
  const p99 = lags[Math.floor(lags.length * 0.99)] ?? 0
  const { received, stored, duplicates, refused } = engine.stats()
  const bytes = bytesOf(dataDir)
  samples.push({ rss, heap: heapUsed, files: bytes })
  const counts = [received, stored, duplicates, refused, answered].map((n) =>
    String(n).padStart(10),
  )
  console.log(
    `${String(minute).padStart(6)} ${mb(rss)} ${mb(heapUsed)} ${mb(bytes)} ${p99.toFixed(1).padStart(8)} ${counts.join(' ')}`,
  )
  lags = []
}

console.log(
  'minute    RSS   heap  files  lag p99   received     stored duplicates    refused    answers',
)
const deaths = new BroadcastChannel('tickloom-test')
const feeding = feed()
let querying = ask()
for (let minute = 1; minute <= MINUTES; minute++) {
  await pause(45_000)
  // What was asked of a shard that dies is answered with an error: nobody asks meanwhile.
  asking = false
  await querying
  if (minute % 5 === 2 && !values['no-deaths']) deaths.postMessage('throw')
  await pause(5000)
  asking = true
  querying = ask()
  await pause(10_000)
  report(minute)
}
trading = false
asking = false
await Promise.all([feeding, querying])
await engine.flush({ stored: true })
const { offered, refused, received, stored, duplicates, rejected, tooLate, noTrades } =
  engine.stats()
await engine.close()
deaths.close()
const wrong = []
if (offered !== refused + received) wrong.push(`offered ${offered} ≠ ${refused} + ${received}`)
const kept = [stored, duplicates, rejected, tooLate, noTrades]
if (received !== kept.reduce((sum, count) => sum + count))
  wrong.push(`received ${received} ≠ ${kept.join(' + ')}`)
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const quarter = Math.floor(samples.length / 4)
for (const what of quarter === 0 ? [] : ['rss', 'heap', 'files']) {
  const all = samples.map((sample) => sample[what])
  const [before, after] = [median(all.slice(quarter, 2 * quarter)), median(all.slice(-quarter))]
  // What is not collected yet makes the heap differ by some megabytes.
  if (after > DRIFT * before + SLACK_BYTES)
    wrong.push(`${what} grows: from ${mb(before)} to ${mb(after)} MB`)
}
const { problems, ticks, candles } = await verify(dataDir)
wrong.push(
  ...problems.slice(0, 20).map(({ where, check, detail }) => `${where} ${check} ${detail}`),
)
console.log(
  `${ticks} ticks and ${candles} candles kept; faults ${JSON.stringify(Object.fromEntries(faults))}`,
)
console.log(wrong.length === 0 ? 'nothing drifted, everything adds up' : wrong.join('\n'))
rmSync(dataDir, { recursive: true, force: true })
process.exitCode = wrong.length === 0 ? 0 : 1
