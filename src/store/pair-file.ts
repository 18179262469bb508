// One pair's DuckDB file, attached to the shard's instance: what is staged for it, the transaction
// that stores a batch, and the statements that go with it.
import { chmodSync, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type bindings from '@duckdb/node-bindings'
import { invariant, isNewer } from '../errors.js'
import { syncDirectory, syncDirectorySync } from '../folders.js'
import { type AddedTable, AddedTables, isAdded } from './added-tables.js'
import { attachFile, leaving, readFacts, refuseSchema } from './attaching.js'
import { duckdb, type Prepared } from './bindings.js'
import type { Database } from './duckdb.js'
import { replacing, retiring } from './pair-statements.js'
import type { LastCommit } from './reads.js'
import { forgetAppender, RowAppender } from './row-appender.js'
import { type Meta, SCHEMA_VERSION } from './schema.js'
import type { TickChunk } from './tick-appender.js'
import type { TickColumns } from './tick-columns.js'

/** Superseded states a file may hold: so many bytes, or so many times the newest. */
const SUPERSEDED_BYTES = 256 * 1024
const SUPERSEDED_STATES = 16
/** Fact of a commit: the tables made at their first row that the file has. */
const ADDED_FACT = 'added_tables'

/** What a commit writes. */
export interface BatchWriter {
  /** Called inside the transaction. */
  write(file: PairFile): void
}

export class PairFile {
  readonly alias: string
  readonly path: string
  readonly meta: Meta
  /** Tables that it gets with their first row. */
  readonly added: AddedTables
  readonly #db: Database
  // Since its folder was synced.
  #committed = false
  readonly #statements = new Map<string, Prepared>()
  readonly #appenders = new Map<string, RowAppender>()
  // Tables with rows that the commit under way must flush.
  readonly #written = new Set<string>()
  #ticks: bindings.Appender | undefined
  #replacing: Promise<void> | undefined
  // Runs a statement in the commit that is under way.
  #run: (statement: Prepared) => void = () => invariant(false, 'a statement runs in a commit')
  // Facts of a fresh file, written with its first commit.
  #untold: Meta = {}
  #last: LastCommit | undefined
  /** A newer release has written its state: it is detached as it is. */
  isNewer = false
  /** Retention has taken the ticks before this time, µs; told with every state. */
  ticksFrom = 0
  /** Bytes of the states in the file; all but the newest are superseded. */
  #stateBytes = 0
  #newestBytes = 0

  private constructor(db: Database, path: string, alias: string, meta: Meta) {
    this.#db = db
    this.path = path
    this.alias = alias
    this.meta = meta
    this.added = new AddedTables(db, alias, meta[ADDED_FACT])
  }

  /** Whether superseded states are to go with the next commit. */
  get sheds(): boolean {
    const kept = Math.max(SUPERSEDED_BYTES, SUPERSEDED_STATES * this.#newestBytes)
    return this.#stateBytes > kept
  }

  /** Whether rows can be replaced: prepareReplacing() has run. */
  get canReplace(): boolean {
    return this.#statements.has('at:candles_1d')
  }
  async prepareReplacing(): Promise<void> {
    if (this.canReplace) return
    // Once, whoever asks meanwhile.
    this.#replacing ??= this.#prepare(replacing(this.alias)).finally(() => {
      this.#replacing = undefined
    })
    await this.#replacing
  }
  async prepareRetiring(): Promise<void> {
    if (!this.#statements.has('newest:rejected_ticks')) await this.#prepare(retiring(this.alias))
    await this.added.prepare((sql) => this.#prepare(sql))
  }

  /** Has tables made for their first row, before the commit; meanwhile nothing is written. */
  async prepareTables(tables: Iterable<AddedTable>): Promise<void> {
    await this.#withoutLog(() => this.added.prepare((sql) => this.#prepare(sql), tables))
  }
  /** What a SELECT reads a table from. */
  from(table: string): string {
    return isAdded(table) ? this.added.from(table) : `${this.alias}.${table}`
  }

  // Preparing costs a fraction of a millisecond a statement: groups are prepared when first needed.
  async #prepare(sql: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(sql)) {
      this.#statements.set(name, await this.#db.prepare(text))
    }
  }

  /** Attaches a file that was just copied from the template: it has nothing to read. */
  static async create(db: Database, path: string, alias: string, meta: Meta): Promise<PairFile> {
    await attachFile(db, path, alias)
    const file = new PairFile(db, path, alias, { ...meta, schema_version: String(SCHEMA_VERSION) })
    file.#untold = meta
    return file
  }

  /** Attaches an existing file. `meta` goes into one that is still without. */
  static async attach(db: Database, path: string, alias: string, meta: Meta): Promise<PairFile> {
    await attachFile(db, path, alias)
    try {
      const { last, stored } = await readFacts(db, alias)
      refuseSchema(stored.schema_version, path)
      const fresh = stored.name === undefined
      const file = new PairFile(db, path, alias, fresh ? { ...meta, ...stored } : stored)
      if (fresh) file.#untold = meta
      file.#stateBytes = last?.stateBytes ?? 0
      file.#newestBytes = last?.state.length ?? 0
      file.#last = last
      file.ticksFrom = Number(last?.meta['ticks_from'] ?? 0)
      return file
    } catch (cause) {
      await db.admin(isNewer(cause) ? leaving(alias) : `DETACH ${alias}`)
      throw cause
    }
  }

  /** What the last commit before the file was attached left in it; once. */
  takeLastCommit(): LastCommit | undefined {
    const last = this.#last
    this.#last = undefined
    return last
  }

  /** Hands a run of columns to DuckDB, inside a commit. */
  appendTicks(chunk: TickChunk, columns: TickColumns): void {
    this.#ticks ??= duckdb.appender_create_ext(this.#db.writer, this.alias, 'main', 'ticks')
    chunk.append(this.#ticks, columns)
  }

  /** Stores what `writer` adds, in one transaction: all of it, or it throws and nothing is kept. */
  commit(writer: BatchWriter): void {
    const stateBytes = this.#stateBytes
    try {
      this.#db.transact((run) => {
        this.#run = run
        for (const [key, value] of Object.entries(this.#untold)) {
          this.table('meta').text(key).text(value).endRow()
        }
        writer.write(this)
        if (this.#ticks !== undefined) duckdb.appender_flush_sync(this.#ticks)
        for (const table of this.#written) this.table(table).flush()
        this.#written.clear()
      })
    } catch (cause) {
      // A rollback does not reach the rows that an appender still holds: the next commit, or the
      // appender's end, would store them beside the same rows tried again.
      this.#forget()
      this.#stateBytes = stateBytes
      throw cause
    }
    this.#untold = {}
    this.#committed = true
    this.#keepLogPrivate()
  }

  // DuckDB makes it as the umask has it, which is the host's.
  #keepLogPrivate(): void {
    try {
      chmodSync(`${this.path}.wal`, 0o600)
    } catch {
      // A checkpoint has just removed it; or another owns it. What is committed is committed.
    }
  }

  /** The row appender of a table; one that is made at its first row is prepared before. */
  table(name: string): RowAppender {
    this.#written.add(name)
    let appender = this.#appenders.get(name)
    if (appender === undefined) {
      appender = new RowAppender(this.#db.writer, this.alias, name)
      this.#appenders.set(name, appender)
    }
    return appender
  }

  /**
   * Writes the fold state of the commit. A DELETE in every commit would double its cost: older
   * states stay until they have grown.
   */
  putState(seq: number, state: Uint8Array): void {
    if (this.sheds && this.canReplace) {
      this.delete('state')
      this.#stateBytes = 0
    }
    this.#stateBytes += state.length
    this.#newestBytes = state.length
    const table = this.table('state').integer(seq).bytes(state).text(this.#facts())
    table.integer(this.#stateBytes).endRow()
  }

  #facts(): string {
    const { fact } = this.added
    const added = fact === undefined ? {} : { [ADDED_FACT]: fact }
    return JSON.stringify({ ...this.meta, ...added, ticks_from: String(this.ticksFrom) })
  }

  /**
   * Deletes, inside a commit, by one of the file's prepared statements; its values are µs or
   * integers.
   */
  delete(statement: string, ...values: number[]): void {
    const prepared = this.#statements.get(statement) as Prepared
    for (const [i, value] of values.entries()) duckdb.bind_int64(prepared, i + 1, BigInt(value))
    this.#run(prepared)
  }

  /** Brings the file's log into the file and gives free blocks back, beside the folding. */
  async checkpoint(): Promise<void> {
    await this.#withoutLog(() => this.#db.admin(`CHECKPOINT ${this.alias}`))
  }

  /**
   * Makes the name of the file's log durable: DuckDB syncs the log when it has made it, not the
   * folder that holds its name.
   */
  syncNames(): void {
    if (!this.#committed) return
    syncDirectorySync(dirname(this.path))
    this.#committed = false
  }

  // DuckDB removes a log that is in the file, and ignores it for as long as nothing newer is: one
  // that comes back later, beside a newer file, would be refused with it.
  async #withoutLog(work: () => Promise<void>): Promise<void> {
    const logged = existsSync(`${this.path}.wal`)
    await work()
    if (logged) await syncDirectory(dirname(this.path))
  }

  /** Detaches. What was appended and not committed is forgotten. */
  async detach(): Promise<void> {
    this.#forget()
    for (const statement of this.#statements.values()) duckdb.destroy_prepare_sync(statement)
    this.#statements.clear()
    if (this.isNewer) return this.#db.admin(leaving(this.alias))
    await this.#withoutLog(() => this.#db.admin(`DETACH ${this.alias}`))
  }

  // Ends the appenders without storing what they hold; the next commit makes new ones.
  #forget(): void {
    for (const appender of this.#appenders.values()) appender.forget()
    this.#appenders.clear()
    this.#written.clear()
    if (this.#ticks !== undefined) forgetAppender(this.#ticks)
    this.#ticks = undefined
  }
}
