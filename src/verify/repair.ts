// What can be done about a broken data directory without guessing: what cannot be read is set
// aside, nothing is deleted; what can still be read of a file goes into a new one; and the next
// open() takes up what the journal holds beyond it, a broken segment up to its break. What may be
// missing then is a row in `gaps`.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { storedPairs } from '../data-dir.js'
import { isNewer } from '../errors.js'
import { syncDirectorySync } from '../folders.js'
import { refuseNewerSegments } from '../journal/journal-reader.js'
import { pairPath } from '../model/pair-key.js'
import { setFileAside, setLogAside, tellLoss } from '../shard/broken-file.js'
import { mendTorn } from '../shard/torn-file.js'
import { damageOf } from '../store/damage.js'
import { quoteText } from '../store/duckdb.js'
import { DuckDBInstance } from '../store/duckdb-api.js'
import { salvage } from './salvage.js'
import { type Problem, type VerifyReport, verify } from './verify.js'

/** Something that was done. */
export interface Repair {
  readonly where: string
  readonly done: string
}

/** What was done, and what verify still says. */
export interface RepairReport {
  readonly repairs: readonly Repair[]
  readonly report: VerifyReport
}

/** Repairs a directory that no engine has open. Throws DATA_DIR, OWNED_ELSEWHERE, NEWER_FORMAT. */
export async function repair(dataDir: string): Promise<RepairReport> {
  // Nobody but the release that wrote it knows what a journal like that has.
  const journal = join(dataDir, 'journal')
  if (existsSync(journal)) refuseNewerSegments(journal)
  const repairs: Repair[] = []
  let report = await verify(dataDir)
  const paths = new Map(
    storedPairs(dataDir).map((key) => [
      key.name,
      join(dataDir, ...pairPath(key), 'trading.duckdb'),
    ]),
  )
  // First a log that is broken, since the file may be whole without what is behind the break.
  for (const { where, detail } of fileProblems(report)) {
    const path = paths.get(where)
    if (path === undefined || damageOf(detail) !== 'log' || !existsSync(`${path}.wal`)) continue
    const to = setLogAside(path, detail)
    repairs.push({ where, done: `its log set aside as ${to}: ${await afterLog(path)}` })
  }
  if (repairs.length > 0) report = await verify(dataDir)
  for (const { where, detail } of fileProblems(report)) {
    const path = paths.get(where)
    // What DuckDB does not call broken may pass, or wants another user: it stays where it is.
    if (path === undefined || damageOf(detail) === undefined) continue
    repairs.push({ where, done: await mendOrReplace(path, where, detail) })
  }
  return { repairs, report: repairs.length === 0 ? report : await verify(dataDir) }
}

function fileProblems({ problems }: VerifyReport): Problem[] {
  return problems.filter(({ check }) => check === 'file')
}

async function afterLog(path: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH ${quoteText(path)} AS kept`)
    await connection.run(tellLoss('kept'))
    await connection.run('CHECKPOINT kept')
    return 'commits behind its break are lost, but for what the journal has; told in gaps'
  } catch {
    // The file does not open without it either: that is seen to next.
    return 'the file cannot be read without it'
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function mendOrReplace(path: string, name: string, detail: string): Promise<string> {
  let kept: string | undefined
  try {
    kept = await mendTorn(path, name, detail)
  } catch (cause) {
    // It may be whole: it stays where it is.
    return `left as it is: ${(cause as Error).message}`
  }
  if (kept === undefined) return replaceBroken(path)
  return `torn in a checkpoint, and mended: nothing was found missing; what it was is kept as ${kept}`
}

async function replaceBroken(path: string): Promise<string> {
  try {
    return await replaceFile(path)
  } catch (cause) {
    if (!isNewer(cause)) throw cause
    return `left as it is: ${(cause as Error).message}`
  }
}

async function replaceFile(path: string): Promise<string> {
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  const saved = await salvage(path, fresh)
  const to = setFileAside(path)
  if (saved === undefined) {
    return `set aside as ${to}: all it held, but for what the journal has; to be told in gaps`
  }
  renameSync(fresh, path)
  syncDirectorySync(dirname(path))
  const { rows, rebuilt, lost } = saved
  const made = rebuilt === 0 ? '' : `, ${rebuilt} candles made again from what lies below them`
  const rest = lost.length === 0 ? 'nothing is lost' : `rows of ${lost.join(', ')} are lost`
  return `set aside as ${to}: ${rows} rows saved${made}; ${rest}${lost.length === 0 ? '' : ', told in gaps'}`
}
