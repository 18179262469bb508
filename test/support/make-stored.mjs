// Makes the directories that later releases must open: one closed and one killed, written by a
// given build, and beside them what that build says they hold, value by value.
//
//   node test/support/make-stored.mjs CHECKOUT NAME     e.g. ../base 0.1.0
//
// CHECKOUT holds a built release (dist/). Writes test/fixtures/stored/NAME/: closed.br, killed.br
// (packed by stored-dir.mjs) and told.br. Run it with the release that is about to be superseded.
import { fork } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { packDirectory, rawTables, readAll, writePacked } from './stored-dir.mjs'

const HERE = fileURLToPath(import.meta.url)
const MINUTE = 60e6
/** Half an hour before midnight: the day is closed when the last ticks come. */
const START = Date.UTC(2025, 2, 1, 23, 30) * 1000
const ROUNDS = 90

/** What the engine is opened with, by whoever opens the directories too. */
const OPTIONS = {
  latenessMs: 500,
  windows: ['60s', '15m'],
  retention: { ticks: 'off', '1m': '2d', '5m': 'off', '15m': 'off', '1h': 'off', '1d': 'off' },
  retentionEveryMs: 86_400_000,
}

const PAIRS = [
  { name: ['venue', 'spot', 'INT/USD'], options: {} },
  { name: ['venue', 'spot', 'SEQ/USD'], options: { tradeIds: 'sequential', decimals: 3 } },
  {
    name: ['venue', 'swap', 'TEXT/USD:USD'],
    options: { tradeIds: 'text', volumeUnit: 'contracts', contractSize: 10, inverse: true },
  },
  { name: ['venue', 'spot', 'NONE'], options: { tradeIds: 'none', decimals: 2 } },
]

