import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveOptions } from '../../dist/src/options.js'
import { resolvePairOptions } from '../../dist/src/pair-options.js'
import { PoolThreads } from '../../dist/src/ring/pool-threads.js'
import { Committer } from '../../dist/src/shard/committer.js'
import { PairFiles } from '../../dist/src/shard/pair-files.js'
import { PairState } from '../../dist/src/shard/pair-state.js'
import { ColumnPool } from '../../dist/src/store/column-pool.js'
import { Database } from '../../dist/src/store/duckdb.js'
import { exportTable } from '../../dist/src/store/export.js'
import { IsolatedQueries } from '../../dist/src/store/isolated-queries.js'
import { PairFile } from '../../dist/src/store/pair-file.js'
import { Template } from '../../dist/src/store/template.js'
import { salvage } from '../../dist/src/verify/salvage.js'
import { verifyFile } from '../../dist/src/verify/verify.js'

// A table that a file gets with its first row: before it every reader finds it empty, and what is
// committed into it is there after a crash, whatever of the making of it came to disk.

const META = { name: 'venue:spot:A', trade_ids: 'integer' }
const TEXTS = new Set(['text_ids'] as const)
const BOTH = new Set(['text_ids', 'seen_ids'] as const)

let folder: string
let path: string
let db: Database
let file: PairFile

async function database(): Promise<Database> {
  return Database.open({
    shard: 0,
    memoryMb: 512,
    overflowDir: join(folder, 'overflow'),
    threads: new PoolThreads(),
    onPending: () => undefined,
  })
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickloom-added-'))
  db = await database()
  path = join(folder, 'a', 'trading.duckdb')
  await (await Template.make(db, folder, 0)).copyTo(path)
  file = await PairFile.create(db, path, 'p0', META)
})
afterEach(async () => {
  await db.close()
  rmSync(folder, { recursive: true, force: true })
})

function commit(seq: number, texts: readonly string[] = []): void {
  file.commit({
    write: () => {
      for (const [i, text] of texts.entries()) {
        file
          .table('text_ids')
          .integer(seq + i)
          .timestamp(1e15 + seq + i)
          .text(text)
          .endRow()
      }
      file.putState(seq + texts.length, new Uint8Array(100))
    },
  })
}

async function texts(): Promise<unknown[]> {
  const rows = await db.rows(`SELECT trade_id FROM ${file.from('text_ids')} ORDER BY seq`)
  return rows.map((row) => row['trade_id'])
}

async function asked(sql: string) {
  return db.query(file.alias, { sql, params: [], maxRows: 100, timeoutMs: 60_000 })
}

async function attachAgain(): Promise<void> {
  await file.detach()
  file = await PairFile.attach(db, path, 'p1', META)
}

test('a file without the table is one in which it is empty, for every reader', async () => {
  commit(1)
  await attachAgain()
  expect(file.added.has('text_ids')).toBe(false)
  expect(file.added.lacks(TEXTS)).toBe(true)
  expect(file.added.lacks(new Set())).toBe(false)
  expect(await texts()).toEqual([])
  expect(await asked('SELECT count(*) AS n, max(trade_id) AS m FROM text_ids')).toEqual([
    { n: 0, m: null },
  ])
  await expect(asked('SELECT * FROM seen_ids')).rejects.toThrow('refused: table seen_ids')
  const isolated = new IsolatedQueries(db, join(folder, 'isolated'))
  const query = { sql: 'FROM text_ids', params: [], maxRows: 9, timeoutMs: 60_000, memoryMb: 512 }
  expect(await isolated.run(file, query)).toEqual([])
  const out = join(folder, 'text-ids.csv')
  const how = { table: 'text_ids', format: 'csv', file: out, from: 0, to: 9e15 } as const
  const source = (table: string) => file.from(table)
  expect((await exportTable(db, source, how, join(folder, 'data'))).rows).toBe(0)
  await file.prepareRetiring()
  expect([...file.added.ready]).toEqual([])
  // Nothing of it made a table.
  await file.detach()
  file = await PairFile.attach(db, path, 'p2', META)
  const tables = `SELECT count(*)::INT AS n FROM duckdb_tables() WHERE database_name = 'p2'`
  expect((await db.rows(tables))[0]['n']).toBe(12)
})

test('rows of the table are stored with their batch, and read, replaced and retired', async () => {
  commit(1)
  await file.prepareTables(BOTH)
  expect(file.added.lacks(BOTH)).toBe(false)
  // What the log held is in the file, and so is the table: no log holds its DDL.
  expect(existsSync(`${path}.wal`)).toBe(false)
  commit(2, ['a', 'b', 'c'])
  expect(await texts()).toEqual(['a', 'b', 'c'])
  await attachAgain()
  expect(file.added.has('text_ids')).toBe(true)
  expect(file.added.has('seen_ids')).toBe(true)
  expect(await texts()).toEqual(['a', 'b', 'c'])
  expect(await asked('SELECT trade_id FROM text_ids WHERE seq = 3')).toEqual([{ trade_id: 'b' }])
  const isolated = new IsolatedQueries(db, join(folder, 'isolated'))
  const query = { sql: 'FROM text_ids', params: [], maxRows: 9, timeoutMs: 60_000, memoryMb: 512 }
  expect(await isolated.run(file, query)).toHaveLength(3)
  await file.prepareTables(BOTH)
  commit(9, ['d'])
  file.commit({ write: () => file.delete('at:text_ids', 1e15 + 3) })
  expect(await texts()).toEqual(['a', 'c', 'd'])
  file.commit({ write: () => file.delete('before:text_ids', 1e15 + 9) })
  expect(await texts()).toEqual(['d'])
  await attachAgain()
  await file.prepareRetiring()
  expect([...file.added.ready].sort()).toEqual(['seen_ids', 'text_ids'])
})

