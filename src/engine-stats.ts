import { ACCOUNT_SCALE, Account } from './model/account.js'
import type { EngineStats } from './model/answer.js'
import { COUNTS } from './model/counts.js'
import { mergeSum, sumValue } from './model/exact-sum.js'
import type { Pair } from './pair.js'
import type { ShardLink } from './shard-link.js'

/** The engine's account: what main offered and refused, and what the shards made of the rest. */
export function engineStats(
  links: readonly ShardLink[],
  pairs: readonly Pair[],
  recovered: number,
): EngineStats {
  const sum = new Account()
  for (const { account } of links) {
    for (const key of COUNTS) sum.counts[key] += account.counts[key]
    mergeSum(sum.unknownVolume, 0, account.unknownVolume, 0)
  }
  let offered = 0
  let refused = 0
  for (const pair of pairs) {
    offered += pair.offered
    refused += pair.refused
  }
  return {
    offered,
    refused,
    ...sum.counts,
    unknownVolume: sumValue(sum.unknownVolume, 0, ACCOUNT_SCALE),
    recovered,
    pairs: pairs.length,
    shards: links.length,
    depth: links.reduce((n, link) => n + link.writer.depth, 0),
    spilled: links.reduce((n, link) => n + link.writer.spilled, 0),
  }
}
