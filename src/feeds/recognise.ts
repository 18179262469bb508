// Which declared format a file is: by its whole header, whatever the order of the columns, or by
// what stands in every row of its head where it has none.
import { EngineError } from '../errors.js'
import { FORMATS } from './formats/all.js'
import { type DumpFormat, type FieldKind, type FileHints, plainName } from './formats/format.js'
import { parseTimeUs } from './parse-time.js'

/** The first lines of a file, split and trimmed. */
export interface FileHead {
  readonly first: readonly string[]
  /** Rows of as many fields, the first line among them where it is no header. */
  readonly rows: readonly (readonly string[])[]
  readonly header: boolean
}

export interface Recognised {
  readonly format: DumpFormat
  /** Name of each column, as declared. */
  readonly names: readonly string[]
  readonly why: string
}

/** Part of a head's rows that must have the shape: one that is spoiled changes nothing. */
const FITTING = 0.9

/** Exchanges under other names than the formats have. */
const ALIASES: Readonly<Record<string, string>> = {
  huobi: 'htx',
  okex: 'okx',
  gateio: 'gate',
  gdax: 'coinbase',
  bitcoincharts: 'kraken',
}

/** Whether an exchange's name is the venue's: binanceusdm is Binance. */
export function isVenue(exchange: string, venue: string): boolean {
  const plain = plainName(exchange)
  const known = Object.keys(ALIASES).find((alias) => plain.startsWith(alias))
  return plain.startsWith(venue) || (known !== undefined && ALIASES[known] === venue)
}

/** Formats of a venue. */
export function formatsOf(exchange: string): DumpFormat[] {
  return FORMATS.filter(({ venue }) => venue !== undefined && isVenue(exchange, venue))
}

/** Names of a header's cells: of `trade_id/<Chinese>` in whatever encoding, the half in ASCII. */
export function headerNames(first: readonly string[]): string[] {
  return first.map((cell) => {
    const slash = cell.indexOf('/')
    return slash > 0 && /[^\x20-\x7e]|…/.test(cell.slice(slash)) ? cell.slice(0, slash) : cell
  })
}

/** The format of the head; undefined where no declaration fits. Throws BAD_FEED where two do. */
export function recognise(head: FileHead, hints: FileHints): Recognised | undefined {
  const found = FORMATS.flatMap((format) => matched(format, head, false))
  const ofVenue =
    hints.exchange === undefined
      ? []
      : found.filter(
          ({ format }) => format.venue !== undefined && isVenue(hints.exchange ?? '', format.venue),
        )
  const near =
    ofVenue.length > 0 ? ofVenue : found.filter(({ format }) => !needsVenue(format, hints))
  if (near.length < 2) return near[0]
  const row = rowOf(near[0].names, head)
  const fit = near.filter(({ format }) => format.fits?.({ ...hints, row }) ?? true)
  if (fit.length === 1) return fit[0]
  const names = near.map(({ format }) => format.name)
  throw new EngineError(
    'BAD_FEED',
    `its rows could be ${names.join(' or ')}; say which: --format ${names.join(' or --format ')}`,
  )
}

/** The format that --format names, over this head; throws BAD_FEED where it cannot be that. */
export function recogniseAs(name: string, head: FileHead): Recognised {
  const format = FORMATS.find((one) => one.name === name) as DumpFormat
  const [found] = matched(format, head, true)
  if (found !== undefined) return found
  const wanted = format.headers?.[0] ?? format.shape?.map(([column]) => column).join(',') ?? ''
  const has = headerNames(head.first).map(plainName)
  const missing = namesOf(wanted).filter(({ plain, optional }) => !optional && !has.includes(plain))
  const what =
    head.header && missing.length > 0 ? `missing=${missing.map((m) => m.name).join('|')} ` : ''
  throw new EngineError('BAD_FEED', `no ${name} file: ${what}wanted=${wanted}`)
}

// A header in which the maker's side stands is a plain one: without the venue's name it could be
// anybody's.
function needsVenue(format: DumpFormat, { exchange }: FileHints): boolean {
  return format.side?.of === 'maker' && exchange !== undefined
}

function matched(format: DumpFormat, head: FileHead, byName: boolean): Recognised[] {
  if (!head.header) {
    const { shape } = format
    if (shape === undefined || (format.byNameOnly && !byName)) return []
    if (head.first.length !== shape.length) return []
    const fit = head.rows.filter((row) => row.every((field, i) => holds(shape[i][1], field)))
    if (fit.length < head.rows.length * FITTING || fit.length === 0) return []
    const names = shape.map(([name]) => name)
    return [{ format, names, why: `the rows of its head have the shape ${names.join(',')}` }]
  }
  const names = headerNames(head.first)
  const header = format.headers?.find((one) => sameNames(one, names))
  return header === undefined
    ? []
    : [{ format, names, why: 'its whole header is that of the format' }]
}

interface DeclaredName {
  readonly name: string
  readonly plain: string
  readonly optional: boolean
}

function namesOf(header: string): DeclaredName[] {
  return header.split(',').map((cell) => {
    const optional = cell.startsWith('[')
    const [name] = headerNames([optional ? cell.slice(1, -1) : cell])
    return { name, plain: plainName(name), optional }
  })
}

/** Whether a header has all the names of a declared one that it must have, and no others. */
function sameNames(declared: string, names: readonly string[]): boolean {
  const wanted = namesOf(declared)
  const given = names.map(plainName)
  if (new Set(given).size !== given.length) return false
  return (
    given.every((name) => wanted.some(({ plain }) => plain === name)) &&
    wanted.every(({ plain, optional }) => optional || given.includes(plain))
  )
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

function holds(kind: FieldKind, text: string): boolean {
  switch (kind) {
    case 'whole':
      return /^\d+$/.test(text)
    case 'number':
      return NUMBER.test(text) && !text.startsWith('-')
    case 'signed':
      return NUMBER.test(text)
    case 'seconds':
      return /^\d{9,10}(?:\.\d+)?$/.test(text) && isTime(text)
    case 'time':
      return isTime(text)
    case 'boolean':
      return /^(?:true|false)$/i.test(text)
    case 'word':
      return /^(?:buy|sell)$/i.test(text)
    case '1|2':
      return text === '1' || text === '2'
  }
}

function isTime(text: string): boolean {
  const bytes = Buffer.from(text)
  return !Number.isNaN(parseTimeUs(bytes, 0, bytes.length))
}

/** A field of the first row by the column's name; '' where there is none. */
export function rowOf(
  names: readonly string[],
  { rows }: Pick<FileHead, 'rows'>,
): (name: string) => string {
  const plain = names.map(plainName)
  return (name) => rows[0]?.[plain.indexOf(plainName(name))] ?? ''
}

/** Whether a header is that of a venue that tells the maker's side. */
export function hasMakersHeader(head: FileHead): boolean {
  return FORMATS.some(
    (format) => format.side?.of === 'maker' && matched(format, head, false).length > 0,
  )
}

/** Columns that a header must share with a declared one to be told for nearly that. */
const NEARLY = 6

/** The format whose header this one nearly is: all but two of its columns, and two others. */
export function nearFormat(head: FileHead): DumpFormat | undefined {
  if (!head.header) return undefined
  const given = headerNames(head.first).map(plainName)
  return FORMATS.find(({ headers }) =>
    headers?.some((header) => {
      const wanted = namesOf(header)
      const known = given.filter((name) => wanted.some(({ plain }) => plain === name)).length
      const lacking = wanted.filter(({ plain, optional }) => !optional && !given.includes(plain))
      return known >= NEARLY && lacking.length <= 2 && given.length - known <= 2
    }),
  )
}
