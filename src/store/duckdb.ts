// DuckDB as a shard uses it: one in-memory instance to which every pair's file is attached, one
// connection that writes and one that reads. The write path has no promise: a thread that dies
// with a DuckDB promise pending takes the whole process with it, so statements are prepared ahead
// and run through pending_prepared / pending_execute_task, synchronously.
import type bindings from '@duckdb/node-bindings'
import { EngineError, invariant } from '../errors.js'
import type { QueryRow } from '../model/answer.js'
import { standIns } from './added-tables.js'
import { duckdb, type Prepared } from './bindings.js'
import type { DatabaseOptions } from './database-options.js'
import { DuckDBConnection, type DuckDBDataChunk, type DuckDBResultReader } from './duckdb-api.js'
import { admitQuery, QUERY_SESSION, runQuery, type UserQuery } from './query.js'
import { Transactions } from './transactions.js'
import { wholeAnswer, wholeChunks } from './whole-answer.js'

// A query that sorts without end must not fill the disk that the journal needs.
const MOST_OVERFLOW = '4GB'
const TRIMMED_MB = 16

/** One row of an answer, by column name. */
export type Row = Record<string, unknown>

interface RowsOptions {
  /** Seconds rather than milliseconds. */
  readonly takesLong?: boolean
  /** What to run where it fails. */
  readonly undo?: string
}

export class Database {
  readonly #db: bindings.Database
  /** The connection appenders belong to. */
  readonly writer: bindings.Connection
  readonly #admin: bindings.Connection
  readonly #reader: DuckDBConnection
  /** The connection of users' queries. */
  readonly #asker: DuckDBConnection
  readonly #transactions: Transactions
  readonly #pending = new Set<Promise<unknown>>()
  #inside = 0
  #closing = false
  #stopped = false
  readonly #preparing = new Set<Promise<unknown>>()
  #lastRead: Promise<unknown> = Promise.resolve()
  #lastQuery: Promise<unknown> = Promise.resolve()
  readonly #options: DatabaseOptions

  private constructor(
    db: bindings.Database,
    connections: readonly bindings.Connection[],
    transactions: Transactions,
    options: DatabaseOptions,
  ) {
    this.#db = db
    this.writer = connections[0]
    this.#admin = connections[1]
    this.#reader = new DuckDBConnection(connections[2])
    this.#asker = new DuckDBConnection(connections[3])
    this.#transactions = transactions
    this.#options = options
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    const { memoryMb, overflowDir, onPending } = options
    const config = duckdb.create_config()
    duckdb.set_config(config, 'threads', '1')
    duckdb.set_config(config, 'memory_limit', `${memoryMb}MB`)
    duckdb.set_config(config, 'temp_directory', overflowDir)
    duckdb.set_config(config, 'max_temp_directory_size', MOST_OVERFLOW)
    duckdb.set_config(config, 'autoinstall_known_extensions', 'false')
    duckdb.set_config(config, 'autoload_known_extensions', 'false')
    duckdb.set_config(config, 'allow_community_extensions', 'false')
    onPending(true)
    const db = await duckdb.open(':memory:', config)
    const connections = []
    for (let i = 0; i < 4; i++) connections.push(await duckdb.connect(db))
    // What the write path runs (append, delete by a bound) has one plan: looking for a better one
    // is half the time of a small commit.
    await duckdb.query(connections[0], 'PRAGMA disable_optimizer')
    await duckdb.query(connections[1], standIns())
    await duckdb.query(connections[3], QUERY_SESSION)
    const transactions = await Transactions.over(connections[0])
    onPending(false)
    return new Database(db, connections, transactions, options)
  }

  /** Runs statements that change the catalog (ATTACH, CREATE, DETACH) beside the write path. */
  async admin(sql: string): Promise<void> {
    this.#refuseClosing()
    await this.#wait(duckdb.query(this.#admin, sql))
  }

