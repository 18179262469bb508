// A file that a power cut has torn in the middle of a checkpoint: it is mended, and proved, as a
// copy that takes its place when all of it can be read.
import { constants, copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectorySync } from '../folders.js'
import { asideName, syncSegment } from '../journal/segments.js'
import { tornBlockOf } from '../store/damage.js'
import { LOGS } from '../store/log-names.js'
import { mend, OVERFLOW } from '../store/mending.js'

/**
 * Mends a pair's file that is refused for `cause`; returns where the torn one is kept. Undefined
 * where it is broken otherwise; throws, and leaves it as it is, where that could not be found out.
 * Its log may be missing: until the name of that is safe, the journal has its commits.
 */
export async function mendTorn(
  path: string,
  name: string,
  cause: unknown,
): Promise<string | undefined> {
  if (tornBlockOf(cause) === undefined) return undefined
  const copy = `${path}.mended`
  forget(copy)
  try {
    for (const end of ['', ...LOGS]) {
      if (existsSync(path + end)) await copyFile(path + end, copy + end, constants.COPYFILE_FICLONE)
    }
    if (!(await mend({ path: copy, name }))) return undefined
    forgetLogs(copy)
    syncSegment(copy)
    const kept = asideName(path)
    keep(path, kept)
    renameSync(copy, path)
    syncDirectorySync(dirname(path))
    return kept
  } finally {
    forget(copy)
  }
}

// Both names are the torn file's until the copy takes one of them.
function keep(path: string, kept: string): void {
  try {
    linkSync(path, kept)
  } catch {
    // Not every file system has links.
    copyFileSync(path, kept)
  }
}

function forget(copy: string): void {
  rmSync(copy, { force: true })
  rmSync(copy + OVERFLOW, { force: true, recursive: true })
  forgetLogs(copy)
}

function forgetLogs(copy: string): void {
  for (const end of LOGS) rmSync(copy + end, { force: true })
}
