// What a CSV file is, told by its head: delimiter, header, format, columns, and what sides mean.
import { EngineError } from '../errors.js'
import type { FeedWarning } from '../model/reading.js'
import { sideWhenTrue } from '../model/side-words.js'
import { type CsvLayout, csvLayout, isHeader } from './csv-layout.js'
import type { CsvFile } from './csv-reader.js'
import { makeRow, splitRow, trimField } from './csv-row.js'
import type { FeedOptions } from './feed.js'
import { type FileHints, plainName, type SideRule } from './formats/format.js'
import { hasLiquidations } from './formats/tardis.js'
import { KindColumn } from './kind-column.js'
import type { LineBlock } from './line-blocks.js'
import { textOf } from './parse-number.js'
import {
  type FileHead,
  formatsOf,
  hasMakersHeader,
  isVenue,
  nearFormat,
  rowOf,
} from './recognise.js'
import { SideColumn } from './side-column.js'
import { SideMeaning } from './side-meaning.js'
import { HEAD_BYTES } from './source.js'
import { MAKER_NAMES } from './usual-names.js'

export type EarlyWarning = Omit<FeedWarning, 'file'>

/** A file as its reader needs it, and what its head has to say. */
export interface OpenedCsv extends CsvFile {
  readonly warnings: readonly EarlyWarning[]
  /** Values of each column in the head. */
  readonly values: readonly (readonly string[])[]
}

const DELIMITERS = [44, 59, 9]
/** A product is rounded by the venue. */
const NEAR = 1e-3
const NEWLINE = 10
const RETURN = 13
/** Rows of the head that are looked at; what comes behind them is read by the same rules. */
const HEAD_ROWS = 200

/** Throws BAD_FEED where the file is no file of trades, or cannot be told. */
export function openCsv(
  block: LineBlock,
  from: number,
  path: string,
  hints: FileHints,
  options: FeedOptions & { readonly format: string },
): OpenedCsv {
  refuseLoneReturns(block.bytes, from, path)
  const delimiter = commonDelimiter(block.bytes, from)
  const head = headOf(block, from, delimiter)
  const warnings: EarlyWarning[] = []
  const layout = named(path, () => csvLayout(head, hints, options.format, options.map))
  checkKind(path, head, layout, options, warnings)
  const rule = sideRuleOf(layout, options)
  tellVenue(head, hints, layout, options, warnings)
  const name = layout.side < 0 ? '' : plainName(layout.names[layout.side])
  const whenTrue = sideWhenTrue(name)
  const values = layout.names.map((_, i) => head.rows.map((row) => row[i]))
  if (options.sideOf !== undefined && whenTrue !== undefined && isBoolean(values[layout.side])) {
    const column = layout.names[layout.side]
    throw new EngineError(
      'BAD_ARGUMENT',
      `the column ${column} says by its name whose side it tells; leave --side-of out: file=${path}`,
    )
  }
  const meaning = layout.side < 0 ? undefined : new SideMeaning(options.sides ?? {}, rule, whenTrue)
  const sides = new SideColumn(meaning, rule.of === 'maker')
  sides.expect(values[layout.side < 0 ? layout.volume : layout.side])
  const kind = layout.kind < 0 ? undefined : layout.names[layout.kind]
  return {
    layout,
    delimiter,
    sides,
    kinds:
      kind === undefined
        ? undefined
        : new KindColumn(layout.kind, kind, layout.format?.kind?.trade),
    warnings,
    values,
  }
}

function isBoolean(values: readonly string[]): boolean {
  return values.some((value) => /^(?:true|false)$/i.test(value))
}

// The venue's rule is for the venue's column.
function sideRuleOf(layout: CsvLayout, { sideOf }: FeedOptions): SideRule {
  const { format, names, side } = layout
  const name = side < 0 ? '' : plainName(names[side])
  const declared = side < 0 || plainName(format?.columns.side ?? '') === name
  const rule: SideRule = declared ? (format?.side ?? {}) : {}
  const of = sideOf ?? rule.of ?? (MAKER_NAMES.has(name) ? 'maker' : 'taker')
  return { ...rule, of }
}

