// tickloom sql: a SELECT over one pair's tables.
import { csvCell, decimal, print } from './output.js'
import { oneOf, withEngine } from './stored-pair.js'
import { table } from './table.js'
import { type Arguments, UsageError } from './usage.js'

export async function sqlCommand(args: Arguments): Promise<number> {
  const [name, sql] = args.words
  if (args.words.length !== 2) throw new UsageError("sql wants a PAIR and one 'SELECT …'")
  const byDefault = process.stdout.isTTY ? 'table' : 'csv'
  const format = oneOf('format', args.text('format') ?? byDefault, [
    'table',
    'csv',
    'json',
  ] as const)
  const rows = await withEngine(args, (engine) => engine.find(name).query(sql))
  if (format === 'json') {
    await print(`${JSON.stringify(rows)}\n`)
    return 0
  }
  const heads = Object.keys(rows[0] ?? {})
  const cells = rows.map((row) => heads.map((head) => textOf(row[head], format)))
  if (format === 'csv') {
    await print([heads, ...cells].map((line) => `${line.map(csvCell).join(',')}\n`).join(''))
    return 0
  }
  const columns = heads.map((head) => ({ head, right: rows.every((row) => isNumber(row[head])) }))
  await print(rows.length === 0 ? 'no rows\n' : table(columns, cells))
  return 0
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || value === null
}

function textOf(value: unknown, format: string): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' && format === 'table') return decimal(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
