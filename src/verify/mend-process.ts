// The process that mends a file with torn blocks, and reads all of it: what cannot be read after
// all may abort it, and nothing but it.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { type TornBlock, tornBlockOf } from '../store/damage.js'
import { quoteText } from '../store/duckdb.js'
import type { MendingTask } from '../store/mending.js'
import { serveOne } from '../store/own-process.js'
import { tableNames } from '../store/schema.js'
import { verifyFile } from './verify.js'

/** More are not torn at once: a checkpoint writes a few blocks in place. */
const MOST_TORN = 64
/** In front of the first block are the headers; a sector holds each of them whole. */
const FIRST_BLOCK = 3 * 4096

/** Waits for a task, answers whether the file is whole now, and ends. */
export function answerOneMending(): void {
  serveOne(mend)
}

async function mend({ path, name }: MendingTask): Promise<boolean> {
  for (let torn = 0; torn < MOST_TORN; torn++) {
    const cause = await readAll(path)
    if (cause === undefined) return (await verifyFile(name, path)).problems.length === 0
    const block = tornBlockOf(cause)
    if (block === undefined || block.at < FIRST_BLOCK) return false
    writeChecksum(path, block)
  }
  return false
}

/** Reads every row of the file and its log; returns why that cannot be. */
async function readAll(path: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' })
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH ${quoteText(path)} AS torn (READ_ONLY)`)
    for (const table of tableNames()) {
      await connection.run(`SELECT bit_xor(hash(COLUMNS(*))) FROM torn.${table}`)
    }
    return undefined
  } catch (cause) {
    return cause
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
