import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { filePath, ticksOf } from '../support/closed-file.js'
import { opened, withDir } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// A shard that dies again and again is given up: trades are refused by name, questions fail by code,
// the host lives, and what was durable is there when the directory is opened again.

const CHILD = fileURLToPath(new URL('../support/give-up-child.mjs', import.meta.url))

test('a shard that dies six times in a row is given up, and loses nothing durable', async () => {
  await withDir(async (dataDir) => {
    const child = await runChild([CHILD, dataDir])
    expect([child.status, child.stderr]).toEqual([0, ''])
    const { refusal, expected, told, health, faults } = JSON.parse(child.stdout)
    expect(refusal).toBe(expected)
    expect(told).toBe('SHARD_FAILED')
    expect(health).toEqual({ status: 'failed', reasons: ['shard 0 was given up'] })
    expect(faults.length).toBe(7)
    expect(faults[6]).toBe('given up after 5 restarts')
    await opened({ dataDir, shards: 1, clock: 'event' }, async () => undefined)
    const ticks = await ticksOf(filePath(dataDir, 'venue', 'spot', 'A'))
    expect(ticks.map((tick) => tick.tradeId)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
  })
})
