// What can be done about a broken data directory without guessing: what cannot be read is set
// aside, nothing is deleted, and the next open() takes up what the journal still holds of it.
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { storedPairs } from '../data-dir.js'
import { setAside } from '../journal/journal-reader.js'
import { pairPath } from '../model/pair-key.js'
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

/** Repairs a directory that no engine has open. Throws DATA_DIR, OWNED_ELSEWHERE. */
export async function repair(dataDir: string): Promise<RepairReport> {
  const repairs: Repair[] = []
  let report = await verify(dataDir)
  for (const { where, check } of report.problems) {
    if (check !== 'journal') continue
    setAside(where)
    repairs.push({ where, done: 'segment set aside; what stood before the break is lost to it' })
  }
  // First its log, which can be what is broken; then, if that does not help, the file.
  for (const part of ['.wal', ''] as const) {
    const broken = namesOf(report.problems)
    if (broken.size === 0) break
    for (const key of storedPairs(dataDir)) {
      if (!broken.has(key.name)) continue
      const path = join(dataDir, ...pairPath(key), 'trading.duckdb')
      repairs.push(...moveAside(key.name, path, part))
    }
    report = await verify(dataDir)
  }
  return { repairs, report: repairs.length === 0 ? report : await verify(dataDir) }
}

function namesOf(problems: readonly Problem[]): ReadonlySet<string> {
  return new Set(problems.filter(({ check }) => check === 'file').map(({ where }) => where))
}

function moveAside(where: string, path: string, part: '.wal' | ''): Repair[] {
  if (!existsSync(path + part)) return []
  let n = 1
  while (existsSync(`${path}${part}.broken-${n}`)) n++
  renameSync(path + part, `${path}${part}.broken-${n}`)
  const what = part === '.wal' ? 'its log' : 'the file'
  const then = part === '.wal' ? 'commits since the last checkpoint' : 'all it held'
  const done = `${what} set aside as ${part}.broken-${n}: ${then}, but for what the journal has`
  return [{ where, done }]
}
