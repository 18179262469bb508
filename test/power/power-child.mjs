// A child whose every write and sync is recorded. argv[2]: { dataDir, marks, seed, told, sessions };
// `told`: the highest id of each pair that was promised before, from which it goes on. Whatever it is
// told durable it writes into `marks`, which the recorder puts into its log: { pair: id }.
import { openSync, writeSync } from 'node:fs'
import { TickEngine } from '../../dist/src/index.js'
import { madeTick, mix } from '../support/made-tick.mjs'

const task = JSON.parse(process.argv[2])
const marks = openSync(task.marks, 'a')
let draws = 0
const random = (below) => mix(task.seed, draws++) % below
const next = Object.fromEntries(Object.entries(task.told).map(([name, id]) => [name, id + 1]))

function mark(durable) {
  if (Object.keys(durable).length > 0) writeSync(marks, JSON.stringify(durable))
}
function everything() {
  return Object.fromEntries(Object.entries(next).map(([name, id]) => [name, id - 1]))
}

function sendTick(pair, name, id) {
  const t = madeTick(name, id)
  const receipt = pair.trade(t.timestamp, t.price, t.volume, t.side, t.tradeId)
  if (receipt < 0) throw new Error(`refused: ${receipt}`)
  return receipt
}

class Session {
  // The last receipt of a burst, with its id, that durable() has not confirmed.
  waiting = []

  constructor(engine) {
    this.engine = engine
    this.pairs = Object.keys(next).map((name) => {
      return { name, pair: engine.pair('venue', 'spot', name, { tradeIds: 'sequential' }) }
    })
  }

  burst() {
    for (const { name, pair } of this.pairs) {
      if (random(3) === 0) continue
      let receipt = 0
      for (let n = 1 + random(60); n > 0; n--) receipt = sendTick(pair, name, next[name]++)
      this.waiting.push({ name, pair, id: next[name] - 1, receipt })
    }
  }

  confirmed() {
    const durable = {}
    this.waiting = this.waiting.filter(({ name, pair, id, receipt }) => {
      if (!pair.durable(receipt)) return true
      durable[name] = Math.max(durable[name] ?? 0, id)
      return false
    })
    mark(durable)
  }

  async flush(how) {
    const durable = everything()
    await this.engine.flush(how)
    mark(durable)
  }

  async step() {
    this.burst()
    const what = random(16)
    if (what < 2) await this.flush({})
    else if (what < 6) await this.flush({ stored: true })
    // Commits and checkpoints every file; more is received meanwhile.
    else if (what === 6) {
      const cleanup = this.engine.cleanup()
      this.burst()
      await cleanup
    } else await new Promise((resolve) => setTimeout(resolve, random(12)))
    this.confirmed()
  }
}

for (let n = 0; n < task.sessions; n++) {
  const engine = await TickEngine.open({
    dataDir: task.dataDir,
    shards: 1 + random(3),
    clock: 'event',
    retention: 'off',
    // Not the default, so that it shows where it is lost.
    anchor: 'none',
    // Less than there are: files are committed, detached and attached again all the while.
    attachedFiles: 1 + random(3),
  })
  const session = new Session(engine)
  for (let steps = 10 + random(20); steps > 0; steps--) await session.step()
  await engine.close()
  mark(everything())
}
