// A child over a small disk that is filled under it, and has room again later. argv[2]: { dataDir }.
// Prints one JSON line.
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TickEngine } from '../../dist/src/index.js'
import { madeTick } from './made-tick.mjs'

const { dataDir } = JSON.parse(process.argv[2])
const filler = join(dataDir, '..', 'filler')
const engine = await TickEngine.open({
  dataDir,
  shards: 1,
  clock: 'event',
  ringSlots: 4096,
  spillSlots: 8192,
})
const faults = new Set()
let failures = 0
const losses = []
engine.on('fault', ({ code }) => {
  faults.add(code)
  if (code === 'JOURNAL_FAILED') failures++
})
engine.on('loss', (loss) => losses.push(loss))
const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
const stats = { received: 0, refused: 0 }
let id = 1

function trade(count) {
  for (let i = 0; i < count; i++) {
    const t = madeTick('A', id)
    if (pair.trade(t.timestamp, t.price, t.volume, t.side, t.tradeId) > 0) {
      id++
      stats.received++
    } else stats.refused++
  }
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

for (let round = 0; round < 3; round++) {
  trade(3000)
  await engine.flush(round === 1 ? { stored: true } : {})
  // Full to the last block.
  for (let size = statfsSync(dataDir).bavail * 4096; size >= 4096; size = Math.floor(size / 2)) {
    for (let n = 0; ; n++) {
      try {
        writeFileSync(`${filler}-${size}-${n}`, Buffer.alloc(size))
      } catch {
        rmSync(`${filler}-${size}-${n}`, { force: true })
        break
      }
    }
  }
  const before = stats.refused
  let durable = false
  // More than the ring and the spill hold, until something is refused and told.
  for (let told = failures; stats.refused === before || failures === told; ) {
    trade(1000)
    await pause(1)
  }
  const asked = engine.flush().then(() => {
    durable = true
  })
  const stored =
    round === 2 ? engine.flush({ stored: true }).catch((error) => error.code) : undefined
  // Told again: what was asked has been tried meanwhile.
  for (const told = failures; failures === told; ) await pause(10)
  if (durable) throw new Error('durable on a full disk')
  for (const name of (await import('node:fs')).readdirSync(join(dataDir, '..'))) {
    if (name.startsWith('filler')) rmSync(join(dataDir, '..', name))
  }
  await asked
  await stored
  trade(500)
  await engine.flush()
}
const counts = engine.stats()
await engine.close()
process.stdout.write(`${JSON.stringify({ ...stats, faults: [...faults], counts })}\n`)
