// When retention runs: every pair in turn, a turn of the event loop between two of them, so that
// folding goes on meanwhile.
import { isHostLate } from '../ring/host-pulse.js'
import { retainPair } from './retention.js'
import type { ShardParts } from './shard-parts.js'
import { delay, nextTurn } from './turns.js'

// What a run may wait for a host whose event loop is late: before it starts, and at each pair.
const MOST_POSTPONED_MS = 5000
const MOST_YIELDED_MS = 20
const YIELD_MS = 5

export class Retainer {
  readonly #parts: ShardParts
  readonly #stored: () => void
  #running: Promise<true> | undefined
  #stopped = false
  #lastMs = performance.now()

  /** `stored` hears of every pair that was stored and cleaned up. */
  constructor(parts: ShardParts, stored: () => void) {
    this.#parts = parts
    this.#stored = stored
  }

  /** Starts a run when one is due. */
  tick(nowMs: number): void {
    const { options, fault, control } = this.#parts
    const dueMs = this.#lastMs + options.retentionEveryMs
    if (options.clock === 'event' || nowMs < dueMs) return
    if (nowMs < dueMs + MOST_POSTPONED_MS && isHostLate(control)) return
    this.#lastMs = nowMs
    this.run().catch((cause) => fault('STORE_FAILED', cause))
  }

  /** Runs over every pair now; the run that is under way, where there is one. */
  run(): Promise<true> {
    this.#running ??= this.#parts.db
      .inside(() => this.#run())
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  /** Ends the run under way behind the pair it is at; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running?.catch(() => undefined)
  }

  async #run(): Promise<true> {
    const { db, files, committer, pairs } = this.#parts
    for (const pair of pairs) {
      if (this.#stopped) break
      await retainPair(pair, db, files, committer)
      this.#stored()
      await nextTurn()
      await this.#yieldToHost()
    }
    return true
  }

  // Between two pairs, for as long as the host is late, and not for ever.
  async #yieldToHost(): Promise<void> {
    const until = performance.now() + MOST_YIELDED_MS
    while (isHostLate(this.#parts.control) && performance.now() < until) await delay(YIELD_MS)
  }
}
