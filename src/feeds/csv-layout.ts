// Which column of a CSV file holds what: by a declared format, else by the usual names, and by
// --map before both.
import { EngineError } from '../errors.js'
import { sideWhenTrue, takerSideOf } from '../model/side-words.js'
import { FORMATS } from './formats/all.js'
import {
  type DumpFormat,
  type FileHints,
  MAPPED_COLUMNS,
  type MappedColumn,
  plainName,
} from './formats/format.js'
import { otherKindOf, otherShapeOf } from './other-kinds.js'
import { type FileHead, headerNames, type Recognised, recognise, recogniseAs } from './recognise.js'
import { KIND_NAMES, looksLike, USUAL_NAMES, WEAK_SIDE_NAMES } from './usual-names.js'

/** Column names or numbers (from 1) that override what was found. */
export type ColumnMap = Partial<Record<MappedColumn, string>>

/** Which column holds what, from 0; −1 = none. */
export interface CsvLayout extends Readonly<Record<MappedColumn, number>> {
  /** The column that says whether a row is a trade; −1 = none. */
  readonly kind: number
  /** The name of each column: of the header, or as declared, or its number. */
  readonly names: readonly string[]
  /** Whether the first line is a header. */
  readonly header: boolean
  readonly format: DumpFormat | undefined
  readonly formatName: string
  /** Why that format. */
  readonly why: string
}

/** Whether a first line is a header: a row of data has at least two fields that are numbers. */
export function isHeader(first: readonly string[]): boolean {
  if (first.filter(isNumber).length < 2) return true
  // Not by names that are values too: buy, sell, m.
  const names = new Set(headerNames(first).map(plainName))
  return (['timestamp', 'price', 'volume', 'id'] as const).some((column) =>
    USUAL_NAMES[column].some((name) => name.length > 1 && names.has(name)),
  )
}

/** The layout of a file; throws BAD_FEED where it cannot be told, or its rows are no trades. */
export function csvLayout(
  head: FileHead,
  hints: FileHints,
  asked: string,
  map: ColumnMap = {},
): CsvLayout {
  const declared = FORMATS.some(({ name }) => name === asked)
  const known = declared
    ? recogniseAs(asked, head)
    : asked === 'csv'
      ? undefined
      : recognise(head, hints)
  const names =
    known?.names ?? (head.header ? headerNames(head.first) : head.first.map((_, i) => `${i + 1}`))
  if (known === undefined && asked !== 'csv') refuseOtherKinds(head)
  const found = known === undefined ? usualColumns(head, names) : declaredColumns(known)
  for (const column of MAPPED_COLUMNS) {
    const wanted = map[column]
    if (wanted !== undefined) found[column] = mappedIndex(column, wanted, head, names)
  }
  requireColumns(found, head, names, map)
  const kind = known?.format.kind?.column
  return {
    ...found,
    kind:
      kind === undefined
        ? kindColumn(head, names, found, known)
        : names.map(plainName).indexOf(plainName(kind)),
    names,
    header: head.header,
    format: known?.format,
    formatName: known?.format.name ?? 'csv',
    why: known?.why ?? 'no declared format has its header: columns are taken by their usual names',
  }
}

function declaredColumns({ format, names }: Recognised): Record<MappedColumn, number> {
  const plain = names.map(plainName)
  const found = {} as Record<MappedColumn, number>
  for (const column of MAPPED_COLUMNS) {
    const name =
      format.columns[column] ?? (format.path === undefined ? USUAL_OF[column] : undefined)
    found[column] = name === undefined ? -1 : plain.indexOf(plainName(name))
  }
  return found
}

// A declared header may have the exchange and the symbol besides, as what is collected has.
const USUAL_OF: Partial<Record<MappedColumn, string>> = { exchange: 'exchange', symbol: 'symbol' }

function usualColumns(head: FileHead, names: readonly string[]): Record<MappedColumn, number> {
  const found = {} as Record<MappedColumn, number>
  const plain = head.header ? names.map(plainName) : []
  for (const column of MAPPED_COLUMNS) {
    const usual = USUAL_NAMES[column].filter((name) => plain.includes(name))
    const [first] = usual
    found[column] = first === undefined ? -1 : plain.indexOf(first)
    if (column === 'side') found.side = sideColumn(head, plain, usual, found.volume)
  }
  return found
}

