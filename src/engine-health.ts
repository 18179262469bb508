import { Refusal } from './model/refusal.js'
import type { ShardLink } from './shard-link.js'

/** How an engine is, and why it is not 'ok'. */
export interface EngineHealth {
  readonly status: 'ok' | 'degraded' | 'failed'
  readonly reasons: string[]
}

/**
 * Degraded: a shard was given up, or ticks wait in the spill. Failed: closed, or no shard is up.
 */
export function engineHealth(links: readonly ShardLink[], closed: boolean): EngineHealth {
  const failed = links.filter((link) => link.refusing === Refusal.ShardFailed)
  const spilling = links.filter((link) => link.writer.spilled > 0)
  const reasons = [
    ...failed.map((link) => `shard ${link.shard} was given up`),
    ...spilling.map((link) => `shard ${link.shard} spills ${link.writer.spilled} ticks`),
    ...(closed ? ['closed'] : []),
  ]
  const down = failed.length === links.length || closed
  return { status: down ? 'failed' : reasons.length > 0 ? 'degraded' : 'ok', reasons }
}
