// A data directory opened to be read, and given back before anything is printed.
import { existsSync } from 'node:fs'
import { parseTimeUs } from '../feeds/parse-time.js'
import { EngineError, type Pair, TickEngine, type Time } from '../index.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

/** Runs work with the engine over --data-dir; closed when it returns. */
export async function withEngine<T>(
  args: Arguments,
  work: (engine: TickEngine) => T | Promise<T>,
): Promise<T> {
  const dataDir = dataDirOf(args)
  if (!existsSync(dataDir)) {
    throw new EngineError('DATA_DIR', `no such data directory: dataDir=${dataDir}`)
  }
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

/** Runs work with the one PAIR that the command names. */
export function withPair<T>(
  args: Arguments,
  command: string,
  work: (pair: Pair) => T | Promise<T>,
): Promise<T> {
  const [name] = args.words
  if (args.words.length !== 1) throw new UsageError(`${command} wants one PAIR`)
  return withEngine(args, (engine) => work(engine.find(name)))
}

/** --from or --to: a number in any unit, ms as this command prints it say; ISO text as it is. */
export function timeOf(args: Arguments, option: 'from' | 'to'): { from?: Time; to?: Time } {
  const text = args.text(option)
  if (text === undefined) return {}
  if (!/^\d+(\.\d+)?$/.test(text)) return { [option]: text }
  const us = parseTimeUs(Buffer.from(text), 0, text.length)
  if (!Number.isNaN(us)) return { [option]: us }
  throw new UsageError(`--${option} is no time since 2000: ${text}`)
}

/** An option that is one of a few words; throws UsageError. */
export function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T
  throw new UsageError(`--${option} must be one of ${allowed.join(', ')}: ${value}`)
}
