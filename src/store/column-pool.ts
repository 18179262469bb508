// Columns used again: a shard fills, stores and refills the same few megabytes instead of asking
// for fresh memory with every chunk, which costs more than filling it.
import { CHUNK_ROWS } from '../limits.js'
import { TickColumns } from './tick-columns.js'

/** Chunks kept for use again, about 100 KB each. */
const KEPT = 512

export class ColumnPool {
  readonly #free: TickColumns[] = []

  take(): TickColumns {
    return this.#free.pop() ?? new TickColumns(CHUNK_ROWS)
  }

  giveBack(columns: TickColumns): void {
    columns.clear()
    if (this.#free.length < KEPT) this.#free.push(columns)
  }
}
