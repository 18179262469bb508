// One pair's file as it is changed by hand: its facts and its state out of it, and all that was
// changed into it, in one transaction.
import { EngineError } from '../errors.js'
import type { StoredPairOptions } from '../pair-options.js'
import { optionFacts, optionsOf } from '../shard/option-facts.js'
import { stateCodec } from '../shard/pair-batch.js'
import { quoteText } from '../store/duckdb.js'
import { DuckDBBlobValue, type DuckDBConnection } from '../store/duckdb-api.js'
import { SCHEMA_VERSION } from '../store/schema.js'
import { ATTACH_OPTIONS } from '../store/template.js'
import { wholeAnswer } from '../store/whole-answer.js'
import { readFacts } from '../verify/file-facts.js'
import type { FoldedState } from './refold-state.js'

/** The name under which the file is attached. */
export const ALIAS = 'f'

/** A file at its last commit. */
export interface StoredFile {
  readonly facts: Readonly<Record<string, string>>
  readonly options: StoredPairOptions
  /** Of the last commit; undefined where there was none. */
  readonly seq: number
  readonly state: FoldedState
}

/** Attaches a file. Throws NEWER_FORMAT, STORE_FAILED. */
export async function attachStored(
  connection: DuckDBConnection,
  path: string,
): Promise<StoredFile> {
  // First without a write: a newer file is left as it is.
  await connection.run(`ATTACH ${quoteText(path)} AS ${ALIAS} (READ_ONLY)`)
  await connection.run(`USE ${ALIAS}`)
  const { meta, newer } = await readFacts(connection, path)
  if (newer !== undefined) throw new EngineError('NEWER_FORMAT', newer)
  const newest = 'SELECT seq::DOUBLE AS seq, state FROM state ORDER BY rowid DESC LIMIT 1'
  const [last] = (await wholeAnswer(connection, newest)).getRowObjectsJS()
  const options = optionsOf(meta)
  if (last === undefined || options === undefined || meta['schema_version'] !== SCHEMA) {
    throw new EngineError('STORE_FAILED', `the file holds no commit of this schema: path=${path}`)
  }
  const state = stateCodec.unpack(last['state'] as Uint8Array) as FoldedState
  await connection.run(`USE memory; DETACH ${ALIAS}`)
  await connection.run(`ATTACH ${quoteText(path)} AS ${ALIAS} ${ATTACH_OPTIONS}`)
  return { facts: meta, options, seq: last['seq'] as number, state }
}

const SCHEMA = String(SCHEMA_VERSION)

/** Runs `work` in one transaction: all of it is stored, or nothing. */
export async function transact<T>(
  connection: DuckDBConnection,
  work: () => Promise<T>,
): Promise<T> {
  await connection.run('BEGIN')
  try {
    const done = await work()
    await connection.run('COMMIT')
    return done
  } catch (cause) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw cause
  }
}

/** Writes options and facts, and the state as it is now, as a commit of the engine would. */
export async function writeState(
  connection: DuckDBConnection,
  { facts, seq, state }: StoredFile,
  options: StoredPairOptions,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const set = { ...optionFacts(options), ...more }
  for (const [key, value] of Object.entries(set)) {
    await connection.run(`DELETE FROM ${ALIAS}.meta WHERE key = ?`, [key])
    await connection.run(`INSERT INTO ${ALIAS}.meta VALUES (?, ?)`, [key, value])
  }
  const bytes = stateCodec.pack(state)
  await connection.run(`DELETE FROM ${ALIAS}.state`)
  await connection.run(`INSERT INTO ${ALIAS}.state VALUES (?::BIGINT, ?, ?, ?::BIGINT)`, [
    BigInt(seq),
    new DuckDBBlobValue(bytes),
    JSON.stringify({ ...facts, ...set }),
    BigInt(bytes.length),
  ])
}