  /** The same of what changes an attached file; meanwhile nothing may be written (isQuiet). */
  async define(sql: string): Promise<void> {
    const defined = this.admin(sql)
    this.#preparing.add(defined)
    await defined.finally(() => this.#preparing.delete(defined))
  }

  /** Prepares a statement for the write path; meanwhile nothing may be written (isQuiet). */
  async prepare(sql: string): Promise<Prepared> {
    this.#refuseClosing()
    const prepared = this.#wait(duckdb.prepare(this.writer, sql))
    this.#preparing.add(prepared)
    try {
      return await prepared
    } finally {
      this.#preparing.delete(prepared)
    }
  }

  /** Whether the writing connection is free: no statement is being prepared on it. */
  get isQuiet(): boolean {
    return this.#preparing.size === 0
  }
  /** Resolves when it was free; look again, since others wait for the same moment. */
  async quiet(): Promise<void> {
    while (!this.isQuiet) await Promise.allSettled(this.#preparing)
  }

  /**
   * Every row of a query, by column name; values as DuckDB's plain JS. One at a time: each would
   * hold a thread of the pool that the host's files and names need too, only to wait its turn.
   */
  async rows(sql: string, { takesLong = false, undo }: RowsOptions = {}): Promise<Row[]> {
    this.#refuseClosing()
    const reader = await this.#inTurn(takesLong, () => this.#read(sql, undo))
    return reader.getRowObjectsJS() as Row[]
  }

  /** Every chunk of a query, for its vectors. */
  chunks(sql: string): Promise<DuckDBDataChunk[]> {
    this.#refuseClosing()
    return this.#inTurn(false, () => wholeChunks(this.#reader, sql))
  }

  #inTurn<T>(takesLong: boolean, read: () => Promise<T>): Promise<T> {
    const { threads, shard } = this.#options
    const waited = () => this.#wait(read())
    const result = this.#lastRead.then(() => threads.with(shard, takesLong, waited))
    this.#lastRead = result.catch(() => undefined)
    return result
  }

  async #read(sql: string, undo: string | undefined): Promise<DuckDBResultReader> {
    try {
      return await wholeAnswer(this.#reader, sql)
    } catch (cause) {
      if (undo !== undefined) await this.#reader.run(undo).catch(() => undefined)
      throw cause
    }
  }

  /** A user's query over one attached file; one at a time. */
  async query(alias: string, query: UserQuery): Promise<QueryRow[]> {
    this.#refuseClosing()
    const rows = this.#lastQuery.then(() =>
      this.#options.threads.with(this.#options.shard, true, () => {
        if (this.#stopped) throw new EngineError('ENGINE_CLOSED', 'the engine is closing')
        return this.#wait(this.#ask(alias, query))
      }),
    )
    this.#lastQuery = rows.catch(() => undefined)
    return rows
  }

  async #ask(alias: string, query: UserQuery): Promise<QueryRow[]> {
    // A table the file has not got yet is an empty one of the instance's own.
    await this.#asker.run(`SET search_path = '${alias}.main,memory.main'`)
    try {
      return await runQuery(this.#asker, query, () => this.#stopped)
    } finally {
      await this.#asker.run('USE memory')
    }
  }

  /** The tables a user's query reads; throws QUERY_REFUSED where it is not admitted. */
  admitted(sql: string): Promise<ReadonlySet<string>> {
    this.#refuseClosing()
    // Not on the connection of queries: one that runs long would hold it, and a thread with it.
    return this.#inTurn(false, async () => (await admitQuery(this.#reader, sql)).tables)
  }

  /** Stops the user's query under way, and refuses those that wait. */
  stopQueries(): void {
    this.#stopped = true
  }

  /**
   * Gives back the blocks that are cached and not in use, as after many files were opened: DuckDB
   * does so when its limit is lowered. Meanwhile nothing is written, read or attached.
   */
  async trim(): Promise<void> {
    const limit = (mb: number) => `SET memory_limit = '${mb}MB'`
    // One call: nothing comes between. What is pinned cannot go: then the first fails, and the
    // limit stays.
    const sql = `${limit(TRIMMED_MB)}; ${limit(this.#options.memoryMb)}`
    const quiet = Promise.all([this.#lastRead, this.#lastQuery])
    const trimmed = quiet.then(() => this.admin(sql)).catch(() => undefined)
    this.#lastRead = trimmed
    this.#lastQuery = trimmed
    this.#preparing.add(trimmed)
    await trimmed.finally(() => this.#preparing.delete(trimmed))
  }

  /**
   * Runs `work` in one transaction: all of it is stored, or nothing. Throws STORE_FAILED, and
   * ENGINE_CLOSED when the database is closed: DuckDB itself would end the process.
   */
  transact(work: (run: (statement: Prepared) => void) => void): void {
    this.#refuseClosing()
    invariant(this.isQuiet, 'nothing is written while a statement is prepared')
    this.#enter()
    try {
      this.#transactions.run(work)
    } finally {
      this.#leave()
    }
  }

  /** Takes no more work, waits for what is under way, and gives everything back. */
  async close(): Promise<void> {
    this.#closing = true
    this.stopQueries()
    await Promise.all([this.#lastRead, this.#lastQuery])
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    this.#transactions.close()
    this.#asker.disconnectSync()
    this.#reader.disconnectSync()
    duckdb.disconnect_sync(this.#admin)
    duckdb.disconnect_sync(this.writer)
    duckdb.close_sync(this.#db)
  }

  // Every promise of DuckDB's passes here: none may be pending when the thread ends.
  async #wait<T>(promise: Promise<T>): Promise<T> {
    this.#enter()
    this.#pending.add(promise)
    try {
      return await promise
    } finally {
      this.#pending.delete(promise)
      this.#leave()
    }
  }

  /** Runs work with long steps between two promises: the thread is inside all the while. */
  async inside<T>(work: () => Promise<T>): Promise<T> {
    this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  // Nobody may terminate this thread while it is inside DuckDB, or waits for it.
  #enter(): void {
    if (this.#inside++ === 0) this.#options.onPending(true)
  }
  #leave(): void {
    if (--this.#inside === 0) this.#options.onPending(false)
  }

  #refuseClosing(): void {
    if (this.#closing) throw new EngineError('ENGINE_CLOSED', 'the shard is closing')
  }
}

/** A name between double quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text between single quotes. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
