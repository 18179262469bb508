// Engine options that say what the files hold: kept in the data directory, so that they go on as
// they were where the next open() says nothing.
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDirectory } from './data-dir.js'
import { EngineError } from './errors.js'
import { syncDirectorySync } from './folders.js'
import { type EngineOptions, type ResolvedOptions, resolveOptions } from './options.js'

type KeptOptions = Pick<EngineOptions, 'anchor' | 'windows'>

/** In place of a directory: one that is gone when the engine is closed. */
export const MEMORY = ':memory:'
/** Where Linux keeps files in memory. */
const SHARED_MEMORY = '/dev/shm'

function temporaryDirectory(): string {
  const inMemory = join(SHARED_MEMORY, 'tickloom-')
  try {
    return mkdtempSync(inMemory)
  } catch {
    return mkdtempSync(join(tmpdir(), 'tickloom-'))
  }
}

const KEPT_FILE = 'engine.json'

/** The options of an engine over the directory they name, which is made where it is missing. */
export function optionsFor(given: EngineOptions): ResolvedOptions {
  const { dataDir: named } = resolveOptions(given)
  const dataDir = openDirectory(named === MEMORY ? temporaryDirectory() : named)
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  const kept = readKept(dataDir)
  try {
    resolveOptions({ ...kept, retention: 'off', dataDir })
  } catch (cause) {
    const rule = `${KEPT_FILE} is damaged; take it away, and say windows and anchor at open()`
    const { message } = cause as Error
    throw new EngineError('DATA_DIR', `${rule}: ${message} dataDir=${dataDir}`, { cause })
  }
  return resolveOptions({ ...kept, ...Object.fromEntries(said), dataDir })
}

/** Keeps what the engine was opened with. */
export function keepOptions({ dataDir, anchor, windowNames, clock }: ResolvedOptions): void {
  const text = JSON.stringify({ anchor, windows: windowNames, clock })
  if (text === readText(dataDir)) return
  // Whole or not at all, also after a power cut: without it the files would go on otherwise.
  const unfinished = join(dataDir, `${KEPT_FILE}.new`)
  writeFileSync(unfinished, text, { mode: 0o600, flush: true })
  renameSync(unfinished, join(dataDir, KEPT_FILE))
  syncDirectorySync(dataDir)
}

/** What a session over the directory was opened with, its clock included; none where it is lost. */
export function sessionOptions(dataDir: string): KeptOptions & Pick<EngineOptions, 'clock'> {
  try {
    const { anchor, windows, clock } = JSON.parse(readText(dataDir))
    const kept = Object.entries({ anchor, windows, clock })
    return Object.fromEntries(kept.filter(([, value]) => value !== undefined))
  } catch {
    return {}
  }
}

// The clock is for whoever looks into a session: it is no matter of the files.
function readKept(dataDir: string): KeptOptions {
  const { clock: _, ...kept } = sessionOptions(dataDir)
  return kept
}

function readText(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, KEPT_FILE), 'utf8')
  } catch {
    return ''
  }
}
