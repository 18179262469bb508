import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PoolThreads } from '../../dist/src/ring/pool-threads.js'
import { Database } from '../../dist/src/store/duckdb.js'

test('what comes behind close() is refused: DuckDB would end the process', async () => {
  const db = await Database.open({
    shard: 0,
    memoryMb: 256,
    overflowDir: join(tmpdir(), 'tickloom-database-overflow'),
    threads: new PoolThreads(),
    onPending: () => undefined,
  })
  db.transact(() => undefined)
  await db.close()
  const closed = { code: 'ENGINE_CLOSED' }
  expect(() => db.transact(() => undefined)).toThrow(expect.objectContaining(closed))
  await expect(db.admin('SELECT 1')).rejects.toMatchObject(closed)
  await expect(db.prepare('SELECT 1')).rejects.toMatchObject(closed)
  await expect(db.rows('SELECT 1')).rejects.toMatchObject(closed)
})
