// Transactions without a promise: statements are prepared ahead and run to their end on the thread
// that asks.
import type bindings from '@duckdb/node-bindings'
import { EngineError } from '../errors.js'
import { duckdb, type Prepared } from './bindings.js'

export class Transactions {
  readonly #begin: Prepared
  readonly #commit: Prepared
  readonly #rollback: Prepared
  readonly #failing: Prepared

  private constructor(statements: readonly Prepared[]) {
    this.#begin = statements[0]
    this.#commit = statements[1]
    this.#rollback = statements[2]
    this.#failing = statements[3]
  }

  /** Those of a connection. */
  static async over(connection: bindings.Connection): Promise<Transactions> {
    const statements = []
    for (const sql of ['BEGIN', 'COMMIT', 'ROLLBACK', "SELECT error('over')"]) {
      statements.push(await duckdb.prepare(connection, sql))
    }
    return new Transactions(statements)
  }

  /** Runs `work` in one: all of it is stored, or nothing. Throws STORE_FAILED. */
  run(work: (run: (statement: Prepared) => void) => void): void {
    try {
      this.#run(work)
    } finally {
      // A query whose result nobody takes goes on holding its connection, and the database with all
      // its files when the thread dies. One that fails is over.
      failureOf(this.#failing)
    }
  }

  /** Lets go of the connection. */
  close(): void {
    const statements = [this.#begin, this.#commit, this.#rollback, this.#failing]
    for (const statement of statements) duckdb.destroy_prepare_sync(statement)
  }

  #run(work: (run: (statement: Prepared) => void) => void): void {
    run(this.#begin)
    try {
      work(run)
      run(this.#commit)
    } catch (cause) {
      // "COMMIT succeeded and is durable, but the autocheckpoint failed": the batch is stored.
      if (cause instanceof Error && cause.message.includes('COMMIT succeeded')) return
      try {
        run(this.#rollback)
      } catch {
        // The transaction is gone already; the first error is the one to tell.
      }
      throw cause
    }
  }
}

// Outside a transaction it would be run and never committed, since nobody takes its result.
function run(statement: Prepared): void {
  const failure = failureOf(statement)
  if (failure !== undefined) throw new EngineError('STORE_FAILED', failure)
}

// Runs a statement to its end; what it failed with.
function failureOf(statement: Prepared): string | undefined {
  const pending = duckdb.pending_prepared(statement)
  let state = duckdb.pending_execute_task(pending)
  while (!duckdb.pending_execution_is_finished(state)) state = duckdb.pending_execute_task(pending)
  return state === duckdb.PendingState.ERROR ? duckdb.pending_error(pending) : undefined
}
