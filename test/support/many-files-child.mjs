// A child that may open few files and has many pairs. argv[2]: { dataDir, pairs }. Prints one JSON line.
import { TickEngine } from '../../dist/src/index.js'
import { madeTick } from './made-tick.mjs'

const { dataDir, pairs: count } = JSON.parse(process.argv[2])
const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
const faults = new Set()
engine.on('fault', ({ code, message }) => faults.add(`${code}: ${message}`))
const pairs = Array.from({ length: count }, (_, i) => engine.pair('venue', 'spot', `P${i}`))
for (let id = 1; id <= 50; id++) {
  for (const [i, pair] of pairs.entries()) {
    const t = madeTick(`P${i}`, id)
    pair.trade(t.timestamp, t.price, t.volume, t.side, t.tradeId)
  }
}
await engine.flush()
await engine.flush({ stored: true }).catch(() => undefined)
const { received, refused } = engine.stats()
await engine.close()
process.stdout.write(`${JSON.stringify({ received, refused, faults: [...faults] })}\n`)
