import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { filePath, ticksOf } from '../support/closed-file.js'
import { opened, withDir } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// A shard that is dead when close() comes runs once more, for what its ring holds.

const CHILD = fileURLToPath(new URL('../support/close-dead-child.mjs', import.meta.url))

test.each(['at once', 'later'])('close() over a dead shard loses nothing: %s', async (when) => {
  await withDir(async (dataDir) => {
    const args = [CHILD, JSON.stringify({ dataDir, when })]
    const child = await runChild(args)
    expect([child.status, child.stderr]).toEqual([0, ''])
    expect(JSON.parse(child.stdout).told).toMatch(/flushed|ENGINE_CLOSED/)
    await opened({ dataDir, shards: 1, clock: 'event' }, async () => undefined)
    const ids = (await ticksOf(filePath(dataDir, 'venue', 'spot', 'A'))).map((t) => t.tradeId)
    expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  })
})
