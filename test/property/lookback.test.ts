import fc from 'fast-check'
import type { Pair, Side, StoredTick } from 'tickloom'
import { expect, test } from 'vitest'
import { T0, withEngine } from '../support/engine-dir.js'
import { nearest, rational } from '../support/naive-rollup.js'
import { runs } from '../support/seed.js'

// cvd() and imbalance() over any span, against a sum over the ticks themselves; with ticks that come
// late, and spans that begin and end anywhere.

const MINUTE = 60e6

const tick = fc.record({
  // Mostly on, now and then back by up to five minutes.
  step: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 20e6 }) },
    { weight: 2, arbitrary: fc.integer({ min: -5 * MINUTE, max: 0 }) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  // Small ones, those of tokens that are counted in hundreds of millions (beyond 2^52 units), and
  // those that lie on no grid.
  volume: fc.oneof(
    fc.integer({ min: 1, max: 1e9 }).map((units) => units / 1e8),
    fc.integer({ min: 1, max: 9e9 }).map((tenths) => tenths / 10),
    fc.integer({ min: 1, max: 1e9 }).map((sevenths) => sevenths / 7),
  ),
  side: fc.integer({ min: 0, max: 2 }),
})
const span = fc.record({
  lengthUs: fc.integer({ min: 1, max: 12 * MINUTE }),
  // Back from the newest, or as it is.
  back: fc.option(fc.integer({ min: 0, max: 8 * MINUTE })),
})

// Exact, and rounded once.
function naive(ticks: readonly StoredTick[], from: number, to: number) {
  let buy = 0n
  let sell = 0n
  let trades = 0
  for (const { timestamp, volume, side } of ticks) {
    if (timestamp < from || timestamp >= to) continue
    trades++
    if (side === 'buy') buy += rational(volume)
    if (side === 'sell') sell += rational(volume)
  }
  const delta = nearest(buy - sell)
  const imbalance = buy + sell === 0n ? 0 : delta / nearest(buy + sell)
  return { buyVolume: nearest(buy), sellVolume: nearest(sell), delta, imbalance, trades }
}

async function check(pair: Pair, newest: number, lengthUs: number, at: number | undefined) {
  const end = at ?? newest + 1
  const stored = await pair.recentTicks({ limit: 100_000 })
  const { delta, imbalance, ...sums } = naive(stored, end - lengthUs, end)
  const query = at === undefined ? {} : { at }
  const cvd = await pair.cvd({ lookback: `${lengthUs}us`, ...query })
  expect(cvd).toEqual({ from: end - lengthUs, to: end, cvd: delta, ...sums })
  const answer = await pair.imbalance({ window: `${lengthUs}us`, ...query })
  expect(answer).toEqual({ from: end - lengthUs, to: end, imbalance, delta, ...sums })
}

test('any span of any ticks is the sum of its ticks', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    let pairs = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(tick, { minLength: 1, maxLength: 120 }),
        fc.array(span, { minLength: 1, maxLength: 6 }),
        async (ticks, spans) => {
          const pair = engine.pair('venue', 'spot', `P${pairs++}`) as Pair
          let time = T0 + 30 * MINUTE
          let newest = 0
          const parts = Math.ceil(ticks.length / 2)
          for (const [i, { step, volume, side }] of ticks.entries()) {
            const timestamp = time + step
            if (step > 0) time = timestamp
            newest = Math.max(newest, timestamp)
            expect(pair.trade(timestamp, 100, volume, side as Side, i + 1)).toBeGreaterThan(0)
            // Some of it is stored before the rest comes.
            if (i === parts) await check(pair, newest, 3 * MINUTE, undefined)
          }
          for (const { lengthUs, back } of spans) {
            await check(pair, newest, lengthUs, back === null ? undefined : newest - back)
          }
        },
      ),
      runs(40),
    )
  })
})
