// Whether a data directory holds what it should: every file against itself, candles against the
// ticks that are kept, each level against the one below, and the journal. Changes nothing.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { storedPairs } from '../data-dir.js'
import { EngineError, newerFormat } from '../errors.js'
import {
  listSegments,
  missingSegments,
  newerSegment,
  readSegment,
} from '../journal/journal-reader.js'
import { pairPath } from '../model/pair-key.js'
import { newerStorageOf } from '../store/damage.js'
import { quoteText } from '../store/duckdb.js'
import { type DuckDBConnection, DuckDBInstance } from '../store/duckdb-api.js'
import { SCHEMA_VERSION } from '../store/schema.js'
import { checkCandles } from './candle-checks.js'
import { readFacts } from './file-facts.js'
import { checkTicks } from './tick-checks.js'

/** Something that is not as it should be. */
export interface Problem {
  /** A pair's name, or the path of a journal segment. */
  readonly where: string
  readonly check:
    | 'file'
    | 'schema'
    | 'sequence'
    | 'ids'
    | 'candles'
    | 'levels'
    | 'delta'
    | 'journal'
  readonly detail: string
}

/** What was looked at, and what is wrong with it. */
export interface VerifyReport {
  readonly pairs: number
  readonly ticks: number
  readonly candles: number
  readonly journalSlots: number
  readonly problems: readonly Problem[]
  /** What is as a crash leaves it: the next open() sees to it. */
  readonly notes: readonly string[]
}

/** What a check of one pair's file works with. */
export interface CheckedFile {
  readonly connection: DuckDBConnection
  /** The facts of its `meta` table, and those of its last commit. */
  readonly meta: Readonly<Record<string, string>>
  problem(check: Problem['check'], detail: string): void
}

/**
 * Reads everything in a data directory that no engine has open. Throws DATA_DIR, OWNED_ELSEWHERE.
 */
export async function verify(dataDir: string): Promise<VerifyReport> {
  if (!existsSync(dataDir)) {
    throw new EngineError('DATA_DIR', `no such data directory: dataDir=${dataDir}`)
  }
  const problems: Problem[] = []
  const notes: string[] = []
  const keys = storedPairs(dataDir)
  let ticks = 0
  let candles = 0
  for (const key of keys) {
    const path = join(dataDir, ...pairPath(key), 'trading.duckdb')
    if (!existsSync(path)) continue
    const file = await verifyFile(key.name, path)
    ticks += file.ticks
    candles += file.candles
    problems.push(...file.problems)
  }
  const journalSlots = await verifyJournal(join(dataDir, 'journal'), problems, notes)
  return { pairs: keys.length, ticks, candles, journalSlots, problems, notes }
}

/** Reads everything in a pair's file and its log. Throws OWNED_ELSEWHERE. */
export async function verifyFile(
  name: string,
  path: string,
  settings: Readonly<Record<string, string>> = { threads: '1' },
): Promise<Pick<VerifyReport, 'ticks' | 'candles' | 'problems'>> {
  const problems: Problem[] = []
  const problem = (check: Problem['check'], detail: string) => {
    problems.push({ where: name, check, detail })
  }
  const instance = await DuckDBInstance.create(':memory:', settings)
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH ${quoteText(path)} AS f (READ_ONLY)`)
    await connection.run('USE f')
    const { meta, newer } = await readFacts(connection, path)
    if (newer !== undefined) {
      problem('schema', newer)
      return { ticks: 0, candles: 0, problems }
    }
    if (meta['schema_version'] !== String(SCHEMA_VERSION)) {
      const asked = `expected=${SCHEMA_VERSION}`
      problem('schema', `another schema: schema=${meta['schema_version']} ${asked} path=${path}`)
      return { ticks: 0, candles: 0, problems }
    }
    // A file whose first commit never came has no name yet.
    if (meta['name'] !== undefined && meta['name'] !== name) {
      problem('schema', `the file is of another pair: name=${meta['name']} path=${path}`)
    }
    const file: CheckedFile = { connection, meta, problem }
    return { ticks: await checkTicks(file), candles: await checkCandles(file), problems }
  } catch (cause) {
    const { message } = cause as Error
    if (/could not set lock|conflicting lock/i.test(message)) {
      throw new EngineError(
        'OWNED_ELSEWHERE',
        `an engine has it open; close it first: path=${path}`,
      )
    }
    const storage = newerStorageOf(cause)
    if (storage === undefined) problem('file', `${message.split('\n')[0]}: path=${path}`)
    else problem('schema', newerFormat('the file', { ...storage, path }).message)
    return { ticks: 0, candles: 0, problems }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function verifyJournal(
  directory: string,
  problems: Problem[],
  notes: string[],
): Promise<number> {
  if (!existsSync(directory)) return 0
  let slots = 0
  for (const { path } of missingSegments(directory)) {
    problems.push({ where: path, check: 'journal', detail: 'the segment is missing' })
  }
  for (const { path } of listSegments(directory)) {
    const newer = newerSegment(path)
    if (newer !== undefined) {
      problems.push({ where: path, check: 'journal', detail: newer.message })
      continue
    }
    const report = await readSegment(path, {})
    slots += report.slots
    const detail = `${report.detail}: at=${report.at} of=${statSync(path).size}`
    if (report.end === 'broken') problems.push({ where: path, check: 'journal', detail })
    if (report.end === 'torn') notes.push(`${path}: cut off by a crash, ${detail}`)
  }
  return slots
}
