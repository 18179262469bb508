// The process that mends a file with torn blocks, and reads all of it: what cannot be read after
// all may abort it, and nothing but it.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type TornBlock, tornBlockOf } from '../store/damage.js'
import { quoteText } from '../store/duckdb.js'
import type { MendingTask } from '../store/mending.js'
import { serveOne } from '../store/own-process.js'
import { tableNames } from '../store/schema.js'
import { BLOCK_BYTES } from '../store/template.js'
import { verifyFile } from './verify.js'

/** More are not torn at once: a checkpoint writes a few blocks in place. */
const MOST_TORN = 64
/** In front of the first block are the headers; a sector holds each of them whole. */
const FIRST_BLOCK = 3 * 4096

/** Waits for a task, answers whether the file is whole now, and ends. */
export function answerOneMending(): void {
  serveOne(mend)
}

async function mend(task: MendingTask): Promise<boolean> {
  const mended: number[] = []
  while (mended.length < MOST_TORN) {
    const cause = await attached(task.path, async () => undefined).catch((refused) => refused)
    if (cause === undefined) return isWhole(task, mended).catch(() => false)
    const block = tornBlockOf(cause)
    if (block === undefined || block.at < FIRST_BLOCK) return false
    writeChecksum(task.path, block)
    mended.push((block.at - FIRST_BLOCK) / BLOCK_BYTES)
  }
  return false
}

// A block of rows is never written in place: what is wrong in one is no tear.
async function isWhole({ path, name }: MendingTask, mended: readonly number[]): Promise<boolean> {
  const onlyMetadata = await attached(path, async (connection) => {
    for (const table of tableNames()) {
      await connection.run(`SELECT bit_xor(hash(COLUMNS(*))) FROM torn.${table}`)
    }
    const blocks = "SELECT block_id::INTEGER FROM pragma_metadata_info('torn')"
    const metadata = (await connection.runAndReadAll(blocks)).getRowsJS().flat()
    return mended.every((block) => metadata.includes(block))
  })
  return onlyMetadata && (await verifyFile(name, path)).problems.length === 0
}

async function attached<T>(
  path: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' })
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH ${quoteText(path)} AS torn (READ_ONLY)`)
    return await work(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function writeChecksum(path: string, { at, checksum }: TornBlock): void {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(checksum)
  const fd = openSync(path, 'r+')
  try {
    writeSync(fd, bytes, 0, bytes.length, at)
    fdatasyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
