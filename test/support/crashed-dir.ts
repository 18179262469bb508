import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type Side, TickEngine } from 'tickloom'
import { T0 } from './engine-dir.js'

/** Ticks of each pair in its file, and as many more in its log. */
export const CRASHED_COUNT = 3000

/** The tick of an id. */
export const crashedTick = (id: number) =>
  [T0 + id * 1e6, 100 + (id % 9), 1, (id % 3) as Side, id] as const

/**
 * A directory as a crash leaves it, `crashed` below `folder`: of the pairs A and B, 3,000 ticks in
 * the file and 3,000 more in its log; all of them in the journal, too.
 */
export async function makeCrashed(folder: string): Promise<void> {
  const dataDir = join(folder, 'live')
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
  const pairs = ['A', 'B'].map((symbol) => engine.pair('venue', 'spot', symbol))
  for (let i = 1; i <= CRASHED_COUNT; i++) for (const pair of pairs) pair.trade(...crashedTick(i))
  await engine.flush({ stored: true })
  await engine.cleanup()
  for (let i = CRASHED_COUNT + 1; i <= 2 * CRASHED_COUNT; i++) {
    for (const pair of pairs) pair.trade(...crashedTick(i))
    if (i % 1000 === 0) await engine.flush({ stored: true })
  }
  cpSync(dataDir, join(folder, 'crashed'), { recursive: true })
  await engine.close()
}
