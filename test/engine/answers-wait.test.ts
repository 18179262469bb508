import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { T0, withEngine } from '../support/engine-dir.js'

// Whatever is asked must be answered with everything received before it, whenever it is asked.

test('stats() and recentTicks() contain everything received before, at any moment', async () => {
  await withEngine({ clock: 'event', shards: 2 }, async (engine) => {
    let sent = 0
    const pairs = ['A', 'B', 'C'].map((name) => engine.pair('venue', 'spot', name))
    for (let round = 0; round < 300; round++) {
      for (let n = 0; n <= round % 70; n++) {
        pairs[sent % 3].trade(T0 + sent * 1000, 100, 1, Side.Buy, sent)
        sent++
      }
      engine.settle()
      const stats = engine.stats()
      expect([round, stats.received]).toEqual([round, sent])
      const own = await Promise.all(pairs.map((pair) => pair.stats()))
      expect(own.reduce((n, { received }) => n + received, 0)).toBe(sent)
    }
    expect((await pairs[2].recentTicks({ limit: 1 }))[0].timestamp).toBeGreaterThan(0)
  })
})

test('an answer contains the ticks received while the shard was draining', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    let sent = 0
    for (let round = 0; round < 40; round++) {
      // Long enough that the shard takes slots while they are written.
      const until = performance.now() + 5 + (round % 7)
      while (performance.now() < until) pair.trade(T0 + sent * 10, 100, 1, Side.Buy, sent++)
      const [stats] = await Promise.all([pair.stats()])
      expect([round, stats.received]).toEqual([round, sent])
    }
  })
})

test('flush({ stored: true }) resolves when everything received is in DuckDB', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    let sent = 0
    for (let round = 0; round < 40; round++) {
      const until = performance.now() + 3 + (round % 5)
      while (performance.now() < until) pair.trade(T0 + sent * 10, 100, 1, Side.Buy, sent++)
      await engine.flush({ stored: true })
      const stats = await pair.stats()
      expect([round, stats.stored, stats.staged]).toEqual([round, sent, 0])
    }
  })
})
