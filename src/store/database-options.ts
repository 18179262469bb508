import type { PoolThreads } from '../ring/pool-threads.js'

/** What a shard's database is opened with. */
export interface DatabaseOptions {
  readonly shard: number
  readonly memoryMb: number
  /** Where what does not fit into memory goes, such as the sort of a large export. */
  readonly overflowDir: string
  /** Threads of libuv's pool that reads may hold. */
  readonly threads: PoolThreads
  /** Hears when the thread is inside DuckDB, or waits for a promise of its. */
  onPending(pending: boolean): void
}
