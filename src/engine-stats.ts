import type { EngineStats } from './model/answer.js'
import type { Pair } from './pair.js'
import type { ShardLink } from './shard-link.js'

/** The engine's account: what main offered and refused, and what the shards made of the rest. */
export async function engineStats(
  links: readonly ShardLink[],
  pairs: readonly Pair[],
  recovered: number,
): Promise<EngineStats> {
  const parts = await Promise.all(
    links.map((link) =>
      link.ask<Record<string, number>>({ type: 'totals', through: link.receivedThrough }),
    ),
  )
  const sum = (key: string) => parts.reduce((total, part) => total + part[key], 0)
  let offered = 0
  let refused = 0
  for (const pair of pairs) {
    offered += pair.offered
    for (const count of pair.refusals.values()) refused += count
  }
  return {
    offered,
    refused,
    received: sum('received'),
    stored: sum('stored'),
    duplicates: sum('duplicates'),
    rejected: sum('rejected'),
    tooLate: sum('tooLate'),
    late: sum('late'),
    idResets: sum('idResets'),
    recovered: recovered,
    pairs: pairs.length,
    shards: links.length,
    depth: links.reduce((n, link) => n + link.writer.depth, 0),
    spilled: links.reduce((n, link) => n + link.writer.spilled, 0),
  }
}
