// Trades and ids of no trade, durable in the journal and in no file; then the process is killed.
import { Side, TickEngine } from '../../dist/src/index.js'

const T0 = Date.UTC(2025, 2, 1) * 1000
const engine = await TickEngine.open({ dataDir: process.argv[2], shards: 1, clock: 'event' })
const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
for (const id of [1, 3, 5, 6]) pair.trade(T0 + id, 1, 1, Side.Buy, id)
pair.noTrade(T0 + 2, 2)
pair.trade(T0 + 4, 0, 0, Side.Unknown, 4)
await engine.flush()
process.kill(process.pid, 'SIGKILL')
