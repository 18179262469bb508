// How a venue numbers its trades, told by the first rows of a file: 'sequential' where nearly every
// id follows the one before it, 'text' where one is no whole number.
import { BIG_ID, TEXT_ID, type TradeBatch } from '../feeds/trade-batch.js'
import type { TradeIds } from '../pair-options.js'

const SAMPLE_IDS = 1000
const LEAST_IDS = 20
const CONTIGUOUS = 0.95

/** The id mode by the instrument's index; undefined where these rows have no id to tell it by. */
export function inferIds(batches: readonly TradeBatch[]): (TradeIds | undefined)[] {
  const samples: Set<number>[] = []
  const textual = new Set<number>()
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      const index = batch.instrument[row]
      samples[index] ??= new Set()
      const id = batch.id[row]
      if (id === TEXT_ID) textual.add(index)
      // An id beyond 2^53 stands here as infinity: it is an id, and follows on no other.
      if (id <= BIG_ID && id !== TEXT_ID && samples[index].size < SAMPLE_IDS) samples[index].add(id)
    }
  }
  return samples.map((sample, index) => {
    if (textual.has(index)) return 'text'
    return sample.size === 0 ? undefined : contiguous(sample) ? 'sequential' : 'integer'
  })
}

// Sorted first: what came twice or out of order is no hole among the ids.
function contiguous(sample: ReadonlySet<number>): boolean {
  if (sample.size < LEAST_IDS) return false
  const ids = [...sample].sort((a, b) => a - b)
  const steps = ids.slice(1).filter((id, i) => id === ids[i] + 1).length
  return steps >= (ids.length - 1) * CONTIGUOUS
}
