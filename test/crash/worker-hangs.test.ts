import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// A worker that hangs, throws, exits or runs out of heap: it is back on the same ring with nothing
// lost, and the host's thread was not held up.

const SUPPORT = join(import.meta.dirname, '../support')
const HOOK = join(SUPPORT, 'hang-hook.mjs')
const CHILD = join(SUPPORT, 'hang-child.mjs')

for (const how of ['hang', 'throw', 'exit', 'heap']) {
  test(`a worker and its end: ${how}`, async () => {
    await withDir(async (dataDir) => {
      const ran = await runChild(['--import', HOOK, CHILD, JSON.stringify({ dataDir, how })])
      expect([ran.status, ran.signal]).toEqual([0, null])
      const { id, counts, faults, turns } = JSON.parse(ran.stdout)
      expect(faults.length).toBeGreaterThan(0)
      if (how === 'hang') expect(faults[0]).toMatch(/^SHARD_HANGS: .*run again/)
      expect(counts).toMatchObject({ received: id, stored: id, duplicates: 0, rejected: 0 })
      // The host waits for nobody: its event loop turns while the shard hangs and comes back.
      expect(turns).toBeGreaterThan(2)
      const ids = (await ticksOf(filePath(dataDir, 'venue', 'spot', 'A'))).map((t) =>
        Number(t.tradeId),
      )
      expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: id }, (_, i) => i + 1))
      expect((await verify(dataDir)).problems).toEqual([])
    })
  })
}
