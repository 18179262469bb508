import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'

// A worker that hangs, throws, exits or runs out of heap: it is back on the same ring with nothing
// lost, and the host's thread was not held up.

const SUPPORT = join(import.meta.dirname, '../support')
const HOOK = join(SUPPORT, 'hang-hook.mjs')
const CHILD = join(SUPPORT, 'hang-child.mjs')

for (const how of ['hang', 'throw', 'exit', 'heap']) {
  test(`a worker and its end: ${how}`, { timeout: 60_000 }, async () => {
    await withDir(async (dataDir) => {
      const ran = spawnSync(
        process.execPath,
        ['--import', HOOK, CHILD, JSON.stringify({ dataDir, how })],
        { encoding: 'utf8', timeout: 50_000 },
      )
      expect([ran.status, ran.signal]).toEqual([0, null])
      const { id, counts, faults, longest } = JSON.parse(ran.stdout)
      expect(faults.length).toBeGreaterThan(0)
      if (how === 'hang') expect(faults[0]).toMatch(/^SHARD_HANGS: .*run again/)
      expect(counts).toMatchObject({ received: id, stored: id, duplicates: 0, rejected: 0 })
      // The host waits for nobody: far from the second and a half until a hang is seen.
      expect(longest).toBeLessThan(1000)
      const ids = (await ticksOf(filePath(dataDir, 'venue', 'spot', 'A'))).map((t) =>
        Number(t.tradeId),
      )
      expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: id }, (_, i) => i + 1))
      expect((await verify(dataDir)).problems).toEqual([])
    })
  })
}