// A declared format of another venue than the pair's, and a plain file of a venue whose own files
// have rules that no plain name tells.
function tellVenue(
  head: FileHead,
  { exchange }: FileHints,
  layout: CsvLayout,
  options: FeedOptions & { readonly format: string },
  warnings: EarlyWarning[],
): void {
  const { sideOf, sides } = options
  const { format } = layout
  const near = format === undefined && options.format !== 'csv' ? nearFormat(head) : undefined
  if (near !== undefined) {
    const rule = `its header is nearly that of ${near.name}, and was read by the usual names`
    warnings.push({ code: 'other-venue', message: `${rule}; say --format csv where it is another` })
  }
  if (exchange === undefined) return
  if (format?.venue !== undefined && !isVenue(exchange, format.venue)) {
    if ((format.side === undefined && head.header) || sides !== undefined) return
    const taken = `it is taken for ${format.name}, and the pair is of ${exchange}`
    const rule = `${taken}: its sides go by the rule of that format`
    warnings.push({
      code: 'other-venue',
      message: `${rule}; say --format csv or --sides where they do not`,
    })
  }
  if (format !== undefined || sideOf !== undefined || layout.side < 0) return
  const name = layout.names[layout.side]
  const said = head.rows.map((row) => row[layout.side])
  const own = formatsOf(exchange).find((one) => one.side?.buy !== undefined)
  if (own !== undefined && sides === undefined && said.some((value) => /^\d$/.test(value))) {
    const rule = `${exchange} tells sides by numbers in its own files, and this is none of them`
    const message = `${rule}; say what those of ${name} mean: --sides buy=VALUE,sell=VALUE`
    warnings.push({ code: 'other-venue', message })
    return
  }
  if (sideWhenTrue(plainName(name)) !== undefined && isBoolean(said)) return
  const makers = formatsOf(exchange).find(({ side }) => side?.of === 'maker')
  if (makers === undefined && !(head.header && hasMakersHeader(head))) return
  const rule =
    makers === undefined
      ? "its header is one of Coinbase, where the side is the maker's"
      : `${exchange} tells the maker's side in its own files, and this is none of them`
  warnings.push({
    code: 'other-venue',
    message: `${rule}; ${name} was taken for the taker's: say --side-of taker or --side-of maker`,
  })
}

function checkKind(
  path: string,
  head: FileHead,
  layout: CsvLayout,
  options: FeedOptions & { readonly format: string },
  warnings: EarlyWarning[],
): void {
  const { format, names } = layout
  if (format === undefined) return
  const row = rowOf(names, head)
  const refused = format.refuse?.(row)
  if (refused !== undefined) throw new EngineError('BAD_FEED', `${refused}: file=${path}`)
  checkProduct(head, layout, warnings)
  if (format.name !== 'tardis' || options.format === 'tardis') return
  if (/liquidation/i.test(path)) {
    const rule = 'its name says that it holds liquidations, and no trades'
    throw new EngineError(
      'BAD_FEED',
      `${rule}; where it has trades say --format tardis: file=${path}`,
    )
  }
  if (/trade/i.test(path) || !hasLiquidations(row('exchange'))) return
  warnings.push({
    code: 'data-kind',
    message:
      "tardis has liquidations with the same header, and the file's name says neither: taken for " +
      'trades; say --format tardis where they are',
  })
}

// Price × volume beside both: where the three do not agree, the columns are not what they seem.
function checkProduct(head: FileHead, layout: CsvLayout, warnings: EarlyWarning[]): void {
  const { format, names } = layout
  if (format?.product === undefined || layout.volume !== columnOf(names, format.columns.volume)) {
    return
  }
  const product = columnOf(names, format.product)
  const wrong = head.rows.filter((row) => {
    const [price, volume, quote] = [layout.price, layout.volume, product].map((i) => Number(row[i]))
    return Math.abs(price * volume - quote) > Math.abs(quote) * NEAR + NEAR
  })
  if (wrong.length * 2 <= head.rows.length) return
  const [price, volume] = [names[layout.price], names[layout.volume]]
  const rule = `${price} × ${volume} is not ${names[product]} in most of its first rows`
  const message = `${rule}: say which column is the volume, --map volume=COLUMN`
  warnings.push({ code: 'volume-unit', message })
}

function columnOf(names: readonly string[], name: string | undefined): number {
  return name === undefined ? -1 : names.map(plainName).indexOf(plainName(name))
}

function named<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (!(thrown instanceof EngineError) || thrown.code !== 'BAD_FEED') throw thrown
    throw new EngineError('BAD_FEED', `${thrown.message} file=${path}`, { cause: thrown })
  }
}

function headOf(block: LineBlock, from: number, delimiter: number): FileHead {
  const row = makeRow()
  const end = Math.min(block.end, Math.max(HEAD_BYTES, block.bytes.indexOf(NEWLINE, from) + 1))
  const lines: string[][] = []
  for (let at = from; at < end && lines.length <= HEAD_ROWS; ) {
    at = splitRow(block.bytes, at, delimiter, row)
    lines.push(fieldsOf(block.bytes, row))
  }
  const [first] = lines
  const header = isHeader(first)
  const rows = lines.slice(header ? 1 : 0).filter(({ length }) => length === first.length)
  return { first, rows, header }
}

function fieldsOf(bytes: Uint8Array, row: ReturnType<typeof makeRow>): string[] {
  const fields: string[] = []
  for (let i = 0; i < row.fields; i++) {
    trimField(bytes, row, i)
    fields.push(textOf(bytes, row.start[i], row.end[i]))
  }
  return fields
}

// Lines that end in CR alone are one line, and that one would be taken for the header.
function refuseLoneReturns(bytes: Uint8Array, from: number, path: string): void {
  const at = bytes.indexOf(RETURN, from)
  if (at < 0 || at + 1 >= bytes.indexOf(NEWLINE, from)) return
  const rule = 'its lines end in CR alone; write it with LF'
  throw new EngineError('BAD_FEED', `${rule}: file=${path}`)
}

function commonDelimiter(bytes: Uint8Array, from: number): number {
  const line = bytes.subarray(from, bytes.indexOf(NEWLINE, from))
  const counts = DELIMITERS.map((d) => line.reduce((n, byte) => (byte === d ? n + 1 : n), 0))
  return DELIMITERS[counts.indexOf(Math.max(...counts))]
}
