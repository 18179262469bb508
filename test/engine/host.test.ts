import { stat } from 'node:fs/promises'
import { type Pair, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { T0, until, withEngine } from '../support/engine-dir.js'

// The engine lives in somebody's process: it must not take what its host needs.

const ENDLESS = `SELECT count(*) FROM ticks a, ticks b, ticks c, ticks d, ticks e
  WHERE a.price + b.price + c.price + d.price + e.price < 0`

test('four endless queries leave the host its files, and the engine its reads', async () => {
  await withEngine({ clock: 'event', shards: 4 }, async (engine) => {
    // A pair on every shard, and some more.
    const pairs = Array.from({ length: 12 }, (_, i) => engine.pair('venue', 'spot', `P${i}`))
    for (const pair of pairs) {
      for (let i = 0; i < 300; i++) pair.trade(T0 + i, 100, 1, Side.Buy, i + 1)
    }
    await engine.flush({ stored: true })
    let ended = 0
    for (const pair of pairs.slice(0, 4)) {
      const query = pair.query(ENDLESS, [], { timeoutMs: 86_400_000 })
      query.catch(() => ended++)
    }
    // All of this happens while every query goes on: a thread that one of them holds is not waited
    // for. close() ends them.
    for (let i = 0; i < 50; i++) await stat('.')
    for (const pair of pairs) expect((await (pair as Pair).last())?.tradeId).toBe(300)
    expect(ended).toBe(0)
  })
})

test('a host that hears nothing is posted no more than two flow messages, and the last value', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    const heard: number[] = []
    engine.on('flow', (flow) => heard.push(flow.receipt))
    let receipt = 0
    for (let i = 0; i < 300; i++) {
      receipt = pair.trade(T0 + i, 100, 1, Side.Buy, i + 1)
      // Folded, and the event loop has not turned.
      engine.settle()
      expect(pair.flow()?.receipt).toBe(receipt)
    }
    expect(heard).toEqual([])
    await until('the last value', () => heard.at(-1) === receipt)
    expect(heard.length).toBeLessThanOrEqual(4)
    expect([...heard].sort((a, b) => a - b)).toEqual(heard)
  })
})
