// Which column of a CSV file holds what: by the usual names, by --map, or by the shape of Binance's
// published dumps, which have no header.
import { EngineError } from '../errors.js'

/** Which column holds what, from 0; −1 = none. */
export interface CsvLayout {
  readonly timestamp: number
  readonly price: number
  readonly volume: number
  readonly side: number
  /** The side column says whether the buyer was the maker. */
  readonly sideIsBuyerMaker: boolean
  readonly id: number
  readonly symbol: number
  readonly exchange: number
  readonly receivedAt: number
  /** Fields of a row. */
  readonly columns: number
  /** Whether the first line is a header. */
  readonly header: boolean
}

/** Column names or numbers (from 1) that override what the header's names say. */
export type ColumnMap = Partial<Record<MappedColumn, string>>
export type MappedColumn =
  | 'timestamp'
  | 'price'
  | 'volume'
  | 'side'
  | 'id'
  | 'symbol'
  | 'exchange'
  | 'received'
export const MAPPED_COLUMNS: readonly MappedColumn[] = [
  'timestamp',
  'price',
  'volume',
  'side',
  'id',
  'symbol',
  'exchange',
  'received',
]

// Compared without case, blanks, dashes and underscores; the first name found wins.
const USUAL_NAMES: Readonly<Record<MappedColumn, readonly string[]>> = {
  timestamp: ['timestamp', 'time', 'ts', 'mts', 'date', 'datetime', 'transacttime', 'tradetime'],
  price: ['price'],
  volume: ['quantity', 'qty', 'amount', 'volume', 'size'],
  side: ['side', 'takerside', 'isbuyermaker', 'm'],
  id: ['id', 'tradeid', 'tid', 'aggtradeid', 'aggid'],
  symbol: ['symbol', 'pair', 'market'],
  exchange: ['exchange'],
  received: ['receivedat', 'localtimestamp', 'recvts'],
}
const BUYER_MAKER_NAMES = ['isbuyermaker', 'm']
const BOOLEAN = /^(true|false)$/i

/**
 * The layout of a file whose first line has these fields; throws BAD_FEED where it cannot be told.
 */
export function csvLayout(first: readonly string[], map: ColumnMap = {}): CsvLayout {
  const names = first.map(plainName)
  const found = {} as Record<MappedColumn, number>
  for (const column of MAPPED_COLUMNS) {
    const usual = USUAL_NAMES[column].find((name) => names.includes(name))
    found[column] = usual === undefined ? -1 : names.indexOf(usual)
  }
  // A row of data has at least a price and a volume that are numbers; a header has no number.
  const header =
    Object.values(found).some((index) => index >= 0) || first.filter(isNumeric).length < 2
  const dump = header ? undefined : binanceDump(first)
  if (dump !== undefined && Object.keys(map).length === 0) return dump
  for (const column of MAPPED_COLUMNS) {
    const wanted = map[column]
    if (wanted === undefined) continue
    found[column] = mappedIndex(column, wanted, first, header ? names : [])
  }
  requireColumns(found, first, header || map.timestamp !== undefined)
  const named = found.side >= 0 ? names[found.side] : ''
  return {
    timestamp: found.timestamp,
    price: found.price,
    volume: found.volume,
    side: found.side,
    sideIsBuyerMaker: BUYER_MAKER_NAMES.includes(named) || BOOLEAN.test(first[found.side] ?? ''),
    id: found.id,
    symbol: found.symbol,
    exchange: found.exchange,
    receivedAt: found.received,
    columns: first.length,
    header,
  }
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function isNumeric(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text))
}

// By name first, then by number: a file may well have a column named '1'. Without a header there
// are no names.
function mappedIndex(
  column: string,
  wanted: string,
  first: readonly string[],
  names: readonly string[],
): number {
  const exact = names.length > 0 ? first.indexOf(wanted) : -1
  if (exact >= 0) return exact
  const alike = names.indexOf(plainName(wanted))
  if (alike >= 0 && plainName(wanted) !== '') return alike
  const number = Number(wanted)
  if (Number.isInteger(number) && number >= 1 && number <= first.length) return number - 1
  throw new EngineError(
    'BAD_ARGUMENT',
    `map.${column} must name a column, or number it from 1 to ${first.length}: ` +
      `map.${column}=${wanted} columns=${first.join('|')}`,
  )
}

function requireColumns(
  found: Readonly<Record<MappedColumn, number>>,
  first: readonly string[],
  named: boolean,
): void {
  const missing = (['timestamp', 'price', 'volume'] as const).filter((c) => found[c] < 0)
  if (missing.length === 0) return
  const what = named
    ? `no column for ${missing.join(', ')}`
    : 'the first line is neither a header nor a row of a known dump'
  const example = missing.map((c) => `${c}=COLUMN`).join(',')
  throw new EngineError('BAD_FEED', `${what}; say --map ${example}: columns=${first.join('|')}`)
}

// Binance publishes, without a header (spot always, futures until 2022):
//
//   trades     id, price, qty, quoteQty, time, isBuyerMaker[, isBestMatch]
//   aggTrades  aggId, price, qty, firstId, lastId, time, isBuyerMaker[, isBestMatch]
function binanceDump(first: readonly string[]): CsvLayout | undefined {
  const maker = first.findIndex((field) => BOOLEAN.test(field))
  const known = maker === 5 || maker === 6
  const rest = first.length - maker - 1
  if (!known || rest > 1 || !first.slice(0, maker).every(isNumeric)) return undefined
  return {
    timestamp: maker - 1,
    price: 1,
    volume: 2,
    side: maker,
    sideIsBuyerMaker: true,
    id: 0,
    symbol: -1,
    exchange: -1,
    receivedAt: -1,
    columns: first.length,
    header: false,
  }
}
