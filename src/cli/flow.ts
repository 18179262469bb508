// tickloom flow: CVD over a lookback and imbalance over a window, exact to the tick.
import { formatMicros } from '../model/time.js'
import { decimal, print } from './output.js'
import { withPair } from './stored-pair.js'
import { table } from './table.js'
import type { Arguments } from './usage.js'

export async function flowCommand(args: Arguments): Promise<number> {
  const lookback = args.text('lookback') ?? '15m'
  const window = args.text('window') ?? '60s'
  const { name, cvd, imbalance } = await withPair(args, 'flow', async (pair) => ({
    name: pair.name,
    cvd: await pair.cvd({ lookback }),
    imbalance: await pair.imbalance({ window }),
  }))
  if (args.flag('json')) {
    await print(`${JSON.stringify({ pair: name, lookback, window, cvd, imbalance })}\n`)
    return 0
  }
  const span = (from: number, to: number) => `${time(from)} – ${time(to)}`
  const rows = [
    [`CVD ${lookback}`, decimal(cvd.cvd), decimal(cvd.buyVolume), decimal(cvd.sellVolume)],
    [
      `imbalance ${window}`,
      decimal(imbalance.imbalance),
      decimal(imbalance.buyVolume),
      decimal(imbalance.sellVolume),
    ],
  ]
  rows[0].push(String(cvd.trades), span(cvd.from, cvd.to))
  rows[1].push(String(imbalance.trades), span(imbalance.from, imbalance.to))
  const heads = [name, 'value', 'bought', 'sold', 'trades', 'from – to (UTC)']
  const columns = heads.map((head, i) => ({ head, right: i > 0 && i < 5 }))
  await print(table(columns, rows))
  return 0
}

function time(us: number): string {
  return formatMicros(us).slice(0, 19).replace('T', ' ')
}
