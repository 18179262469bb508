// pair.json, beside a pair's file: its stored options, so that main can tell a mismatch without
// opening the file. The file's own facts are the truth; this is what they say, once more.
import { writeFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '../folders.js'
import type { StoredPairOptions } from '../pair-options.js'
import { readFacts, refuseSchema } from '../store/attaching.js'
import { type Database, quoteText } from '../store/duckdb.js'
import type { Meta } from '../store/schema.js'
import { optionsOf } from './option-facts.js'

/** Where the description of a pair's file stands. */
export function describedBy(path: string): string {
  return join(dirname(path), 'pair.json')
}

/**
 * Makes it anew from the facts of a file that has lost it. What is wrong with a file that cannot be
 * read is told when its pair is loaded.
 */
export async function describeAgain(db: Database, path: string, alias: string): Promise<void> {
  try {
    const options = optionsOf(await factsOf(db, path, alias))
    if (options !== undefined) await describe(path, options)
  } catch {
    // It is as it was.
  }
}

async function factsOf(db: Database, path: string, alias: string): Promise<Meta> {
  await db.admin(`ATTACH ${quoteText(path)} AS ${alias} (READ_ONLY)`)
  try {
    const { stored } = await readFacts(db, alias)
    refuseSchema(stored.schema_version, path)
    return stored
  } finally {
    await db.admin(`DETACH ${alias}`)
  }
}

/** Writes it, of a file that was just made. */
export function writeDescription(path: string, options: StoredPairOptions): void {
  writeFileSync(describedBy(path), JSON.stringify(options), { mode: 0o600 })
}

/** Writes it, whole or not at all; durable when it resolves. */
export async function describe(path: string, options: StoredPairOptions): Promise<void> {
  const to = describedBy(path)
  await writeFile(`${to}.new`, JSON.stringify(options), { mode: 0o600, flush: true })
  await rename(`${to}.new`, to)
  await syncDirectory(dirname(path))
}
