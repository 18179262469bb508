import { DuckDBInstance } from '@duckdb/node-api'

/** Rows of the last of these statements, in a DuckDB of their own; values as JSON has them. */
export async function rowsOf(sql: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}
