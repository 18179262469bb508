import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PoolThreads } from '../../dist/src/ring/pool-threads.js'
import { Database } from '../../dist/src/store/duckdb.js'
import { PairFile } from '../../dist/src/store/pair-file.js'
import { Template } from '../../dist/src/store/template.js'
import { TickChunk } from '../../dist/src/store/tick-appender.js'
import { TickColumns } from '../../dist/src/store/tick-columns.js'

// A commit stores all of it, once, or nothing, whatever fails in it and whatever comes after.

let folder: string
let db: Database
let file: PairFile
const chunk = new TickChunk()
const META = { name: 'venue:spot:A', trade_ids: 'integer' }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickloom-file-'))
  db = await Database.open({
    shard: 0,
    memoryMb: 512,
    overflowDir: join(folder, 'overflow'),
    threads: new PoolThreads(),
    onPending: () => undefined,
  })
  const template = await Template.make(db, folder, 0)
  const path = join(folder, 'a', 'trading.duckdb')
  await template.copyTo(path)
  file = await PairFile.create(db, path, 'p0', META)
})
afterEach(async () => {
  await db.close()
  rmSync(folder, { recursive: true, force: true })
})

function columns(from: number, rows: number): TickColumns {
  const ticks = new TickColumns()
  const trade = new Float64Array(5)
  const halves = new Int32Array(trade.buffer)
  for (let i = 0; i < rows; i++) {
    trade.set([1.7e15 + from + i, 100, 1])
    halves[6] = from + i
    ticks.push(trade, halves, 0, 1, true, from + i)
  }
  return ticks
}

function write(from: number, rows: number) {
  file.appendTicks(chunk, columns(from, rows))
  const gap = file.table('gaps').integer(from).integer(from).integer(1)
  gap.timestamp(1).timestamp(2).integer(from).null().endRow()
  file.putState(from + rows - 1, new Uint8Array(100))
}

async function stored() {
  const [row] = await db.rows(
    `SELECT (SELECT count(*) FROM p0.ticks)::INT AS ticks, (SELECT count(*) FROM p0.gaps)::INT AS gaps,
       (SELECT max(seq) FROM p0.state)::INT AS seq, (SELECT count(*) FROM p0.meta)::INT AS facts`,
  )
  return [row['ticks'], row['gaps'], row['seq'], row['facts']]
}

test('a commit that fails when everything is appended leaves nothing behind, also not later', async () => {
  for (const again of [1, 2, 3]) {
    const failing = {
      write: () => {
        write(0, 100)
        throw new Error(`failed ${again}`)
      },
    }
    expect(() => file.commit(failing)).toThrow(`failed ${again}`)
    expect(await stored()).toEqual([0, 0, null, 1])
  }
  file.commit({ write: () => write(0, 100) })
  expect(await stored()).toEqual([100, 1, 99, 3])
  expect(() =>
    file.commit({
      write: () => {
        write(100, 2000)
        file.table('gaps').integer(1)
        throw new Error('in the middle of a row')
      },
    }),
  ).toThrow('in the middle of a row')
  file.commit({ write: () => write(100, 3000 % 2048) })
  expect(await stored()).toEqual([1052, 2, 1051, 3])
})

test('what was appended and never committed is forgotten by a detach', async () => {
  file.commit({ write: () => write(0, 10) })
  // As an appender is left by a transaction that was never ended.
  file.appendTicks(chunk, columns(10, 500))
  await file.detach()
  const again = await PairFile.attach(db, join(folder, 'a', 'trading.duckdb'), 'p0', META)
  expect(await stored()).toEqual([10, 1, 9, 3])
  await again.detach()
})

test('many statements prepared at once: quiet() waits for all, and the event loop turns', async () => {
  const preparing = Array.from({ length: 20 }, (_, i) =>
    db.prepare(
      `DELETE FROM p0.ticks WHERE seq = ${i} OR price > (SELECT max(price) FROM p0.ticks)`,
    ),
  )
  expect(db.isQuiet).toBe(false)
  await db.quiet()
  expect(db.isQuiet).toBe(true)
  await Promise.all(preparing)
})
