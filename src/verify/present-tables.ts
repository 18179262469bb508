// The tables of an attached file, by its own catalog: also those that it got with their first row,
// and those of a release that has others.
import { quoteText } from '../store/duckdb.js'
import type { DuckDBConnection } from '../store/duckdb-api.js'
import { tableNames } from '../store/schema.js'
import { wholeAnswer } from '../store/whole-answer.js'

/** Those every file has, `ticks` first, and behind them what else is there. */
export async function presentTables(
  connection: DuckDBConnection,
  alias: string,
): Promise<string[]> {
  const sql = `SELECT table_name FROM duckdb_tables() WHERE database_name = ${quoteText(alias)}`
  const there = (await wholeAnswer(connection, sql)).getRows().map(([name]) => String(name))
  return [...new Set([...tableNames(), ...there.sort()])]
}
