import type { EngineStats } from './model/answer.js'
import { COUNTS, zeroCounts } from './model/counts.js'
import type { Pair } from './pair.js'
import type { ShardLink } from './shard-link.js'

/** The engine's account: what main offered and refused, and what the shards made of the rest. */
export function engineStats(
  links: readonly ShardLink[],
  pairs: readonly Pair[],
  recovered: number,
): EngineStats {
  const sums = zeroCounts()
  for (const { counts } of links) for (const key of COUNTS) sums[key] += counts[key]
  let offered = 0
  let refused = 0
  for (const pair of pairs) {
    offered += pair.offered
    refused += pair.refused
  }
  return {
    offered,
    refused,
    ...sums,
    recovered,
    pairs: pairs.length,
    shards: links.length,
    depth: links.reduce((n, link) => n + link.writer.depth, 0),
    spilled: links.reduce((n, link) => n + link.writer.spilled, 0),
  }
}
