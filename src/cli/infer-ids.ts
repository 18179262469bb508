// How a venue numbers its trades, told by the first rows of a file: 'sequential' where nearly every
// id
// follows the one before it.
import type { Feed } from '../feeds/feed.js'
import { BIG_ID } from '../feeds/trade-batch.js'
import type { TradeIds } from '../index.js'

const SAMPLE_ROWS = 65_536
const SAMPLE_IDS = 1000
const LEAST_IDS = 20
const CONTIGUOUS = 0.95

/** The id mode by symbol ('' where the file names none); only what is 'sequential'. */
export async function inferIds(feed: Feed): Promise<Map<string, TradeIds>> {
  const samples: Set<number>[] = []
  let rows = 0
  for await (const batch of feed) {
    for (let row = 0; row < batch.count; row++) {
      const index = batch.instrument[row]
      samples[index] ??= new Set()
      const id = batch.id[row]
      if (id < BIG_ID && samples[index].size < SAMPLE_IDS) samples[index].add(id)
    }
    rows += batch.count
    if (rows >= SAMPLE_ROWS) break
  }
  const modes = new Map<string, TradeIds>()
  for (const [index, sample] of samples.entries()) {
    if (sample !== undefined && contiguous(sample)) {
      modes.set(feed.instruments[index]?.symbol ?? '', 'sequential')
    }
  }
  return modes
}

function contiguous(sample: ReadonlySet<number>): boolean {
  if (sample.size < LEAST_IDS) return false
  const ids = [...sample].sort((a, b) => a - b)
  const steps = ids.slice(1).filter((id, i) => id === ids[i] + 1).length
  return steps >= (ids.length - 1) * CONTIGUOUS
}