test('a rolled back batch leaves nothing in the table', async () => {
  await file.prepareTables(TEXTS)
  const failing = {
    write: () => {
      file.table('text_ids').integer(1).timestamp(1e15).text('lost').endRow()
      throw new Error('in the middle')
    },
  }
  expect(() => file.commit(failing)).toThrow('in the middle')
  commit(2, ['kept'])
  expect(await texts()).toEqual(['kept'])
})

test('a crash behind the making of a table leaves a file that goes on, with or without it', async () => {
  commit(1)
  await file.prepareTables(TEXTS)
  // As the disk is now, in a file of its own: the table is there, and no commit tells of it.
  const other = join(folder, 'b.duckdb')
  copyFileSync(path, other)
  const crashed = await PairFile.attach(db, other, 'p5', META)
  expect(crashed.added.has('text_ids')).toBe(false)
  await crashed.prepareTables(TEXTS)
  crashed.commit({
    write: () => {
      crashed.table('text_ids').integer(1).timestamp(1e15).text('x').endRow()
      crashed.putState(2, new Uint8Array(9))
    },
  })
  const rows = await db.rows(`SELECT trade_id FROM ${crashed.from('text_ids')}`)
  expect(rows).toEqual([{ trade_id: 'x' }])
  await crashed.detach()
})

test('the committer has a table made before the batch that wants it, at once or beside the folding', async () => {
  await file.detach()
  const options = resolveOptions({ dataDir: folder })
  const files = new PairFiles(
    db,
    await Template.make(db, folder, 1),
    () => Template.make(db, folder, 1, 'VARCHAR'),
    options,
    { evict: async () => true, setAside: () => undefined },
  )
  const faults: unknown[] = []
  const committer = new Committer(
    db,
    files,
    1,
    new ColumnPool(),
    () => undefined,
    (_pair, cause) => faults.push(cause),
  )
  const sink = { candle: () => undefined, gap: () => undefined, refused: () => undefined }
  const pair = new PairState('venue:spot:B', resolvePairOptions({}), options, sink)
  const stage = (seq: number) => {
    const trade = new Float64Array([1.7e15 + seq, 100, 1, 0, 0])
    const halves = new Int32Array(trade.buffer)
    halves[6] = seq
    pair.current.push(trade, halves, 0, 1, true, seq)
    pair.stagedRows++
    pair.lastSeq = seq
    pair.touch(seq)
  }
  stage(1)
  await committer.store(pair)
  expect(pair.file?.added.has('text_ids')).toBe(false)
  stage(2)
  pair.addedTables.add('text_ids')
  // Not in this turn: the table is made meanwhile, and nothing is committed without it.
  const later = performance.now() + 60_000
  committer.tick([pair], later, true, false)
  expect(pair.storedSeq).toBe(1)
  while (pair.preparing) await new Promise((resolve) => setImmediate(resolve))
  expect(pair.file?.added.has('text_ids')).toBe(true)
  committer.tick([pair], later + 60_000, true, false)
  expect(pair.storedSeq).toBe(2)
  expect(pair.addedTables.size).toBe(0)
  stage(3)
  pair.addedTables.add('seen_ids')
  await committer.store(pair)
  expect([pair.storedSeq, pair.file?.added.has('seen_ids'), faults]).toEqual([3, true, []])
  // Asked for by one that is refused, it is forgotten with what was staged.
  pair.addedTables.add('text_ids')
  pair.refuse(new Error('for a test'))
  expect(pair.addedTables.size).toBe(0)
  await files.detachAll()
})

test('what is salvaged and verified holds the table, known by name or not', async () => {
  await file.prepareTables(TEXTS)
  const { stateCodec } = await import('../../dist/src/shard/pair-batch.js')
  const state = stateCodec.pack({ rollup: { watermark: 0, days: { from: 0 } } })
  file.commit({
    write: () => {
      file.table('text_ids').integer(1).timestamp(1e15).text('x').endRow()
      file.putState(2, state)
    },
  })
  await db.admin('CREATE TABLE p0.of_a_later_release AS SELECT 7 AS seven; CHECKPOINT p0')
  await file.detach()
  expect((await verifyFile('venue:spot:A', path)).problems).toEqual([])
  const fresh = join(folder, 'fresh.duckdb')
  expect(await salvage(path, fresh)).toMatchObject({ lost: [] })
  file = await PairFile.attach(db, fresh, 'p1', META)
  expect(await texts()).toEqual(['x'])
  expect(await db.rows('FROM p1.of_a_later_release')).toEqual([{ seven: 7 }])
})
