// Opens a directory and holds it: prints 'open' or the refusal. argv[2] the directory; ends by a signal,
// or by 'crash' as argv[3], which leaves without closing.
import { TickEngine } from '../../dist/src/index.js'

try {
  const engine = await TickEngine.open({ dataDir: process.argv[2], shards: 1, clock: 'event' })
  if (process.argv[3] === 'crash') {
    const pair = engine.pair('venue', 'spot', 'A')
    for (let id = 1; id <= 100; id++) pair.trade(1_740_787_200_000_000 + id, 100, 1, 1, id)
    await engine.flush()
    console.log('open')
    process.kill(process.pid, 'SIGKILL')
  }
  console.log('open')
  setInterval(() => undefined, 1000)
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }))
}
