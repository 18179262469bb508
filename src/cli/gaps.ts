// tickloom gaps: ranges of trade ids that a venue never sent, or has sent since; and what a file
// that could not be read may have held.
import { formatMicros } from '../model/time.js'
import { grouped, print } from './output.js'
import { withPair } from './stored-pair.js'
import { table } from './table.js'
import type { Arguments } from './usage.js'

const HEADS = ['first id', 'last id', 'missing', 'between (UTC)', '', '']

export async function gapsCommand(args: Arguments): Promise<number> {
  const gaps = await withPair(args, 'gaps', (pair) => pair.gaps())
  if (args.flag('json')) {
    await print(`${JSON.stringify(gaps)}\n`)
    return 0
  }
  const rows = gaps.map((gap) => [
    String(gap.firstId ?? 'unknown'),
    String(gap.lastId ?? 'unknown'),
    gap.missing === null ? '' : grouped(gap.missing),
    gap.timestampBefore === null ? 'the start' : formatMicros(gap.timestampBefore),
    gap.timestampAfter === null ? 'the next tick' : formatMicros(gap.timestampAfter),
    gap.firstId === null ? 'set aside' : gap.closed ? 'closed' : 'open',
  ])
  await print(
    table(
      HEADS.map((head, i) => ({ head, right: i < 3 })),
      rows,
    ),
  )
  return 0
}