function random(seed) {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

// Trades of a pair: [timestamp, price, volume, side, id, receivedAt]. Two of most minutes, some at
// one time with ids that fall, some late, a few that are refused by value (but no trade of nothing,
// which has become something else since 0.1.0), a hole in the ids.
function tradesOf(at) {
  const next = random(at + 7)
  const trades = []
  let id = 1000
  let hole = 0
  for (let round = 0; round < ROUNDS; round++) {
    const start = START + round * MINUTE
    // Minutes without a trade.
    if (round % 11 === 5) continue
    for (let k = 0; k < 2; k++) {
      const time = start + next(50) * 1e6 + next(1000)
      const price = at === 0 ? 100 + next(900) / 7 : 100 + next(900) / 100
      const volume = at === 0 && round % 4 === 0 ? (1 + next(9)) / 3 : (1 + next(400)) / 100
      trades.push([time, price, volume, next(3), ++id, k === 0 ? time + 1500 : 0])
    }
    // At one time, the later id first.
    const same = start + 55e6
    if (round % 3 === 0) {
      trades.push([same, 101, 1, 1, id + 2, 0], [same, 102, 2, 2, id + 1, 0])
      id += 2
    }
    if (round % 13 === 7) {
      hole = id + 2
      id += 3
    }
    if (round % 17 === 9) trades.push([start - 3 * MINUTE + 7, 99.5, 0.5, 2, ++id, 0])
    if (round === 30) trades.push([START - 3 * 1440 * MINUTE, 98, 1, 1, ++id, 0])
    if (round === 40) trades.push([start + 56e6, -1, 1, 1, ++id, 0])
    if (round === 41) trades.push([start + 56e6, 100, -1, 1, ++id, 0])
    if (round === 42) trades.push([start + 6 * 60 * MINUTE, 100, 1, 1, ++id, 0])
  }
  // An id out of a hole, far behind.
  trades.push([trades.at(-1)[0] + 1e6, 100, 0.25, 1, hole, 0])
  return trades
}

const idOf = ({ options }, id) => {
  if (options.tradeIds === 'none') return undefined
  return options.tradeIds === 'text' ? `t-${id}-${'x'.repeat(id % 30)}` : id
}

// Rows of all pairs in the order in which they come: [pair, trade].
function feed() {
  const rows = PAIRS.flatMap((pair, at) =>
    tradesOf(at).map(([time, price, volume, side, id, received], i) => ({
      round: i,
      row: [at, [time, price, volume, side, idOf(pair, id), received]],
    })),
  )
  rows.sort((a, b) => a.round - b.round)
  return rows.map(({ row }) => row)
}

function trade(engine, clock, rows) {
  const pairs = PAIRS.map(({ name, options }) => engine.pair(...name, options))
  for (const [at, tick] of rows) {
    // Time goes on with the ticks, but for one from the future.
    const ahead = tick[0] + 20_000
    if (ahead > clock.now() && ahead < clock.now() + 60 * MINUTE) clock.set(ahead)
    pairs[at].trade(...tick)
    engine.settle()
  }
}

const engineOf = async (build) => import(pathToFileURL(join(build, 'dist/src/index.js')).href)

async function makeClosed(build, dataDir, rows) {
  const { TickEngine, ManualClock } = await engineOf(build)
  const clock = new ManualClock(START)
  const engine = await TickEngine.open({ dataDir, shards: 2, clock, ...OPTIONS })
  trade(engine, clock, rows)
  await engine.close()
  return clock.now()
}

// In a process of its own: half of it is stored, the rest in the journal, and nothing is closed.
async function makeKilled(build, dataDir, rows) {
  const { TickEngine, ManualClock } = await engineOf(build)
  const clock = new ManualClock(START)
  const engine = await TickEngine.open({ dataDir, shards: 2, clock, ...OPTIONS })
  trade(engine, clock, rows.slice(0, rows.length / 2))
  await engine.flush({ stored: true })
  trade(engine, clock, rows.slice(rows.length / 2))
  await engine.flush()
  process.send(clock.now(), () => process.kill(process.pid, 'SIGKILL'))
}

function killed(build, dataDir) {
  const child = fork(HERE, ['--child', build, dataDir])
  return new Promise((done, failed) => {
    let now
    child.on('message', (said) => {
      now = said
    })
    child.on('exit', (_code, signal) => {
      if (signal === 'SIGKILL' && now !== undefined) done(now)
      else failed(new Error('the child was not killed'))
    })
  })
}

// What the build itself finds in a copy of the directory: what it answers, what is in its files
// when it is closed, and what becomes of the same trades when they come again.
async function tell(build, dataDir, nowUs, rows) {
  const copy = `${dataDir}-copy`
  cpSync(dataDir, copy, { recursive: true })
  const { TickEngine, ManualClock } = await engineOf(build)
  const open = () =>
    TickEngine.open({ dataDir: copy, shards: 1, clock: new ManualClock(nowUs), ...OPTIONS })
  const names = PAIRS.map(({ name }) => name.join(':'))
  const first = await open()
  const answers = {}
  for (const name of names) answers[name] = await readAll(first.find(name))
  await first.close()
  const tables = {}
  for (const { name } of PAIRS) tables[name.join(':')] = await rawTables(copy, name)
  const second = await open()
  const clock = new ManualClock(nowUs)
  trade(second, clock, rows)
  const again = {}
  for (const name of names) {
    const { stored, duplicates, rejected, tooLate } = await second.find(name).stats()
    again[name] = { stored, duplicates, rejected, tooLate }
  }
  await second.close()
  return { nowUs, answers, tables, again }
}

async function main(build, name) {
  const out = fileURLToPath(new URL(`../fixtures/stored/${name}/`, import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'tickloom-stored-'))
  const rows = feed()
  try {
    const told = { options: OPTIONS, pairs: PAIRS, rows }
    mkdirSync(out, { recursive: true })
    for (const how of ['closed', 'killed']) {
      const dataDir = join(folder, how)
      const nowUs =
        how === 'closed' ? await makeClosed(build, dataDir, rows) : await killed(build, dataDir)
      const bytes = packDirectory(dataDir, join(out, `${how}.br`))
      told[how] = await tell(build, dataDir, nowUs, rows)
      console.log(`${how}: ${bytes} bytes`)
    }
    console.log(`told: ${writePacked(join(out, 'told.br'), told)} bytes`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [first, second, third] = process.argv.slice(2)
if (first === '--child') await makeKilled(second, third, feed())
else await main(resolve(first), second)
