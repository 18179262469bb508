// tickloom generate: seeded ticks that look like a market's, as CSV on stdout.
import { once } from 'node:events'
import { generateCsv } from '../feeds/generate.js'
import { type Arguments, UsageError } from './usage.js'

export async function generateCommand(args: Arguments): Promise<number> {
  const pairs = args.whole('pairs', 1)
  const ticks = args.whole('ticks', 1)
  const seed = args.whole('seed', 0)
  if (pairs === undefined || ticks === undefined || seed === undefined) {
    throw new UsageError('generate wants --pairs N --ticks N --seed S')
  }
  const options = {
    pairs,
    ticks,
    seed,
    duplicates: chance(args, 'duplicates'),
    gaps: chance(args, 'gaps'),
    bad: chance(args, 'bad'),
    disorderMs: args.whole('disorder', 0) ?? 0,
  }
  for (const piece of generateCsv(options)) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
  }
  return 0
}

function chance(args: Arguments, option: string): number {
  const text = args.text(option)
  if (text === undefined) return 0
  const p = text.trim() === '' ? Number.NaN : Number(text)
  if (p >= 0 && p <= 1) return p
  throw new UsageError(`--${option} must be a probability, 0 to 1: ${text}`)
}
