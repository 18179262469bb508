// A child whose disk is full when its files are cleaned up, and has room again. argv[2]: { dataDir,
// disk }. Prints one JSON line.
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TickEngine } from '../../dist/src/index.js'

const { dataDir, disk } = JSON.parse(process.argv[2])
const MINUTE = 60e6
const engine = await TickEngine.open({ dataDir, shards: 1, retentionEveryMs: 86_400_000 })
const faults = []
engine.on('fault', ({ code }) => faults.push(code))
const pair = engine.pair('venue', 'spot', 'A')
let id = 0
const trade = (time) => {
  if (pair.trade(time, 100, 1, ++id % 3, id) < 0) throw new Error('refused')
}
const now = Date.now() * 1000
for (let i = 0; i < 40_000; i++) trade(now - 20 * MINUTE + i * 10)
for (let i = 0; i < 20_000; i++) trade(now + i)
await engine.flush({ stored: true })

const free = () => statfsSync(disk).bavail * statfsSync(disk).bsize
const filler = join(disk, 'filler')
writeFileSync(filler, Buffer.alloc(Math.max(0, free() - 200_000)))
const cleaned = await engine.cleanup().then(
  () => 'cleaned',
  (error) => error.message,
)
rmSync(filler)
for (let i = 0; i < 1000; i++) trade(now + 20_000 + i)
let stored = false
while (!stored) {
  stored = await engine.flush({ stored: true }).then(
    () => true,
    () => new Promise((resolve) => setTimeout(resolve, 10, false)),
  )
}
const read = (await pair.recentTicks({ limit: 100 })).length
const stats = await pair.stats()
await engine.close()
process.stdout.write(`${JSON.stringify({ id, cleaned, stored, read, stats, faults })}\n`)
