// tickloom formats: the published files that are recognised.
import { FORMATS } from '../feeds/formats/all.js'
import type { DumpFormat } from '../feeds/formats/format.js'
import { print } from './output.js'
import { table } from './table.js'
import { type Arguments, UsageError } from './usage.js'

export async function formatsCommand(args: Arguments): Promise<number> {
  if (args.words.length > 0) throw new UsageError(`formats wants no ${args.words[0]}`)
  if (args.flag('json')) {
    await print(`${JSON.stringify(FORMATS.map(plainOf))}\n`)
    return 0
  }
  const columns = ['format', 'what', 'header or shape'].map((head) => ({ head }))
  const rows = FORMATS.map((format) => [format.name, format.what, layoutOf(format)])
  const rest =
    'recognised by the whole header in any order of columns, or by the shape of the rows;\nkraken-trades is taken with --format alone\n'
  await print(`${table(columns, rows)}\n${rest}`)
  return 0
}

function plainOf(format: DumpFormat): Record<string, unknown> {
  const { name, venue, what, headers, shape, columns, side, ids, source } = format
  const fields = shape?.map(([field, kind]) => `${field}: ${kind}`)
  return { name, venue, what, headers, shape: fields, columns, side, ids, source }
}

function layoutOf({ headers, shape }: DumpFormat): string {
  return headers?.[0] ?? `(no header) ${shape?.map(([name]) => name).join(',')}`
}
