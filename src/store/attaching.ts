// A pair's file on its way in and out: attached as every file of ours is, asked which schema it
// has, and let go of without a write where a newer release has made it.
import { EngineError, newerFormat } from '../errors.js'
import { newerStorageOf } from './damage.js'
import { type Database, quoteText } from './duckdb.js'
import { readLastCommit, readMeta } from './reads.js'
import { isNewerSchema, SCHEMA_VERSION } from './schema.js'
import { ATTACH_OPTIONS } from './template.js'

// A file of another schema may have other columns: its own facts say which it is.
export async function readFacts(db: Database, alias: string) {
  try {
    const last = await readLastCommit(db, alias)
    return { last, stored: last?.meta ?? (await readMeta(db, alias)) }
  } catch (cause) {
    const stored = await readMeta(db, alias)
    if (stored.schema_version === String(SCHEMA_VERSION)) throw cause
    return { last: undefined, stored }
  }
}

export function refuseSchema(version: string | undefined, path: string): void {
  if (version === String(SCHEMA_VERSION)) return
  const facts = { version, reads: SCHEMA_VERSION, path }
  if (isNewerSchema(version)) throw newerFormat('the file', facts)
  throw new EngineError(
    'STORE_FAILED',
    `this tickloom reads schema ${SCHEMA_VERSION}, the file has another one: schema=${version} path=${path}`,
  )
}

// A detached file is checkpointed, as a rule. One call: nothing else is detached meanwhile.
export function leaving(alias: string): string {
  return `PRAGMA disable_checkpoint_on_shutdown; DETACH ${alias};
    PRAGMA enable_checkpoint_on_shutdown`
}

export async function attachFile(db: Database, path: string, alias: string): Promise<void> {
  try {
    await db.admin(`ATTACH ${quoteText(path)} AS ${alias} ${ATTACH_OPTIONS}`)
  } catch (cause) {
    const newer = newerStorageOf(cause)
    throw newer === undefined ? cause : newerFormat('the file', { ...newer, path })
  }
}
