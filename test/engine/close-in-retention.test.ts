import { Side, TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { withDir } from '../support/engine-dir.js'

// Retention takes seconds with many pairs, and an engine is mostly closed in the middle of a run:
// that ends first, and nothing of it comes behind the database's end.

test('closed in the middle of retention, again and again: no fault, and every file in order', async () => {
  await withDir(async (dataDir) => {
    const faults: string[] = []
    let id = 0
    for (let session = 0; session < 3; session++) {
      const engine = await TickEngine.open({ dataDir, shards: 1, retentionEveryMs: 100 })
      engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
      const pairs = Array.from({ length: 20 }, (_, i) => engine.pair('venue', 'spot', `P${i}`))
      for (let n = 0; n < 20; n++) {
        const now = Date.now() * 1000
        for (const pair of pairs) expect(pair.trade(now, 100, 1, Side.Buy, ++id)).toBeGreaterThan(0)
      }
      await engine.flush({ stored: true })
      await engine.close()
    }
    expect(faults).toEqual([])
    const report = await verify(dataDir)
    expect(report.problems).toEqual([])
    expect(report.ticks).toBe(3 * 20 * 20)
  })
})
