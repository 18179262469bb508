import { afterAll, expect, test } from 'vitest'
import { KilledDir } from '../support/killed-dir.js'
import { mix } from '../support/made-tick.mjs'
import { PHASES } from '../support/phase-hook.mjs'
import { SEED } from '../support/seed.js'

// SIGKILL in the middle of a named phase, by a thread of the child's that sees it entered: a random
// time after, while it lasts. What was told durable must be there, once, and the candles right.

const KILLS = Number(process.env['TICKLOOM_KILLS'] ?? 25)
const EACH = Math.max(1, Math.ceil(KILLS / 25))
/** How long a phase lasts, ms, more or less: a kill that comes too late tries the next one. */
const LASTS: Record<string, number> = { ingest: 120, recovery: 8, close: 40, retention: 25 }

const dir = new KilledDir()
afterAll(() => dir.remove())

test(`${EACH} kills in each of ${PHASES.length} phases lose nothing that was durable`, {
  timeout: Math.max(600_000, EACH * PHASES.length * 5000),
}, async () => {
  console.log(`kill-in-phase.test seed=${SEED}`)
  const histogram = new Map<string, number>(PHASES.map((phase) => [phase, 0]))
  const pairs = ['AAA/USDT', 'BBB/USDT', 'CCC/USDT']
  for (let round = 0; round < EACH * PHASES.length; round++) {
    const random = (part: number, below: number) => mix(mix(SEED, round), part) % below
    if (round % 4 === 0) pairs.push(`N${round}/USDT`)
    const phase = PHASES[round % PHASES.length]
    const task = {
      shards: 1 + random(1, 2),
      clock: random(2, 3) === 0 ? ('wall' as const) : ('event' as const),
      seed: mix(SEED, round),
      pairs: [...pairs.slice(0, 3), ...pairs.slice(3).slice(-2)],
    }
    // A recovery is there once, in front of everything.
    const skip = phase === 'recovery' ? 0 : random(3, 6)
    const delayMs = ((LASTS[phase] ?? 4) * random(4, 1000)) / 1000
    // A recovery needs something to recover, and can be over too soon.
    for (let tries = 0; ; tries++) {
      await dir.run(task, { phase, skip, delayMs: delayMs / 2 ** tries }, round)
      histogram.set(dir.phase, (histogram.get(dir.phase) ?? 0) + 1)
      if (dir.phase === phase) break
    }
    if (round % 45 === 44) await dir.check(pairs, 1 + random(5, 3))
  }
  await dir.check(pairs, 2)
  for (const [phase, kills] of histogram) {
    console.log(`  ${phase.padEnd(14)} ${String(kills).padStart(4)} ${'#'.repeat(kills)}`)
    expect(kills).toBeGreaterThanOrEqual(EACH)
  }
  console.log(`kill-in-phase.test: ${dir.totalTold} ticks durable`)
})
