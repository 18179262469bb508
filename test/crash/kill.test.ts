import { afterAll, expect, test } from 'vitest'
import { KilledDir } from '../support/killed-dir.js'
import { mix } from '../support/made-tick.mjs'
import { IS_LONG, SEED } from '../support/seed.js'

// SIGKILL at a random moment of opening, ingesting or flushing, over and over one data directory with
// changing shard counts. Whatever was told durable must be there, once, and the candles right.

const KILLS = Number(process.env['TICKLOOM_KILLS'] ?? (IS_LONG ? 12 : 6))
const CHECK_EVERY = 24

const dir = new KilledDir()
afterAll(() => dir.remove())

test(`${KILLS} kills lose nothing that was durable and store nothing twice`, {
  timeout: Math.max(600_000, KILLS * 4000),
}, async () => {
  console.log(`kill.test seed=${SEED}`)
  const pairs = ['AAA/USDT', 'BBB/USDT', 'CCC/USDT']
  let opens = 0
  let mustOpen = 0
  for (let round = 0; round < KILLS; round++) {
    const random = (part: number, below: number) => mix(mix(SEED, round), part) % below
    // New pairs every round, so that kills also meet files that are just being made.
    if (round % 2 === 0) pairs.push(`N${round}/USDT`)
    const task = {
      shards: 1 + random(1, 3),
      clock: random(2, 3) === 0 ? ('wall' as const) : ('event' as const),
      seed: mix(SEED, round),
      pairs: [...pairs.slice(0, 3), ...pairs.slice(3).slice(-3)],
    }
    const afterOpen = random(3, 5) > 0
    const opened = await dir.run(
      task,
      afterOpen
        ? { from: 'open', told: random(4, 60), delayMs: random(6, 12) }
        : { from: 'start', delayMs: 50 + random(4, 400) },
      round,
    )
    if (opened) opens++
    if (afterOpen) mustOpen++
    if (round % CHECK_EVERY !== CHECK_EVERY - 1) continue
    // Of those that were traded since the last time; verify looks at every file.
    await dir.check([...pairs.slice(0, 3), ...pairs.slice(3).slice(-16)], 1 + random(5, 3))
  }
  await dir.check(pairs, 2)
  console.log(`kill.test: ${opens} of ${KILLS} children had opened; ${dir.totalTold} ticks durable`)
  expect(opens).toBeGreaterThanOrEqual(mustOpen)
  expect(dir.totalTold).toBeGreaterThan(mustOpen)
})
