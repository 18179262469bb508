// When batches go to DuckDB. A commit costs milliseconds, so a full batch is stored at once and
// small ones by age, within a budget of the shard's time; the journal is what makes a tick
// durable.
import { COMMIT_AGE_MS, COMMIT_BUDGET, LIVE_COMMIT_ROWS, ROW_GROUP_ROWS } from '../limits.js'
import type { ColumnPool } from '../store/column-pool.js'
import { isFatal, isFileInvalid } from '../store/damage.js'
import type { Database } from '../store/duckdb.js'
import type { PairFile } from '../store/pair-file.js'
import { TickChunk } from '../store/tick-appender.js'
import { commitPair, replacesRows } from './pair-batch.js'
import type { PairFiles } from './pair-files.js'
import type { PairState } from './pair-state.js'
import { nextTurn } from './turns.js'

/** The budget may run ahead by this much, so that an idle shard stores at once. */
const MAX_CREDIT_MS = 10
/** Chunks a pair may stage while its file is being attached. */
const MAX_STAGED_ROWS = 2 * ROW_GROUP_ROWS

/** Between two tries to store a pair that could not be stored. */
const RETRY_MS = 1000

export class Committer {
  /** Commits so far. */
  commits = 0
  readonly #db: Database
  readonly #files: PairFiles
  readonly #epoch: number
  readonly #chunk = new TickChunk()
  readonly #pool: ColumnPool
  #creditMs = MAX_CREDIT_MS
  #lastMs = performance.now()
  readonly #before: () => void
  readonly #onFault: (pair: PairState, cause: unknown) => void

  /** `before` runs in front of every commit: what is folded must be counted when it is stored. */
  constructor(
    db: Database,
    files: PairFiles,
    epoch: number,
    pool: ColumnPool,
    before: () => void,
    onFault: (pair: PairState, cause: unknown) => void,
  ) {
    this.#db = db
    this.#files = files
    this.#epoch = epoch
    this.#pool = pool
    this.#before = before
    this.#onFault = onFault
  }

  /** Stores a full batch. */
  staged(pair: PairState): void {
    if (pair.stagedRows < ROW_GROUP_ROWS || this.#waits(pair)) return
    if (this.#ready(pair)) this.#try(pair)
    else this.#prepare(pair)
  }

  /**
   * Has the file of a pair made and attached beside the folding, before its first commit wants it.
   */
  expect(pair: PairState): void {
    if (pair.file === undefined && pair.stagedRows > 0 && !this.#waits(pair)) this.#prepare(pair)
  }

  /** Whether the pair stages more than it may: nothing more is folded before it is stored. */
  overdue(pair: PairState): boolean {
    return pair.stagedRows >= MAX_STAGED_ROWS
  }

  /**
   * Stores an overdue pair; false where that fails (told, and to be tried again). A pair without a
   * file that can be made is refused: its ticks are in the journal, and the others go on. `last`:
   * there is no later try, so that it is made though another failed a moment ago.
   */
  async relieve(pair: PairState, last = false): Promise<boolean> {
    if (pair.phase === 'refused') return true
    if (!last && this.#waits(pair)) return false
    try {
      await this.store(pair)
      return true
    } catch (cause) {
      this.#failed(pair, cause)
      if (pair.file !== undefined) return false
      pair.refuse(cause)
      return true
    }
  }

  /**
   * Stores one small batch if it is old enough, or large enough while the shard keeps up, and the
   * budget allows. With `later`, batches wait for twice the age: the host is late.
   */
  tick(dirty: Iterable<PairState>, nowMs: number, keepsUp: boolean, later: boolean): void {
    this.#creditMs = Math.min(
      MAX_CREDIT_MS,
      this.#creditMs + (nowMs - this.#lastMs) * COMMIT_BUDGET,
    )
    this.#lastMs = nowMs
    if (this.#creditMs <= 0) return
    const age = later ? 2 * COMMIT_AGE_MS : COMMIT_AGE_MS
    for (const pair of dirty) {
      if (pair.dirtyFrom === Number.POSITIVE_INFINITY || this.#waits(pair, nowMs)) continue
      const large = keepsUp && pair.stagedRows >= LIVE_COMMIT_ROWS
      if (!large && nowMs - pair.dirtySince < age) continue
      if (!this.#ready(pair)) {
        this.#prepare(pair)
        continue
      }
      this.#try(pair)
      return
    }
  }

  /**
   * Stores all the pair has folded; waits for its file. Throws what kept it from being stored: it
   * is staged as before, and tried again.
   */
  async store(pair: PairState): Promise<void> {
    if (pair.phase === 'refused') throw pair.refusal
    while (pair.dirtyFrom !== Number.POSITIVE_INFINITY) {
      const file = await this.#files.ensure(pair)
      await prepare(pair, file)
      await this.#db.quiet()
      if (pair.file === file && this.#ready(pair)) this.#commit(pair)
    }
  }

  /** Stores every pair that can be stored; then throws why the first could not. */
  async storeAll(pairs: Iterable<PairState>): Promise<void> {
    const failed: unknown[] = []
    for (const pair of pairs) {
      await this.store(pair).catch((cause) => failed.push(cause))
      // Folding goes on meanwhile.
      await nextTurn()
    }
    if (failed.length > 0) throw failed[0]
  }

  // Whether the pair cannot be stored now: it is refused, or failed a moment ago.
  #waits(pair: PairState, nowMs = performance.now()): boolean {
    return pair.phase === 'refused' || nowMs < pair.retryMs
  }

  // What fails is told and tried again later: nothing of it is stored, all of it is staged.
  #try(pair: PairState): void {
    try {
      this.#commit(pair)
    } catch (cause) {
      this.#failed(pair, cause)
    }
  }

  #failed(pair: PairState, cause: unknown): void {
    if (isFatal(cause)) throw cause
    pair.retryMs = performance.now() + RETRY_MS
    this.#onFault(pair, cause)
    if (isFileInvalid(cause)) void this.#files.renew(pair)
  }

  #ready(pair: PairState): boolean {
    const file = pair.file
    return file !== undefined && this.#db.isQuiet && isPrepared(pair, file)
  }

  #commit(pair: PairState): void {
    const file = pair.file
    if (file === undefined) return
    const startMs = performance.now()
    this.#before()
    commitPair(pair, file, this.#chunk, this.#pool, this.#epoch)
    this.commits++
    this.#creditMs -= performance.now() - startMs
  }

  #prepare(pair: PairState): void {
    if (pair.preparing) return
    pair.preparing = true
    this.#files
      .hold(pair, (file) => prepare(pair, file))
      .catch((cause) => {
        pair.retryMs = performance.now() + RETRY_MS
        this.#onFault(pair, cause)
      })
      .finally(() => {
        pair.preparing = false
      })
  }
}

/** Whether all that the commit writes to is there, and what it deletes by is prepared. */
function isPrepared(pair: PairState, file: PairFile): boolean {
  return (file.canReplace || !deletes(pair, file)) && !file.added.lacks(pair.addedTables)
}

async function prepare(pair: PairState, file: PairFile): Promise<void> {
  if (deletes(pair, file)) await file.prepareReplacing()
  if (file.added.lacks(pair.addedTables)) await file.prepareTables(pair.addedTables)
}

/** Whether the commit deletes rows, for which statements must be prepared. */
function deletes(pair: PairState, file: PairFile): boolean {
  return file.sheds || replacesRows(pair)
}
