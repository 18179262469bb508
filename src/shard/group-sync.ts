// When the journal is synced: at most once in an interval, for everything written before, and at
// once where somebody waits for it.
import { EngineError } from '../errors.js'
import { GROUP_SYNC_MS } from '../limits.js'
import type { ShardParts } from './shard-parts.js'

export class GroupSync {
  readonly #p: ShardParts
  readonly #onSynced: () => void
  readonly #onFailed: (cause: unknown) => void
  #lastMs = 0

  constructor(parts: ShardParts, onSynced: () => void, onFailed: (cause: unknown) => void) {
    this.#p = parts
    this.#onSynced = onSynced
    this.#onFailed = onFailed
  }

  /** Starts a sync where one is due. */
  tick(nowMs: number): void {
    const { journal, options, requests, reader } = this.#p
    if (journal === undefined) return
    const unsynced = journal.appendedThrough > journal.syncedThrough
    if (!unsynced || journal.syncPending) return
    if (options.durability === 'os' && !requests.wantsDurable) {
      reader.announceDurable(journal.appendedThrough)
      return
    }
    if (nowMs - this.#lastMs < GROUP_SYNC_MS && !requests.wantsDurable) return
    this.#lastMs = nowMs
    journal.sync((error, through) => {
      if (error !== undefined) this.#onFailed(new EngineError('JOURNAL_FAILED', error.message))
      else reader.announceDurable(through)
      this.#onSynced()
    })
  }
}
