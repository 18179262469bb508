// The heads of all files looked at before anything is stored: for --strict.
import { stat } from 'node:fs/promises'
import { type FeedOptions, openFeed } from '../feeds/feed.js'
import { type PairKey, parsePairName } from '../model/pair-key.js'
import type { FeedWarning } from '../model/reading.js'
import { LookAhead } from './look-ahead.js'
import { type NamingOptions, PairNames } from './pair-names.js'
import { strictError } from './replay-run.js'

/**
 * Reads the first 65,536 rows of each file; throws BAD_FEED at the first warning. Returns the heads
 * of what can be read only once, to go on from.
 */
export async function checkHeads(
  paths: readonly string[],
  feeding: FeedOptions,
  naming: NamingOptions,
  tell: (warning: FeedWarning) => void = () => undefined,
): Promise<Map<string, LookAhead>> {
  const kept = new Map<string, LookAhead>()
  let first: FeedWarning | undefined
  const names = new PairNames(naming)
  for (const path of paths) {
    const head = await LookAhead.over(openFeed(path, feeding))
    tellUnits(head, names)
    for (const warning of head.feed.warnings()) {
      tell(warning)
      first ??= warning
    }
    const once = path === '-' || !(await stat(path)).isFile()
    if (once && first === undefined) kept.set(path, head)
    else await head.end()
    if (head.failure !== undefined && head.held.length === 0 && !once) throw head.failure
  }
  if (first !== undefined) throw strictError(first)
  return kept
}

// What the router would say of the pairs, without an engine.
function tellUnits({ feed }: LookAhead, names: PairNames): void {
  names.begin(feed)
  for (const instrument of feed.instruments) {
    const name = names.nameOf(instrument)
    const key = name === undefined ? undefined : keyOf(name)
    if (key !== undefined) names.unitsOf(instrument, key)
  }
}

// A row that names no pair is counted in the replay itself.
function keyOf(name: string): PairKey | undefined {
  try {
    return parsePairName(name)
  } catch {
    return undefined
  }
}
