// Opens, declares stored pairs, and closes while they are being loaded. argv[2] the directory.
import { TickEngine } from '../../dist/src/index.js'

const dataDir = process.argv[2]
const names = Array.from({ length: 6 }, (_, i) => `P${i}`)
const open = (shards) => TickEngine.open({ dataDir, shards, clock: 'event' })

const first = await open(2)
for (const name of names) {
  const pair = first.pair('venue', 'spot', name)
  for (let id = 1; id <= 50; id++) pair.trade(1_740_787_200_000_000 + id * 1e7, 100, 1, 1, id)
}
await first.close()
for (let round = 0; round < 9; round++) {
  const engine = await open(1 + (round % 3))
  engine.on('fault', (fault) => console.log(`${fault.code} ${fault.message}`))
  for (const name of names) {
    const pair = engine.pair('venue', 'spot', name)
    if (round % 2 === 0)
      pair.trade(1_740_787_200_000_000 + (100 + round) * 1e7, 100, 1, 1, 100 + round)
  }
  if (round % 4 > 0) await new Promise((resolve) => setTimeout(resolve, round))
  await engine.close()
}
console.log('survived')
