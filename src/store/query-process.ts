// The process of one isolated query: a snapshot, read only, and nothing else within reach. Who
// asked kills it at the deadline; it kills itself when it takes more memory than it may.
import { type PlainError, toPlainError } from '../errors.js'
import type { QueryRow } from '../model/answer.js'
import { quoteText } from './duckdb.js'
import { DuckDBInstance } from './duckdb-api.js'
import { serveOne, tell } from './own-process.js'
import { QUERY_SESSION, runQuery, type UserQuery } from './query.js'

const LOOK_MS = 5

/** What the process is asked. */
export interface IsolatedTask {
  /** The snapshot. */
  readonly path: string
  readonly query: UserQuery
  /** What the process may take in all. */
  readonly memoryMb: number
}

/** What it answers. */
export type IsolatedAnswer =
  | { readonly rows: QueryRow[] }
  | { readonly failed: PlainError }
  | { readonly grownMb: number }

/** Waits for a task, answers it, and ends. */
export function answerOneQuery(): void {
  serveOne(answer)
}

async function answer(task: IsolatedTask): Promise<IsolatedAnswer> {
  const watch = setInterval(() => {
    const grownMb = Math.round(process.memoryUsage.rss() / 1e6)
    if (grownMb < task.memoryMb) return
    clearInterval(watch)
    tell({ grownMb } satisfies IsolatedAnswer)
  }, LOOK_MS)
  try {
    return { rows: await rowsOf(task) }
  } catch (cause) {
    return { failed: toPlainError(cause, 'QUERY_REFUSED') }
  }
}

async function rowsOf({ path, query, memoryMb }: IsolatedTask): Promise<QueryRow[]> {
  const half = `${Math.ceil(memoryMb / 2)}MB`
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: half })
  const connection = await instance.connect()
  await connection.run(`ATTACH ${quoteText(path)} AS snapshot (READ_ONLY)`)
  await connection.run('USE snapshot')
  await connection.run(QUERY_SESSION)
  // Behind the jail: no other file, and no way to change that.
  await connection.run("SET temp_directory = ''")
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
  return runQuery(connection, query, () => false)
}
