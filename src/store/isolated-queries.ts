// Queries that get a snapshot and a process of their own: whatever they do, the shard's database
// and the host's memory are out of their reach. One at a time; the process is killed at the
// deadline.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError, fromPlainError } from '../errors.js'
import type { QueryRow } from '../model/answer.js'
import { type Database, quoteText } from './duckdb.js'
import { NEVER_MS, type OwnProcess, startProcess } from './own-process.js'
import type { PairFile } from './pair-file.js'
import type { UserQuery } from './query.js'
import type { IsolatedAnswer, IsolatedTask } from './query-process.js'

const ENTRY = new URL('../../workers/query.process.js', import.meta.url)

/** A query in isolation, and what its process may take. */
export interface IsolatedQuery extends UserQuery {
  readonly memoryMb: number
}

export class IsolatedQueries {
  readonly #db: Database
  readonly #folder: string
  #last: Promise<unknown> = Promise.resolve()
  #process: OwnProcess<IsolatedAnswer> | undefined
  #stopped = false
  #next = 0

  /** `folder` is made for the snapshots, and emptied of what a crash left. */
  constructor(db: Database, folder: string) {
    this.#db = db
    this.#folder = folder
    rmSync(folder, { recursive: true, force: true })
  }

  /** Throws QUERY_REFUSED, TIMEOUT, ENGINE_CLOSED. */
  run(file: PairFile, query: IsolatedQuery): Promise<QueryRow[]> {
    const rows = this.#last.then(() => this.#run(file, query))
    this.#last = rows.catch(() => undefined)
    return rows
  }

  /** Kills the process under way, and refuses queries that wait. */
  stop(): void {
    this.#stopped = true
    this.#process?.kill()
  }

  async #run(file: PairFile, query: IsolatedQuery): Promise<QueryRow[]> {
    if (this.#stopped) throw closing()
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const path = join(this.#folder, `${this.#next++}.duckdb`)
    try {
      await this.#snapshot(file, path, await this.#db.admitted(query.sql))
      if (this.#stopped) throw closing()
      return await this.#ask(path, query)
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  // The tables the query names, as they are now.
  async #snapshot(file: PairFile, path: string, tables: ReadonlySet<string>): Promise<void> {
    await this.#db.admin(`ATTACH ${quoteText(path)} AS snapshot`)
    try {
      const copies = [...tables].map(
        (table) => `CREATE TABLE snapshot.${table} AS FROM ${file.from(table)};`,
      )
      const sql = `BEGIN; ${copies.join(' ')} COMMIT`
      await this.#db.rows(sql, { takesLong: true, undo: 'ROLLBACK' })
    } finally {
      await this.#db.admin('DETACH snapshot')
    }
  }

  async #ask(path: string, { memoryMb, timeoutMs, ...query }: IsolatedQuery): Promise<QueryRow[]> {
    // Its own process stops it: it need not hear of the time.
    const task: IsolatedTask = { path, query: { ...query, timeoutMs: NEVER_MS }, memoryMb }
    const limits = { heapMb: memoryMb, deadlineMs: timeoutMs }
    this.#process = startProcess<IsolatedAnswer>(ENTRY, task, limits)
    const ended = await this.#process.outcome
    this.#process = undefined
    if ('answer' in ended) return rowsOf(ended.answer, memoryMb)
    if ('notStarted' in ended) {
      throw new EngineError('STORE_FAILED', `no process for the query: ${ended.notStarted}`)
    }
    if ('late' in ended) {
      throw new EngineError('TIMEOUT', `the query was stopped: timeoutMs=${timeoutMs}`)
    }
    if (this.#stopped) throw closing()
    throw new EngineError('QUERY_REFUSED', `the query's process died: ${ended.died}`)
  }
}

function rowsOf(answer: IsolatedAnswer, memoryMb: number): QueryRow[] {
  if ('rows' in answer) return answer.rows
  if ('failed' in answer) throw fromPlainError(answer.failed)
  throw tooLarge(memoryMb, answer.grownMb)
}

function closing(): EngineError {
  return new EngineError('ENGINE_CLOSED', 'the engine is closing')
}

function tooLarge(memoryMb: number, grownMb: number): EngineError {
  const rule = `the query takes more memory than it may; raise memoryMb`
  return new EngineError('QUERY_REFUSED', `${rule}: memoryMb=${memoryMb} taken=${grownMb}`)
}
