// What the shards of an engine have in common, and whom they tell.
import type { Piscina } from 'piscina'
import type { Clock } from './model/manual-clock.js'
import type { FromShard } from './post/message.js'
import type { PoolThreads } from './ring/pool-threads.js'

export interface ShardLinkEvents {
  message(shard: number, message: FromShard): void
  fault(shard: number, code: string, message: string): void
}

/** What the shards of an engine have in common. */
export interface ShardHost {
  readonly pool: Piscina
  /** First sequence of this session. */
  readonly epoch: number
  readonly events: ShardLinkEvents
  /** In place of the system's clock. */
  readonly clock: Clock | undefined
  readonly threads: PoolThreads
  /** Names of pairs whose file is there without its description. */
  readonly undescribed: readonly string[]
}
