// When retention runs: every pair in turn, a turn of the event loop between two of them, so that
// folding goes on meanwhile.
import { retainPair } from './retention.js'
import type { ShardParts } from './shard-parts.js'
import { nextTurn } from './turns.js'

export class Retainer {
  readonly #parts: ShardParts
  readonly #stored: () => void
  #running: Promise<true> | undefined
  #lastMs = performance.now()

  /** `stored` hears of every pair that was stored and cleaned up. */
  constructor(parts: ShardParts, stored: () => void) {
    this.#parts = parts
    this.#stored = stored
  }

  /** Starts a run when one is due. */
  tick(nowMs: number): void {
    const { options, fault } = this.#parts
    if (options.clock === 'event' || nowMs - this.#lastMs < options.retentionEveryMs) return
    this.#lastMs = nowMs
    this.run().catch((cause) => fault('STORE_FAILED', cause))
  }

  /** Runs over every pair now; the run that is under way, where there is one. */
  run(): Promise<true> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(): Promise<true> {
    const { db, files, committer, pairs } = this.#parts
    for (const pair of pairs) {
      await retainPair(pair, db, files, committer)
      this.#stored()
      await nextTurn()
    }
    return true
  }
}
