import { EngineError } from '../../src/errors.js'
import { INTERVALS } from '../../src/model/interval.js'
import { START_WORD } from '../../src/rollup/candle-record.js'
import type { TickColumns } from '../../src/store/tick-columns.js'
import type { Disk } from './disk.js'
import type { Threads, Worker } from './threads.js'

// The store in memory, in place of DuckDB: by path what was committed of a pair. A commit takes the place
// of what was there at once, or not at all. Attaching and reading take time, in which a worker can end.

type Value = number | bigint | string | Uint8Array | null
/** A row as the appenders are given it, in the order of the table's columns. */
export type StoredRow = readonly Value[]

export interface StoredTrade {
  readonly timestamp: number
  readonly price: number
  readonly volume: number
  readonly side: string
  readonly tradeId: number | string | undefined
  readonly receivedAt: number | undefined
  readonly seq: number
}

interface Commit {
  readonly seq: number
  readonly state: Uint8Array
  readonly meta: Record<string, string>
  readonly stateBytes: number
}

/** Column of a gap's first id, and of its opening sequence. */
const [FIRST_ID, OPENED_SEQ] = [0, 5]
const RECORD = 13

/** One pair's file. */
export class Committed {
  ticks: StoredTrade[] = []
  tables = new Map<string, StoredRow[]>()
  last: Commit | undefined

  rows(table: string): StoredRow[] {
    return this.tables.get(table) ?? []
  }
  copy(): Committed {
    const copy = new Committed()
    copy.ticks = [...this.ticks]
    copy.tables = new Map([...this.tables].map(([name, rows]) => [name, [...rows]]))
    copy.last = this.last
    return copy
  }
}

export class Store {
  /** Commits fail. */
  failing = false
  commits = 0
  readonly files = new Map<string, Committed>()
  constructor(
    readonly threads: Threads,
    readonly disk: Disk,
  ) {}

  /** In place of store/duckdb.ts. */
  async openDatabase(options: { onPending(pending: boolean): void }): Promise<Database> {
    const db = new Database(this, options.onPending)
    await db.io()
    return db
  }

  /** In place of store/template.ts. */
  async makeTemplate(db: Database) {
    await db.io()
    return {
      copyTo: async (path: string) => {
        await db.io()
        this.disk.put(path)
        this.files.set(path, new Committed())
      },
      remove: () => db.io(),
    }
  }
}

/** What a shard asks of its database, beside files and reads. */
class Database {
  readonly writer = {}
  readonly #worker: Worker
  readonly attached = new Map<string, string>()
  preparing = 0
  #inside = 0
  constructor(
    readonly store: Store,
    readonly onPending: (pending: boolean) => void,
  ) {
    this.#worker = store.threads.current as Worker
  }

  /** Takes a while, inside of which the thread may end, and not be terminated. */
  io(): Promise<void> {
    const { threads } = this.store
    return this.inside(async () => {
      for (const ms of [threads.random(4), 0]) {
        // A thread that ends here is not told: nothing of its own may take that for a bad file.
        if (threads.ends()) await new Promise(() => undefined)
        await threads.wait(ms, undefined, this.#worker)
      }
    })
  }
  async inside<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside++ === 0) this.onPending(true)
    try {
      return await work()
    } finally {
      if (--this.#inside === 0) this.onPending(false)
    }
  }
  admin(): Promise<void> {
    return this.io()
  }
  get isQuiet(): boolean {
    return this.preparing === 0
  }
  async quiet(): Promise<void> {
    while (!this.isQuiet) await this.io()
  }
  async trim(): Promise<void> {}
  stopQueries(): void {}
  async close(): Promise<void> {
    await this.io()
  }
  file(alias: string): Committed {
    const path = this.attached.get(alias)
    const file = path === undefined ? undefined : this.store.files.get(path)
    if (file === undefined) throw new Error(`${alias} is not attached`)
    return file
  }
}

class RowAppender {
  #row: Value[] = []
  constructor(readonly rows: StoredRow[]) {}
  #add(value: Value): this {
    this.#row.push(value)
    return this
  }
  timestamp = (us: number) => this.#add(us)
  double = (value: number) => this.#add(value)
  integer = (value: number | bigint) => this.#add(Number(value))
  text = (value: string) => this.#add(value)
  bytes = (value: Uint8Array) => this.#add(value.slice())
  null = () => this.#add(null)
  endRow(): void {
    this.rows.push(this.#row)
    this.#row = []
  }
}

