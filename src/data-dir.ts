// The data directory as a whole: where it is, whose pairs it holds, where sequences go on.
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EngineError } from './errors.js'
import { makeFolder } from './folders.js'
import { highestSequence, setAside } from './journal/journal-reader.js'
import { SESSION_GAP } from './limits.js'
import { type PairKey, pairFromPath, pairPath } from './model/pair-key.js'
import { parseStoredOptions, type StoredPairOptions } from './pair-options.js'

/** The data directory, made where it is missing, as a real path; throws DATA_DIR. */
export function openDirectory(given: string): string {
  const path = resolve(given)
  try {
    makeFolder(path)
    return realpathSync(path)
  } catch (cause) {
    const { message } = cause as Error
    throw new EngineError('DATA_DIR', `dataDir cannot be made or entered: ${message}`, { cause })
  }
}

/** Keys of the pairs that have a file. */
export function storedPairs(dataDir: string): PairKey[] {
  const keys: PairKey[] = []
  const folders = (...path: string[]) =>
    readdirSync(join(dataDir, ...path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  for (const exchange of folders()) {
    if (exchange === 'journal') continue
    for (const market of folders(exchange)) {
      for (const symbol of folders(exchange, market)) {
        const key = pairFromPath([exchange, market, symbol])
        if (key !== undefined) keys.push(key)
      }
    }
  }
  return keys
}

/**
 * Every session starts above the highest sequence in any journal, and well above: a commit does not
 * wait for the journal's sync, so that after a power cut a file can hold sequences that no journal
 * tells of. Given again they would be taken for stored. Where files are there and their journal is
 * gone, or says nothing, the clock is: µs since the epoch are above anything counted up from 1.
 */
export function firstSequence(dataDir: string, journal: string): number {
  const highest = highestSequence(journal)
  if (highest > 0) return highest + 1 + SESSION_GAP
  if (storedPairs(dataDir).length === 0) return 1
  return Date.now() * 1000
}

/**
 * Deletes the segments that every shard has taken up. All are kept while a pair could not be
 * stored; one that is broken in the middle is set aside, for whoever wants to look into it.
 */
export function dropSegments(
  segments: readonly { readonly path: string }[],
  shards: readonly { readonly keep: boolean; readonly broken: readonly string[] }[],
): void {
  if (shards.some((shard) => shard.keep)) return
  const broken = new Set(shards.flatMap((shard) => shard.broken))
  for (const { path } of segments) {
    if (broken.has(path)) setAside(path)
    else rmSync(path, { force: true })
  }
}

/** Names of pairs whose file is there, and nothing beside it that says what it was made with. */
export function undescribedPairs(dataDir: string): string[] {
  return storedPairs(dataDir)
    .filter((key) => existsSync(join(dataDir, ...pairPath(key), 'trading.duckdb')))
    .filter((key) => readStoredOptions(dataDir, key) === undefined)
    .map(({ name }) => name)
}

/** What the pair's file was made with; undefined where there is none. Its shard writes it. */
export function readStoredOptions(dataDir: string, key: PairKey): StoredPairOptions | undefined {
  try {
    return parseStoredOptions(readFileSync(join(dataDir, ...pairPath(key), 'pair.json'), 'utf8'))
  } catch {
    // No file: the shard compares with the DuckDB file itself.
    return undefined
  }
}
