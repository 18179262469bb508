// A user's query over one pair's file, on a connection of its own, and its answer as plain values.
import { EngineError } from '../errors.js'
import type { QueryParameter, QueryRow } from '../model/answer.js'
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDecimalValue,
  type DuckDBResultReader,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from './duckdb-api.js'
import { oneStatement } from './one-statement.js'
import { QueryGuard } from './query-guard.js'
import { admit } from './query-jail.js'
import { LONGEST_TEXT } from './query-size.js'
import { wholeAnswer } from './whole-answer.js'

const SERIALIZE =
  'SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true, skip_default := true)::VARCHAR'

/**
 * What a connection of users' queries starts with: times without a zone are UTC, wherever the
 * machine stands.
 */
export const QUERY_SESSION = "SET TimeZone = 'UTC'"

const LONGEST_SQL = 65_536
const MOST_COMMENTS = 100

/** A query, and what bounds it. */
export interface UserQuery {
  readonly sql: string
  readonly params: readonly QueryParameter[]
  readonly maxRows: number
  readonly timeoutMs: number
}

/** A query that may run. */
export interface AdmittedQuery {
  /** Its statement, without what stands behind it. */
  readonly statement: string
  /** Which of the pair's tables it reads. */
  readonly tables: ReadonlySet<string>
}

/** Throws QUERY_REFUSED unless the query may run. */
export async function admitQuery(
  connection: DuckDBConnection,
  sql: string,
): Promise<AdmittedQuery> {
  if (sql.length > LONGEST_SQL) {
    const rule = `a query has at most ${LONGEST_SQL} characters; give values as parameters`
    throw new EngineError('QUERY_REFUSED', `${rule}: length=${sql.length}`)
  }
  const unread = unreadable(sql)
  if (unread !== undefined) throw new EngineError('QUERY_REFUSED', unread)
  const tree = await treeOf(connection, sql)
  const tables = admit(tree)
  const same = async (text: string) => (await treeOf(connection, text)) === tree
  return { statement: await oneStatement(sql, same), tables }
}

async function treeOf(connection: DuckDBConnection, sql: string): Promise<string> {
  return String((await wholeAnswer(connection, SERIALIZE, [sql])).getRows()[0][0])
}

// What DuckDB's parser stops at, or takes time over that grows with the square of it, before
// anybody can interrupt it: comments in comments.
function unreadable(sql: string): string | undefined {
  if (sql.includes('\0')) return 'a query must not hold NUL: what is behind it would not be read'
  const comments = sql.split('/*').length - 1
  if (comments <= MOST_COMMENTS) return undefined
  return `a query has at most ${MOST_COMMENTS} comments: comments=${comments}`
}

/**
 * Runs a query over the file the connection uses: every row of its answer, or an error. `isClosing`
 * says that nobody waits any more. Throws QUERY_REFUSED, TIMEOUT, ENGINE_CLOSED.
 */
export async function runQuery(
  connection: DuckDBConnection,
  { sql, params, maxRows, timeoutMs }: UserQuery,
  isClosing: () => boolean,
): Promise<QueryRow[]> {
  const { statement } = await admitQuery(connection, sql)
  const guard = new QueryGuard(() => connection.interrupt(), timeoutMs, isClosing)
  try {
    const values = params.map(toBind)
    // On a line of its own: the statement may end in a comment.
    const bounded = `FROM (${statement}\n) LIMIT ${maxRows + 1}`
    return rowsOf(await wholeAnswer(connection, bounded, values), maxRows)
  } catch (cause) {
    if (cause instanceof EngineError) throw cause
    if (guard.stopped !== undefined) throw guard.stopped
    throw new EngineError('QUERY_REFUSED', (cause as Error).message, { cause })
  } finally {
    guard.end()
  }
}

function rowsOf(reader: DuckDBResultReader, maxRows: number): QueryRow[] {
  if (reader.currentRowCount > maxRows) {
    const rule = `at most ${maxRows} rows are answered; add LIMIT, or raise maxRows`
    throw new EngineError('QUERY_REFUSED', `${rule}: maxRows=${maxRows}`)
  }
  const names = reader.columnNames()
  return reader.getRows().map((row) => {
    return Object.fromEntries(row.map((value, i) => [names[i], plain(value)]))
  })
}

function toBind(parameter: QueryParameter): DuckDBValue {
  if (typeof parameter === 'string' && parameter.length > LONGEST_TEXT) {
    const rule = `a parameter has at most ${LONGEST_TEXT} characters`
    throw new EngineError('QUERY_REFUSED', `${rule}: length=${parameter.length}`)
  }
  if (!(parameter instanceof Date)) return parameter
  return new DuckDBTimestampValue(BigInt(parameter.getTime()) * 1000n)
}

// Numbers, text, booleans, null, bytes, and objects and arrays of them: nothing of DuckDB's.
function plain(value: DuckDBValue): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  if (value === null || typeof value !== 'object') return value
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return Number(value.micros)
  }
  if (value instanceof DuckDBDecimalValue) return value.toDouble()
  if (value instanceof DuckDBBlobValue) return value.bytes.slice()
  if ('items' in value && Array.isArray(value.items)) return value.items.map(plain)
  if ('entries' in value && !Array.isArray(value.entries)) {
    const entries = Object.entries(value.entries as Record<string, DuckDBValue>)
    return Object.fromEntries(entries.map(([key, one]) => [key, plain(one)]))
  }
  return value.toString()
}
