// The process that mends a file with torn blocks, and reads all of it: what cannot be read after
// all may abort it, and nothing but it.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { EngineError } from '../errors.js'
import { type TornBlock, tornBlockOf } from '../store/damage.js'
import { quoteName, quoteText } from '../store/duckdb.js'
import { DuckDBInstance } from '../store/duckdb-api.js'
import { type MendingTask, OVERFLOW } from '../store/mending.js'
import { serveOne } from '../store/own-process.js'
import { BLOCK_BYTES } from '../store/template.js'
import { wholeAnswer } from '../store/whole-answer.js'
import { hasFlippedBit } from './flipped-bit.js'
import { presentTables } from './present-tables.js'
import { verifyFile } from './verify.js'

/** More are not torn at once: a checkpoint writes a few blocks in place. */
const MOST_TORN = 64
const CHECKSUM_BYTES = 8
/** In front of the first block are the headers; a sector holds each of them whole. */
const FIRST_BLOCK = 3 * 4096

/** What may pass, and says nothing of the file. */
const PASSING = /out of memory|could not allocate|too many open files|no space|permission/i

/** Waits for a task, answers whether the file is whole now, and ends. */
export function answerOneMending(): void {
  serveOne<MendingTask>(async (task) => ({ whole: await mend(task) }))
}

async function mend(task: MendingTask): Promise<boolean> {
  const mended = new Set<number>()
  while (mended.size < MOST_TORN) {
    const { fault, metadata } = await firstFault(task.path)
    // A block of rows is never written in place: what is wrong in one is no tear.
    if (metadata !== undefined && [...mended].some((at) => !metadata.has(at))) return false
    if (fault === undefined) return mended.size > 0 && (await isSound(task))
    const block = tornBlockOf(fault)
    if (block === undefined) return isNo(fault)
    if (block.at < FIRST_BLOCK || mended.has(block.at)) return false
    if (isFlip(task.path, block)) return false
    writeChecksum(task.path, block)
    mended.add(block.at)
  }
  return false
}

interface Read {
  /** Why not all of it can be read. */
  readonly fault: unknown
  /** Where its blocks of metadata begin; undefined where it cannot be attached. */
  readonly metadata: ReadonlySet<number> | undefined
}

async function firstFault(path: string): Promise<Read> {
  const instance = await DuckDBInstance.create(':memory:', settings(path))
  const connection = await instance.connect()
  let metadata: Set<number> | undefined
  try {
    await connection.run(`ATTACH ${quoteText(path)} AS torn (READ_ONLY)`)
    const blocks = "SELECT block_id::INTEGER FROM pragma_metadata_info('torn')"
    const ids = (await wholeAnswer(connection, blocks)).getRowsJS().flat()
    metadata = new Set(ids.map((id) => FIRST_BLOCK + Number(id) * BLOCK_BYTES))
    for (const table of await presentTables(connection, 'torn')) {
      await connection.run(`SELECT bit_xor(hash(COLUMNS(*))) FROM torn.${quoteName(table)}`)
    }
    return { fault: undefined, metadata }
  } catch (fault) {
    return { fault, metadata }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function isSound({ path, name }: MendingTask): Promise<boolean> {
  const { problems } = await verifyFile(name, path, settings(path))
  return problems.length === 0 || isNo(problems[0].detail)
}

// False for what is wrong with the file; throws what is wrong with anything else.
function isNo(fault: unknown): false {
  const said = fault instanceof Error ? fault.message : String(fault)
  if (PASSING.test(said)) throw new EngineError('STORE_FAILED', said)
  return false
}

function settings(path: string): Record<string, string> {
  return { threads: '1', memory_limit: '1GB', temp_directory: `${path}${OVERFLOW}` }
}

// A bit that was flipped has nothing to do with a power cut, and may be one that is in use.
function isFlip(path: string, { at, checksum, stored }: TornBlock): boolean {
  const bytes = Buffer.alloc(BLOCK_BYTES - CHECKSUM_BYTES)
  opened(path, (fd) => readSync(fd, bytes, 0, bytes.length, at + CHECKSUM_BYTES))
  return hasFlippedBit(bytes, checksum ^ stored)
}

function writeChecksum(path: string, { at, checksum }: TornBlock): void {
  const bytes = Buffer.alloc(CHECKSUM_BYTES)
  bytes.writeBigUInt64LE(checksum)
  opened(path, (fd) => writeSync(fd, bytes, 0, bytes.length, at))
}

function opened(path: string, work: (fd: number) => unknown): void {
  const fd = openSync(path, 'r+')
  try {
    work(fd)
  } finally {
    closeSync(fd)
  }
}
