// pair.json, beside a pair's file: its stored options, so that main can tell a mismatch without
// opening the file. The file's own facts are the truth; this is what they say, once more.
import { rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, syncDirectory } from '../folders.js'
import type { StoredPairOptions } from '../pair-options.js'

/** Where the description of a pair's file stands. */
export function describedBy(path: string): string {
  return join(dirname(path), 'pair.json')
}

/** Writes it, whole or not at all; durable when it resolves. */
export async function describe(path: string, options: StoredPairOptions): Promise<void> {
  const to = describedBy(path)
  makeFolder(dirname(path))
  await writeFile(`${to}.new`, JSON.stringify(options), { mode: 0o600, flush: true })
  await rename(`${to}.new`, to)
  await syncDirectory(dirname(path))
}
