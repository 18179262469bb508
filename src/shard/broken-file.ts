// A pair's file that cannot be read: what is broken of it is renamed, beside where it was, and
// nothing is deleted.
import { copyFileSync, existsSync, readdirSync, renameSync, statSync, truncateSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { syncDirectorySync } from '../folders.js'
import { asideName, setAside, syncSegment } from '../journal/segments.js'
import { breakOf, damageOf } from '../store/damage.js'
import type { Database } from '../store/duckdb.js'
import { LOGS } from '../store/log-names.js'
import { PairFile } from '../store/pair-file.js'
import type { Meta } from '../store/schema.js'
import { mendTorn } from './torn-file.js'

/** Where a part of a file was moved to, and why. */
export interface SetAside {
  readonly to: string
  readonly cause: unknown
  /** It was torn, and is kept beside the file, which has all of it. */
  readonly mended: boolean
}

/**
 * Attaches a pair's file. What is torn of it is mended first; what cannot be read is set aside: its
 * log, or the file with its log. Undefined where no file is left. Throws what is no fault of the
 * file's.
 */
export async function attachReadable(
  db: Database,
  path: string,
  alias: string,
  meta: Meta,
): Promise<{ file: PairFile | undefined; aside: SetAside[] }> {
  const aside: SetAside[] = []
  while (existsSync(path)) {
    try {
      return { file: await PairFile.attach(db, path, alias, meta), aside }
    } catch (cause) {
      const again = aside.some(({ mended }) => mended)
      const kept = again ? undefined : await db.inside(() => mendTorn(path, meta.name, cause))
      const to = kept ?? setBrokenAside(path, cause)
      if (to === undefined) throw cause
      aside.push({ to, cause, mended: kept !== undefined })
    }
  }
  return { file: undefined, aside }
}

/** Sets aside what a cause speaks of; returns its new path, undefined where nothing is broken. */
export function setBrokenAside(path: string, cause: unknown): string | undefined {
  const damage = damageOf(cause)
  if (damage === undefined) return undefined
  if (damage === 'log' && existsSync(`${path}.wal`)) return setLogAside(path, cause)
  return setFileAside(path)
}

/**
 * Sets a file's log aside: a copy of it, where DuckDB says at which byte it breaks, so that the
 * commits before it are still there; or all of it.
 */
export function setLogAside(path: string, cause: unknown): string {
  const log = `${path}.wal`
  const at = breakOf(cause) ?? 0
  if (!(at > 0 && at < statSync(log).size)) return setAside(log)
  const to = asideName(log)
  copyFileSync(log, to)
  // The copy is safe before anything of the log goes.
  syncSegment(to)
  syncDirectorySync(dirname(path))
  truncateSync(log, at)
  syncSegment(log)
  return to
}

/** Sets a whole file aside, with its logs beside it under the names that DuckDB looks for. */
export function setFileAside(path: string): string {
  const to = setAside(path)
  for (const end of LOGS) if (existsSync(path + end)) renameSync(path + end, to + end)
  syncDirectorySync(dirname(path))
  return to
}

/** Whether a file of this name was set aside before. */
export function wasSetAside(path: string): boolean {
  const start = `${basename(path)}.broken-`
  return readdirSync(dirname(path)).some((name) => name.startsWith(start))
}

/**
 * Tells in `gaps`, for good, that ticks may be missing behind a sequence, by default the highest
 * that is left: without ids, since nobody knows them, between the times of those that are there.
 */
export function tellLoss(alias: string, seq?: number): string {
  const ticks = `${alias}.ticks`
  const behind = seq ?? `coalesce((SELECT max(seq) FROM ${ticks}), 0)`
  return `INSERT INTO ${alias}.gaps
    SELECT NULL, NULL, NULL, (SELECT max(timestamp) FROM ${ticks} WHERE seq <= s),
      (SELECT min(timestamp) FROM ${ticks} WHERE seq > s), s, NULL FROM (SELECT ${behind} AS s)`
}
