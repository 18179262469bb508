// Every row of a statement, or an error. DuckDB's streams end alike at their end, at an error and
// at an interrupt: nobody can tell a part of an answer from the whole. So nothing is streamed: a
// statement is executed to its end, where an error is thrown, and its rows are counted as they are
// read.
import { EngineError } from '../errors.js'
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBMaterializedResult,
  DuckDBResultReader,
  type DuckDBValue,
} from './duckdb-api.js'

/** A reader that holds every row; throws DuckDB's error, or STORE_FAILED where rows are missing. */
export async function wholeAnswer(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<DuckDBResultReader> {
  const result = await connection.run(sql, values)
  const reader = new DuckDBResultReader(result)
  await reader.readAll()
  requireAll(result, reader.currentRowCount)
  return reader
}

/** Every chunk of a statement, for its vectors; throws as wholeAnswer() does. */
export async function wholeChunks(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBDataChunk[]> {
  const result = await connection.run(sql)
  const chunks = await result.fetchAllChunks()
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
  requireAll(result, rows)
  return chunks
}

// A chunk that was spilled to disk and cannot be read back looks like the end.
function requireAll(result: DuckDBMaterializedResult, rows: number): void {
  if (rows === result.rowCount) return
  const rule = 'DuckDB gave a part of an answer; ask again'
  throw new EngineError('STORE_FAILED', `${rule}: rows=${rows} of=${result.rowCount}`)
}
