import { expect, test, vi } from 'vitest'

// Whole engines in one thread, by a seed: main, its supervisor, ring, shards' loop, journal, recovery,
// commits and folds are the real ones. Made up are the clock, the disk (disk.ts), the store (store.ts)
// and the threads (threads.ts). Threads end in the middle of anything they do outside of their memory,
// or hang; the disk is full or broken; commits fail; power fails; engines are closed and opened again
// with other shard counts. Whatever happens, what was acknowledged is there once, the account adds up,
// and candles, flow and gaps are those of the naive model (model.ts). A seed that fails is printed, and
// does the same again: TICKLOOM_SIMULATE=<seed>.
//
// From src, not from dist as elsewhere: only so can modules be replaced.

vi.mock('node:fs', async () => (await import('./running.js')).fs)
vi.mock('node:worker_threads', async () => (await import('./running.js')).workerThreads)
vi.mock('piscina', async () => (await import('./running.js')).piscina)
vi.mock('../../src/owner.ts', async () => (await import('./running.js')).owner)
vi.mock('../../src/shard/turns.ts', async () => (await import('./running.js')).turns)
vi.mock('../../src/ring/park.ts', async (original) => ({
  ...(await original<typeof import('../../src/ring/park.js')>()),
  park: (await import('./running.js')).park,
}))
vi.mock('../../src/store/duckdb.ts', async () => (await import('./running.js')).duckdb)
vi.mock('../../src/store/template.ts', async () => (await import('./running.js')).template)
vi.mock('../../src/store/pair-file.ts', async () => (await import('./running.js')).pairFile)
vi.mock('../../src/store/reads.ts', async () => (await import('./running.js')).reads)
// Files are made up, and so are their descriptions: nobody reads them here.
vi.mock('../../src/shard/pair-description.ts', async (original) => ({
  ...(await original<typeof import('../../src/shard/pair-description.js')>()),
  describe: async () => undefined,
}))
vi.mock('../../src/store/read-ids.ts', async () => (await import('./running.js')).readIds)
// Small, so that a run of slots takes many frames, and a pair's candles do not all fit into memory.
vi.mock('../../src/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/limits.js')>()),
  CHUNK_ROWS: 32,
  PUBLISH_EVERY: 16,
  LIVE_COMMIT_ROWS: 64,
  ROW_GROUP_ROWS: 96,
  HOUR_PAGES: 1,
  DAY_PAGES: 1,
  ID_PAGES: 1,
  TEXT_BYTES: 2 ** 16,
  SEGMENT_BYTES: 4000,
}))

import { IS_LONG, IS_USUAL, SEED } from '../support/seed.js'
import { PAIRS, World } from './world.js'

const SEEDS = Number(process.env['TICKLOOM_SEEDS'] ?? (IS_LONG ? 100 : 50))
const ONE = process.env['TICKLOOM_SIMULATE']
/** 0, 1, 2 … in every `npm test`. */
const seedOf = (_: unknown, i: number) => (IS_USUAL ? i : SEED + i)
const STEPS = 24

async function simulate(seed: number): Promise<World> {
  vi.useFakeTimers({
    now: Date.UTC(2025, 2, 3),
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'Date',
      'performance',
      'hrtime',
    ],
  })
  const world = new World(seed)
  const { random, around } = world
  await world.open()
  for (let step = 0; step < STEPS; step++) {
    const what = random(100)
    if (what < 45) {
      const pair = random(PAIRS.length)
      let id = random(400)
      for (let n = 1 + random(40); n > 0; n--) {
        id = Math.max(0, id + random(7) - 2)
        world.trade(pair, id)
      }
    } else if (what < 65) await world.pass(random(30))
    else if (what < 68) await world.pass(random(8000))
    else if (what < 73) await world.flush(random(2) === 0)
    else if (what < 82) world.workerDies()
    else if (what < 83) world.workerHangs()
    else if (what < 85) around.disk.full = !around.disk.full
    else if (what < 88) around.disk.broken = !around.disk.broken
    else if (what < 91) around.store.failing = !around.store.failing
    else if (what < 94) await world.powerFails()
    else if (what < 96) await world.close()
    else if (what < 97) await world.giveUp()
    else if (!(await world.check())) await world.close()
    world.acknowledge()
  }
  if (!(await world.check())) {
    await world.close()
    expect(await world.check()).toBe(true)
  }
  await world.close()
  expect(await world.check()).toBe(true)
  around.threads.endAll()
  vi.clearAllTimers()
  vi.useRealTimers()
  world.seen.commits = around.store.commits
  return world
}

test(`${ONE ?? SEEDS} seeds: what was acknowledged is there once, whatever fails`, {
  timeout: Math.max(600_000, SEEDS * 500),
}, async () => {
  const total: Record<string, number> = {}
  const seeds = ONE === undefined ? Array.from({ length: SEEDS }, seedOf) : [Number(ONE)]
  const { user } = process.cpuUsage()
  for (const seed of seeds) {
    try {
      const { seen } = await simulate(seed)
      for (const [what, times] of Object.entries(seen)) total[what] = (total[what] ?? 0) + times
    } catch (cause) {
      vi.useRealTimers()
      throw new Error(`TICKLOOM_SIMULATE=${seed}: ${(cause as Error).message}`, { cause })
    }
  }
  if (ONE === undefined && IS_USUAL) {
    expect(total['power']).toBeGreaterThan(SEEDS / 4)
    expect(total['worker']).toBeGreaterThan(SEEDS)
    expect(total['closes']).toBeGreaterThan(SEEDS)
    expect(total['gaveUp']).toBeGreaterThan(SEEDS / 20)
  }
  const seconds = process.cpuUsage().user / 1e6 - user / 1e6
  console.log(`simulation of engines: ${JSON.stringify(total)} in ${seconds.toFixed(1)} s of CPU`)
})

test('a seed does the same again', async () => {
  const first = (await simulate(7)).trace
  expect(first).not.toBe((await simulate(8)).trace)
  expect((await simulate(7)).trace).toBe(first)
})