/** In place of store/pair-file.ts. */
export class PairFile {
  ticksFrom = 0
  readonly sheds = false
  canReplace = false
  /** No table is made at its first row here. */
  readonly added = { lacks: () => false, ready: [] }
  #last: Commit | undefined
  #next: Committed | undefined
  private constructor(
    readonly db: Database,
    readonly path: string,
    readonly alias: string,
    readonly meta: Record<string, string>,
  ) {
    db.attached.set(alias, path)
  }

  static async create(db: Database, path: string, alias: string, meta: Record<string, string>) {
    await db.io()
    return new PairFile(db, path, alias, meta)
  }
  static async attach(db: Database, path: string, alias: string, meta: Record<string, string>) {
    await db.io()
    const last = db.store.files.get(path)?.last
    const file = new PairFile(db, path, alias, last?.meta ?? meta)
    file.#last = last
    return file
  }
  takeLastCommit(): Commit | undefined {
    const last = this.#last
    this.#last = undefined
    return last
  }
  async prepareReplacing(): Promise<void> {
    if (this.canReplace) return
    this.db.preparing++
    await this.db.io()
    this.db.preparing--
    this.canReplace = true
  }
  async prepareRetiring(): Promise<void> {}

  commit(writer: { write(file: PairFile): void }): void {
    const { store } = this.db
    store.threads.reach()
    const before = store.files.get(this.path)
    if (before === undefined) throw new Error(`no file: ${this.path}`)
    this.#next = before.copy()
    writer.write(this)
    if (store.failing) throw new EngineError('STORE_FAILED', 'the transaction is rolled back')
    store.files.set(this.path, this.#next)
    store.commits++
    store.threads.mark(this.#next.ticks.length)
    this.#next = undefined
    // It is stored, and nobody may have heard of it.
    store.threads.reach()
  }

  #now(): Committed {
    if (this.#next === undefined) throw new Error('rows are written in a commit')
    return this.#next
  }
  appendTicks(_chunk: unknown, columns: TickColumns): void {
    const { ticks } = this.#now()
    for (let row = 0; row < columns.rows; row++) ticks.push(columns.tickAt(row))
  }
  table(name: string): RowAppender {
    const { tables } = this.#now()
    let rows = tables.get(name)
    if (rows === undefined) {
      rows = []
      tables.set(name, rows)
    }
    return new RowAppender(rows)
  }
  putState(seq: number, state: Uint8Array): void {
    this.#now().last = { seq, state: state.slice(), meta: this.meta, stateBytes: 0 }
  }
  delete(statement: string, ...values: number[]): void {
    if (!this.canReplace) throw new Error(`${statement} is not prepared`)
    const { tables } = this.#now()
    const table = statement === 'gap' ? 'gaps' : statement.replace('at:', '')
    const kept = (row: StoredRow) =>
      statement === 'gap'
        ? row[FIRST_ID] !== values[0] || row[OPENED_SEQ] !== values[1]
        : row[0] !== values[0]
    tables.set(table, (tables.get(table) ?? []).filter(kept))
  }
  /** A committed file is safe here, name and all. */
  syncNames(): void {}

  async checkpoint(): Promise<void> {
    await this.db.io()
  }
  async detach(): Promise<void> {
    await this.db.io()
    this.db.attached.delete(this.alias)
  }
}

function recordOf(row: StoredRow): Float64Array {
  return new Float64Array((row[RECORD] as Uint8Array).slice().buffer)
}

/** In place of store/reads.ts: what recovery and folding read. */
export const reads = {
  async readLevels(
    db: Database,
    alias: string,
    bounds: readonly (readonly [number, number])[],
    asked: readonly boolean[],
  ): Promise<Float64Array[][]> {
    await db.io()
    return bounds.map(([from, to], level) =>
      !asked[level]
        ? []
        : db
            .file(alias)
            .rows(`candles_${INTERVALS[level]}`)
            .filter((row) => (row[0] as number) >= from && (row[0] as number) < to)
            .map(recordOf),
    )
  },
  async readRecords(db: Database, alias: string, level: number, from: number, to: number) {
    await db.io()
    const records = db.file(alias).rows(`candles_${INTERVALS[level]}`).map(recordOf)
    return records
      .filter((record) => record[START_WORD] >= from && record[START_WORD] < to)
      .sort((a, b) => a[START_WORD] - b[START_WORD])
  },
  async readTextIds(db: Database, alias: string, since: number, limit: number): Promise<string[]> {
    await db.io()
    const { ticks } = db.file(alias)
    const ids = ticks.filter(({ seq, tradeId }) => seq >= since && tradeId !== undefined)
    return ids.slice(-limit).map(({ tradeId }) => String(tradeId))
  },
}
