// A child whose shard dies several times while it waits for nothing. argv[2]: { dataDir, deaths }.
// Prints how many files of the directory are open after each, as one JSON line.
import { readdirSync, readlinkSync } from 'node:fs'
import { TickEngine } from '../../dist/src/index.js'
import { madeTick } from './made-tick.mjs'

const { dataDir, deaths } = JSON.parse(process.argv[2])

function openFiles() {
  const paths = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return paths.filter((path) => path.startsWith(dataDir) && path.includes('.duckdb')).length
}

const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
let died = 0
engine.on('fault', () => died++)
const names = Array.from({ length: 20 }, (_, i) => `P${i}`)
const pairs = names.map((name) => engine.pair('venue', 'spot', name))
const channel = new BroadcastChannel('tickloom-test')
const open = []
let id = 0
for (let n = 0; n <= deaths; n++) {
  for (let k = 0; k < 50; k++, id++) {
    for (const [at, pair] of pairs.entries()) {
      const t = madeTick(names[at], id + 1)
      pair.trade(t.timestamp, t.price, t.volume, t.side, t.tradeId)
    }
  }
  await engine.flush({ stored: true })
  open.push(openFiles())
  if (n === deaths) break
  channel.postMessage('throw')
  while (died <= n) await new Promise((resolve) => setTimeout(resolve, 10))
}
channel.close()
await engine.close()
open.push(openFiles())
process.stdout.write(`${JSON.stringify(open)}\n`)
