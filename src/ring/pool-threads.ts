// Threads of libuv's pool that shards may hold with reads, over the whole engine. The pool belongs
// to the process: its files and names wait where every thread of it waits for a query.
//
//   | holder of thread 0 | holder of thread 1 | …      0 = free, else shard + 1
import { setTimeout as delay } from 'node:timers/promises'

const DEFAULT_POOL = 4
/** Left to the host, and to the group syncs of the journal. */
const LEFT = 2
const RETRY_MS = 1

/** How many threads of the pool reads may hold: UV_THREADPOOL_SIZE less two, at least one. */
export function readThreads(poolSize = process.env['UV_THREADPOOL_SIZE']): number {
  const size = Number.parseInt(poolSize ?? '', 10)
  return Math.max(1, (size > 0 ? size : DEFAULT_POOL) - LEFT)
}

export class PoolThreads {
  readonly #holders: Int32Array

  /** Without a buffer: as many as reads may hold. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4 * readThreads())) {
    this.#holders = new Int32Array(buffer)
  }

  get buffer(): SharedArrayBuffer {
    return this.#holders.buffer as SharedArrayBuffer
  }
  /** Threads held now. */
  get held(): number {
    return this.#holders.filter((holder) => holder !== 0).length
  }

  /**
   * Runs `work` with a thread of its own, when one is free. What may take long leaves one to the
   * others, where there are two.
   */
  async with<T>(shard: number, takesLong: boolean, work: () => Promise<T>): Promise<T> {
    const least = takesLong && this.#holders.length > 1 ? 1 : 0
    let thread = this.#take(shard, least)
    while (thread < 0) {
      await delay(RETRY_MS)
      thread = this.#take(shard, least)
    }
    try {
      return await work()
    } finally {
      Atomics.store(this.#holders, thread, 0)
    }
  }

  /** Gives back what a shard held that has died. */
  release(shard: number): void {
    for (let i = 0; i < this.#holders.length; i++) {
      Atomics.compareExchange(this.#holders, i, shard + 1, 0)
    }
  }

  #take(shard: number, least: number): number {
    for (let i = least; i < this.#holders.length; i++) {
      if (Atomics.compareExchange(this.#holders, i, 0, shard + 1) === 0) return i
    }
    return -1
  }
}
