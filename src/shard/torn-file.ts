// A file that a power cut has torn in the middle of a checkpoint: it is mended, and proved, as a
// copy that takes its place when all of it can be read.
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectorySync } from '../folders.js'
import { asideName, syncSegment } from '../journal/segments.js'
import { tornBlockOf } from '../store/damage.js'
import { LOGS } from '../store/log-names.js'
import { mend } from '../store/mending.js'

/**
 * Mends a pair's file that is refused for `cause`; returns where the torn one is kept. Undefined
 * where it is broken otherwise. Its log may be missing: until the name of that is safe, the journal
 * has its commits.
 */
export async function mendTorn(
  path: string,
  name: string,
  cause: unknown,
): Promise<string | undefined> {
  if (tornBlockOf(cause) === undefined) return undefined
  const copy = `${path}.mended`
  forget(copy)
  for (const end of ['', ...LOGS]) {
    if (existsSync(path + end)) copyFileSync(path + end, copy + end)
  }
  try {
    if (!(await mend({ path: copy, name }))) return undefined
    const kept = asideName(path)
    copyFileSync(path, kept)
    for (const file of [copy, kept]) syncSegment(file)
    renameSync(copy, path)
    syncDirectorySync(dirname(path))
    return kept
  } finally {
    forget(copy)
  }
}

function forget(copy: string): void {
  for (const end of ['', ...LOGS]) rmSync(copy + end, { force: true })
}