// The first name whose values are sides; else the first that can be nothing but a side, unless
// amounts below zero say it.
function sideColumn(
  head: FileHead,
  plain: readonly string[],
  usual: readonly string[],
  volume: number,
): number {
  const at = (name: string): number => plain.indexOf(name)
  const understood = usual.find((name) => {
    const values = head.rows.map((row) => row[at(name)] ?? '').filter((value) => value !== '')
    return values.some((value) => isSide(value, name))
  })
  if (understood !== undefined) return at(understood)
  const strong = usual.find((name) => !WEAK_SIDE_NAMES.has(name))
  if (volume >= 0 && head.rows.some((row) => row[volume]?.startsWith('-'))) return -1
  return strong === undefined ? -1 : at(strong)
}

function isSide(value: string, name: string): boolean {
  if (/^[-+]1(?:\.0)?$/.test(value)) return true
  if (takerSideOf(value) !== undefined && !/^(?:|-|n|none|null|nan|na|unknown)$/i.test(value))
    return true
  return sideWhenTrue(name) !== undefined && /^(?:true|false|t|f|0|1)$/i.test(value)
}

// A column that says of what kind a row is; not one that is used for something else.
function kindColumn(
  head: FileHead,
  names: readonly string[],
  found: Readonly<Record<MappedColumn, number>>,
  known: Recognised | undefined,
): number {
  if (!head.header || known !== undefined) return -1
  const used = Object.values(found)
  return names.findIndex((name, i) => KIND_NAMES.has(plainName(name)) && !used.includes(i))
}

function refuseOtherKinds(head: FileHead): void {
  const what = head.header ? otherKindOf(head.first) : otherShapeOf(head.first)
  if (what === undefined) return
  throw new EngineError(
    'BAD_FEED',
    `it holds ${what}, and no trades; --format csv takes its rows for trades all the same: columns=${head.first.join('|')}`,
  )
}

function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text))
}

// By name first, then by number: a file may well have a column named '1'.
function mappedIndex(
  column: string,
  wanted: string,
  head: FileHead,
  names: readonly string[],
): number {
  const exact = head.header ? head.first.indexOf(wanted) : -1
  if (exact >= 0) return exact
  const number = Number(wanted)
  const numbered = Number.isInteger(number) && number >= 1 && number <= head.first.length
  const alike = plainName(wanted) === '' ? -1 : names.map(plainName).indexOf(plainName(wanted))
  if (alike >= 0 && !(numbered && !head.header)) return alike
  if (numbered) return number - 1
  throw new EngineError(
    'BAD_ARGUMENT',
    `map.${column} must name a column, or number it from 1 to ${head.first.length}: ` +
      `map.${column}=${wanted} columns=${head.first.join('|')}`,
  )
}

function requireColumns(
  found: Readonly<Record<MappedColumn, number>>,
  head: FileHead,
  names: readonly string[],
  map: ColumnMap,
): void {
  const needed = ['timestamp', 'price', 'volume'] as const
  const missing = needed.filter((c) => found[c] < 0)
  if (missing.length === 0) return
  const named = head.header || map.timestamp !== undefined
  const what = named
    ? `no column for ${missing.join(', ')}`
    : 'the first line is neither a header nor a row of a known dump'
  const columns = `columns=${head.first.join('|')}`
  throw new EngineError(
    'BAD_FEED',
    `${what}; say --map ${suggestion(found, head, names)}: ${columns}`,
  )
}

// Every column that can be guessed stands in the suggestion, side and id too: a user who copies it
// must not lose them.
function suggestion(
  found: Readonly<Record<MappedColumn, number>>,
  head: FileHead,
  names: readonly string[],
): string {
  if (!head.header && head.first.length === 3 && head.rows.every((row) => row.every(isNumber))) {
    return 'timestamp=1,price=2,volume=3, or --format kraken-trades where they are time, price and volume'
  }
  const parts: string[] = []
  for (const column of MAPPED_COLUMNS) {
    const needed = column === 'timestamp' || column === 'price' || column === 'volume'
    const guessed = names.find((name, i) => {
      if (Object.values(found).includes(i) || !head.header) return false
      return column === looksLike(plainName(name))
    })
    if (found[column] >= 0 && head.header) parts.push(`${column}=${head.first[found[column]]}`)
    else if (guessed !== undefined && !needed) parts.push(`${column}=${guessed}`)
    else if (needed) parts.push(`${column}=COLUMN`)
  }
  if (!head.header) parts.push('side=COLUMN', 'id=COLUMN')
  return parts.join(',')
}
