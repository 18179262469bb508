// What a pair's file says of itself, and whether a newer release has written it.
import { isNewer, newerFormat } from '../errors.js'
import { checkState, stateCodec } from '../shard/pair-batch.js'
import type { DuckDBConnection } from '../store/duckdb-api.js'
import { isNewerSchema, SCHEMA_VERSION } from '../store/schema.js'
import { wholeAnswer } from '../store/whole-answer.js'

export interface FileFacts {
  /** The facts of its `meta` table, and those of its last commit. */
  readonly meta: Readonly<Record<string, string>>
  /** What is to be said where a newer release has written it. */
  readonly newer: string | undefined
}

/** The facts of the file that the connection uses; `path` is for the message. */
export async function readFacts(connection: DuckDBConnection, path: string): Promise<FileFacts> {
  const rows = await wholeAnswer(connection, 'SELECT key, value FROM meta')
  const meta = Object.fromEntries(rows.getRows().map(([key, value]) => [key, String(value)]))
  const of = (version: unknown) =>
    newerFormat('the file', { version, reads: SCHEMA_VERSION, path }).message
  if (isNewerSchema(meta['schema_version'])) return { meta, newer: of(meta['schema_version']) }
  // Of another schema, nobody knows how its commits are read.
  if (meta['schema_version'] !== String(SCHEMA_VERSION)) return { meta, newer: undefined }
  const newest = 'SELECT meta, state FROM state ORDER BY rowid DESC LIMIT 1'
  const [last] = (await wholeAnswer(connection, newest)).getRowObjectsJS()
  if (last === undefined) return { meta, newer: undefined }
  const told = JSON.parse(String(last['meta'])) as Record<string, string>
  const newer = isNewerSchema(told['schema_version'])
    ? of(told['schema_version'])
    : newerState(last['state'] as Uint8Array, path)
  return { meta: { ...told, ...meta }, newer }
}

function newerState(bytes: Uint8Array, path: string): string | undefined {
  try {
    checkState(stateCodec.unpack(bytes), path)
  } catch (cause) {
    // Bytes that are no state are found out when the pair is opened.
    if (isNewer(cause)) return (cause as Error).message
  }
  return undefined
}
