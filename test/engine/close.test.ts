import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { filePath, ticksOf } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'

// close() may be cut short; it may not lose, and nobody who asked something is left waiting.

const EVENT = { shards: 1, clock: 'event' } as const
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

test('what waits in the spill when the deadline comes is journaled too', async () => {
  await withDir(async (dataDir) => {
    const tiny = { dataDir, ...EVENT, ringSlots: 1024, spillSlots: 262_144, closeTimeoutMs: 1 }
    await opened(tiny, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
      let refused = 0
      for (let id = 1; id <= 150_000; id++) {
        if (pair.trade(T0 + id, 100, 1, Side.Buy, id) < 0) refused++
      }
      expect(refused).toBe(0)
      expect(engine.stats().spilled).toBeGreaterThan(10_000)
    })
    await opened({ dataDir, ...EVENT }, async () => undefined)
    const ids = (await ticksOf(filePath(dataDir, 'venue', 'spot', 'A'))).map((t) => t.tradeId)
    expect(ids).toEqual(upTo(150_000))
  })
})

test('what was asked before close() is answered, what is asked after it is refused', async () => {
  await withDir(async (dataDir) => {
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      for (let id = 1; id <= 20_000; id++) pair.trade(T0 + id * 1e6, 100, 1, Side.Buy, id)
      const asked = [
        engine.flush(),
        engine.flush({ stored: true }),
        pair.candles('1m', { limit: 1 }).then((candles) => candles.length),
        pair.last().then((tick) => tick?.tradeId),
        pair.stats().then(({ stored }) => stored),
      ]
      const closing = engine.close()
      await expect(pair.last()).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
      await closing
      expect(await Promise.all(asked)).toEqual([undefined, undefined, 1, 20_000, 20_000])
    })
  })
})
