// tickloom pairs: what a data directory holds.
import { print } from './output.js'
import { withEngine } from './stored-pair.js'
import { type Arguments, UsageError } from './usage.js'

export async function pairsCommand(args: Arguments): Promise<number> {
  if (args.words.length > 0) throw new UsageError(`pairs wants no ${args.words[0]}`)
  const names = await withEngine(args, (engine) => engine.pairs().map(({ name }) => name))
  await print(
    args.flag('json') ? `${JSON.stringify(names)}\n` : names.map((n) => `${n}\n`).join(''),
  )
  return 0
}
