import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { listSegments, readSegment } from '../../dist/src/journal/journal-reader.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'

// close() is bounded: what it has no time to bring into DuckDB stays in the journal, and the next
// open() takes it up.

const TICKS = 300

const namesOf = (pairs: number) => Array.from({ length: pairs }, (_, i) => `P${i}`)

/** Trades on so many pairs, and closes at once; the pairs whose files were not made. */
async function cutOff(dataDir: string, pairs: number): Promise<string[]> {
  const names = namesOf(pairs)
  await opened({ dataDir, shards: 1, clock: 'event', closeTimeoutMs: 1 }, async (engine) => {
    const all = names.map((name) => engine.pair('venue', 'spot', name, { tradeIds: 'sequential' }))
    for (let id = 1; id <= TICKS; id++) {
      for (const pair of all) pair.trade(T0 + id, 100, 1, Side.Buy, id)
    }
    engine.settle()
  })
  return names.filter((name) => !existsSync(filePath(dataDir, 'venue', 'spot', name)))
}

async function checkCutOff(dataDir: string, pairs: number): Promise<boolean> {
  const unmade = await cutOff(dataDir, pairs)
  if (unmade.length === 0) return false
  let journaled = 0
  for (const { path } of listSegments(join(dataDir, 'journal'))) {
    journaled += (await readSegment(path, {})).slots
  }
  expect(journaled).toBe(pairs * TICKS)
  await opened({ dataDir, shards: 2, clock: 'event' }, async (engine) => {
    expect(engine.stats().recovered).toBeGreaterThanOrEqual(unmade.length * TICKS)
  })
  for (const name of namesOf(pairs)) {
    const ids = (await ticksOf(filePath(dataDir, 'venue', 'spot', name))).map((t) => t.tradeId)
    expect(ids, name).toEqual(Array.from({ length: TICKS }, (_, i) => i + 1))
  }
  return true
}

test('what the deadline cuts off is in the journal, and stored by the next open()', async () => {
  // A machine that makes all of these files before the deadline is given more.
  for (let pairs = 40; !(await withDir((dataDir) => checkCutOff(dataDir, pairs))); ) pairs *= 2
})
