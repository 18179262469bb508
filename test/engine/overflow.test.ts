import { Refusal, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { T0, until, withEngine } from '../support/engine-dir.js'

const TINY = { clock: 'event', shards: 1, ringSlots: 1024 } as const

test('spill: a burst far beyond the ring loses nothing and keeps its order', async () => {
  await withEngine({ ...TINY, overflow: 'spill', spillSlots: 65_536 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    const receipts: number[] = []
    for (let id = 0; id < 50_000; id++) receipts.push(pair.trade(T0 + id, 1, 1, Side.Buy, id))
    expect(
      receipts.every((receipt, i) => receipt > 0 && (i === 0 || receipt > receipts[i - 1])),
    ).toBe(true)
    engine.settle()
    const ticks = await pair.recentTicks({ limit: 60_000 })
    expect(ticks.map((tick) => tick.tradeId)).toEqual(receipts.map((_, id) => id))
    expect(ticks.map((tick) => tick.seq)).toEqual(receipts)
    expect(engine.stats()).toMatchObject({ refused: 0, stored: 50_000, spilled: 0, depth: 0 })
  })
})

test('spill without settle(): drained by the event loop, and close() brings all of it in', async () => {
  await withEngine({ ...TINY, overflow: 'spill', spillSlots: 65_536 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    for (let id = 0; id < 30_000; id++) pair.trade(T0 + id, 1, 1, Side.Buy, id)
    await engine.drained()
    await engine.flush()
    expect(pair.durable(30_000)).toBe(true)
    expect(await pair.stats()).toMatchObject({ stored: 30_000 })
  })
})

test.each(['spill', 'reject'] as const)(
  '%s: what finds no room is refused and counted',
  async (overflow) => {
    await withEngine({ ...TINY, overflow, spillSlots: 1024 }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      const losses: number[] = []
      engine.on('loss', (loss) => losses.push(loss.count))
      const received: number[] = []
      let refused = 0
      for (let id = 0; id < 200_000; id++) {
        const receipt = pair.trade(T0 + id, 1, 1, Side.Buy, id)
        if (receipt > 0) received.push(id)
        else {
          refused++
          if (receipt !== Refusal.RingFull) throw new Error(`refused otherwise: ${receipt}`)
        }
      }
      expect(refused).toBeGreaterThan(0)
      engine.settle()
      const ticks = await pair.recentTicks({ limit: 200_000 })
      expect(ticks.map((tick) => tick.tradeId)).toEqual(received)
      expect(engine.stats()).toMatchObject({
        offered: 200_000,
        refused,
        received: received.length,
      })
      expect(losses.length).toBeGreaterThan(0)
    })
  },
)

test('block: the caller waits for room, and nothing is refused', async () => {
  await withEngine({ ...TINY, overflow: 'block', blockTimeoutMs: 60_000 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    let refused = 0
    for (let id = 0; id < 200_000; id++) if (pair.trade(T0 + id, 1, 1, Side.Buy, id) < 0) refused++
    expect(refused).toBe(0)
    engine.settle()
    expect(engine.stats()).toMatchObject({ stored: 200_000, spilled: 0 })
  })
})

test.each(['park', 'poll', 'spin'] as const)(
  'a shard that waits by %s takes what comes, and answers',
  async (waitStrategy) => {
    await withEngine({ clock: 'event', shards: 2, waitStrategy }, async (engine) => {
      const posts: number[] = []
      engine.on('flow', (flow) => posts.push(flow.receipt))
      const pair = engine.pair('venue', 'spot', 'A')
      for (let id = 0; id < 5; id++) {
        const receipt = pair.trade(T0 + id, 1, 1, Side.Buy, id)
        await until('the post', () => posts[posts.length - 1] === receipt)
        await until('durable', () => pair.durable(receipt))
      }
      for (let id = 5; id < 100_000; id++) pair.trade(T0 + id, 1, 1, Side.Buy, id)
      engine.settle()
      expect(await pair.stats()).toMatchObject({ stored: 100_000 })
    })
  },
)
