// tickloom export: a pair's table as Parquet or CSV.
import { EXPORT_FORMATS, EXPORT_TABLES } from '../model/export.js'
import { grouped, say } from './output.js'
import { oneOf, timeOf, withPair } from './stored-pair.js'
import { type Arguments, UsageError } from './usage.js'

export async function exportCommand(args: Arguments): Promise<number> {
  const file = args.text('out')
  if (file === undefined) throw new UsageError('export wants --out FILE')
  const table = oneOf('table', args.text('table') ?? 'ticks', EXPORT_TABLES)
  const byName = file.endsWith('.csv') ? 'csv' : 'parquet'
  const format = oneOf('format', args.text('format') ?? byName, EXPORT_FORMATS)
  const range = { file, format, ...timeOf(args, 'from'), ...timeOf(args, 'to') }
  const { rows, bytes } = await withPair(args, 'export', (pair) => pair.export(table, range))
  say(`${grouped(rows)} rows, ${grouped(bytes)} bytes: ${file}`)
  return 0
}
