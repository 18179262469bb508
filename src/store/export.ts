// A pair's table into a file of another format, written by DuckDB itself.
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { EngineError } from '../errors.js'
import type { ExportFormat, ExportTable, TableExport } from '../model/export.js'
import { type Database, quoteText } from './duckdb.js'
import { tickOrder } from './reads.js'

const COPY_OPTIONS: Readonly<Record<ExportFormat, string>> = {
  parquet: "FORMAT parquet, COMPRESSION 'zstd'",
  csv: 'FORMAT csv, HEADER',
}

/**
 * Writes the rows of a range in order; returns how many, and the bytes of the file. `source` says
 * what a table is read from; `byId`: ticks of one time are in the order of their ids.
 */
export async function exportTable(
  db: Database,
  source: (table: string) => string,
  { table, format, file, from, to }: TableExport,
  dataDir: string,
  byId = false,
): Promise<{ rows: number; bytes: number }> {
  await refuseInside(dataDir, file)
  const unfinished = `${file}.unfinished`
  const bySeq = table === 'text_ids' ? 'timestamp, seq' : 'timestamp'
  const order = table.endsWith('ticks') ? tickOrder(byId, 'ASC') : bySeq
  const columns = table.startsWith('candles') ? '* EXCLUDE (record)' : columnsOf(table)
  try {
    const [copied] = await db.rows(
      `COPY (SELECT ${columns} FROM ${source(table)}
         WHERE timestamp >= make_timestamp(${from}) AND timestamp < make_timestamp(${to})
         ORDER BY ${order}) TO ${quoteText(unfinished)} (${COPY_OPTIONS[format]})`,
      { takesLong: true },
    )
    await rename(unfinished, file)
    return { rows: Number(Object.values(copied)[0]), bytes: (await stat(file)).size }
  } finally {
    await rm(unfinished, { force: true })
  }
}

// What lies in the data directory is the engine's: a file of its own could be replaced.
async function refuseInside(dataDir: string, file: string): Promise<void> {
  const folder = await realpath(dirname(file)).catch((cause) => {
    throw new EngineError('STORE_FAILED', `no such folder: file=${file}`, { cause })
  })
  if (folder !== dataDir && !folder.startsWith(dataDir + sep)) return
  throw new EngineError('BAD_ARGUMENT', `file must not lie in the data directory: file=${file}`)
}

// An enum of ours is text elsewhere.
function columnsOf(table: ExportTable): string {
  return table.endsWith('ticks') ? '* REPLACE (side::VARCHAR AS side)' : '*'
}
