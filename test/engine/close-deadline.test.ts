import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { listSegments, readSegment } from '../../dist/src/journal/journal-reader.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'

// close() is bounded: what it has no time to bring into DuckDB stays in the journal, and the next
// open() takes it up.

const PAIRS = 60
const TICKS = 300

test('what the deadline cuts off is in the journal, and stored by the next open()', async () => {
  await withDir(async (dataDir) => {
    const options = { dataDir, shards: 1, clock: 'event' } as const
    const names = Array.from({ length: PAIRS }, (_, i) => `P${i}`)
    await opened({ ...options, closeTimeoutMs: 1 }, async (engine) => {
      const pairs = names.map((name) =>
        engine.pair('venue', 'spot', name, { tradeIds: 'sequential' }),
      )
      for (let id = 1; id <= TICKS; id++) {
        for (const pair of pairs) pair.trade(T0 + id, 100, 1, Side.Buy, id)
      }
      engine.settle()
    })
    // No sixty files are made in a millisecond.
    const unmade = names.filter((name) => !existsSync(filePath(dataDir, 'venue', 'spot', name)))
    expect(unmade.length).toBeGreaterThan(0)
    let journaled = 0
    for (const { path } of listSegments(join(dataDir, 'journal'))) {
      journaled += (await readSegment(path, {})).slots
    }
    expect(journaled).toBe(PAIRS * TICKS)
    await opened({ ...options, shards: 2 }, async (engine) => {
      expect(engine.stats().recovered).toBeGreaterThanOrEqual(unmade.length * TICKS)
    })
    for (const name of names) {
      const ids = (await ticksOf(filePath(dataDir, 'venue', 'spot', name))).map((t) => t.tradeId)
      expect(ids, name).toEqual(Array.from({ length: TICKS }, (_, i) => i + 1))
    }
  })
})
