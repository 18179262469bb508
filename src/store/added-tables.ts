// Tables that a file gets with their first row: what was thought of later needs no new schema, and
// a file without the table is a file in which it is empty. Whoever writes to one names it in
// `PairState.addedTables`; the committer has it made beside the folding, before the batch that
// holds the row. The facts of a commit say which tables the file has.
import type { Database } from './duckdb.js'

/** A table that is made at its first row. */
interface Declaration {
  /** As CREATE TABLE takes them. */
  readonly columns: readonly string[]
  /** The column, a TIMESTAMP, that retention and replacing rows go by. */
  readonly time: string
  /** What retention treats it like. */
  readonly keptLike: 'ticks' | 'candles_1m'
  /** Users' SQL may read it; else it is the engine's own. */
  readonly forUsers: boolean
}

const DECLARED = {
  // Ids that are no whole numbers, of ticks on a pair whose ids are.
  text_ids: {
    columns: ['seq BIGINT', 'timestamp TIMESTAMP', 'trade_id VARCHAR'],
    time: 'timestamp',
    keptLike: 'ticks',
    forUsers: true,
  },
  // Hashes of ids that are sparse or text, an hour a row, for as long as its candles are kept.
  seen_ids: {
    columns: ['hour TIMESTAMP', 'ids BLOB'],
    time: 'hour',
    keptLike: 'candles_1m',
    forUsers: false,
  },
} as const satisfies Readonly<Record<string, Declaration>>

export type AddedTable = keyof typeof DECLARED

/** Every table that is made at its first row, by name. */
export const ADDED_TABLES: Readonly<Record<AddedTable, Declaration>> = DECLARED
export const ADDED_NAMES = Object.keys(DECLARED) as AddedTable[]

/** Whether a name is one of theirs. */
export function isAdded(name: string): name is AddedTable {
  return Object.hasOwn(DECLARED, name)
}

/** Those of one attached file: which it has, and which a commit can write to. */
export class AddedTables {
  readonly #db: Database
  readonly #alias: string
  readonly #there = new Set<AddedTable>()
  readonly #ready = new Set<AddedTable>()

  /** `fact`: what the file's last commit says of them. */
  constructor(db: Database, alias: string, fact: string | undefined) {
    this.#db = db
    this.#alias = alias
    for (const name of (fact ?? '').split(',')) if (isAdded(name)) this.#there.add(name)
  }

  /** For the facts of a commit; undefined where there is none. */
  get fact(): string | undefined {
    return this.#there.size === 0 ? undefined : [...this.#there].join(',')
  }

  /** Whether the file has the table. */
  has(name: AddedTable): boolean {
    return this.#there.has(name)
  }

  /** Those whose statements are prepared. */
  get ready(): Iterable<AddedTable> {
    return this.#ready
  }

  /** Whether a commit cannot write to one of `tables` yet. */
  lacks(tables: ReadonlySet<AddedTable>): boolean {
    if (tables.size === 0) return false
    for (const name of tables) if (!this.#ready.has(name)) return true
    return false
  }

  /** What a SELECT reads from: an empty table where the file has none. */
  from(name: AddedTable): string {
    return this.#there.has(name) ? `${this.#alias}.${name}` : emptyTable(name)
  }

  /** Makes those of `tables` that are not there, and has the statements of them prepared. */
  async prepare(
    statements: (sql: Record<string, string>) => Promise<void>,
    tables: Iterable<AddedTable> = this.#there,
  ): Promise<void> {
    for (const name of [...tables]) {
      if (this.#ready.has(name)) continue
      if (!this.#there.has(name)) await this.#make(name)
      this.#there.add(name)
      await statements(statementsOf(this.#alias, name))
      this.#ready.add(name)
    }
  }

  // With a checkpoint right behind it: a log that holds DDL is the one that fails to replay. A
  // crash between the two leaves a table that nothing knows of, which is made again.
  async #make(name: AddedTable): Promise<void> {
    const columns = ADDED_TABLES[name].columns.join(', ')
    const table = `${this.#alias}.${name}`
    await this.#db.define(
      `CREATE TABLE IF NOT EXISTS ${table} (${columns}); CHECKPOINT ${this.#alias}`,
    )
  }
}

function emptyTable(name: AddedTable): string {
  const columns = ADDED_TABLES[name].columns.map((column) => {
    const [title, type] = column.split(' ')
    return `NULL::${type} AS ${title}`
  })
  return `(SELECT ${columns.join(', ')} WHERE false)`
}

// `at:` takes out the rows of a time (µs) that a commit replaces, `before:` what retention takes.
function statementsOf(alias: string, name: AddedTable): Record<string, string> {
  const { time } = ADDED_TABLES[name]
  const rows = `DELETE FROM ${alias}.${name} WHERE ${time}`
  return {
    [`at:${name}`]: `${rows} = make_timestamp($1::BIGINT)`,
    [`before:${name}`]: `${rows} < make_timestamp($1::BIGINT)`,
  }
}

/** In place of the tables a file has not got, for users' SQL: empty ones of the instance. */
export function standIns(): string {
  const made = ADDED_NAMES.map(
    (name) => `CREATE TABLE memory.main.${name} (${ADDED_TABLES[name].columns.join(', ')});`,
  )
  return made.join(' ')
}
