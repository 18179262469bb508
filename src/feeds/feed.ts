// A file as an async iterable of trade batches, in bounded memory:
//
//   file | stdin → gunzip → blocks of whole lines → rows → batches of at most 2,048 trades
import { bare, EngineError } from '../errors.js'
import { type ColumnMap, csvLayout, MAPPED_COLUMNS, type MappedColumn } from './csv-layout.js'
import { type CsvFile, CsvReader, type RowReader } from './csv-reader.js'
import { makeRow, splitRow, trimField } from './csv-row.js'
import { InstrumentTable } from './instrument-table.js'
import { type LineBlock, lineBlocks } from './line-blocks.js'
import { parseDecimal, textOf } from './parse-number.js'
import { RawReader } from './raw-reader.js'
import { HEAD_BYTES, openSource } from './source.js'
import { Tally } from './tally.js'
import {
  BATCH_ROWS,
  clearBatch,
  type FeedInstrument,
  makeBatch,
  type TradeBatch,
} from './trade-batch.js'

export const FEED_FORMATS = ['auto', 'csv', 'tardis', 'binance-raw'] as const
export type FeedFormat = (typeof FEED_FORMATS)[number]

export interface FeedOptions {
  /** Default 'auto': told by the first line. */
  readonly format?: FeedFormat
  /** Which column holds what, where the usual names do not say. */
  readonly map?: ColumnMap
  /** Ends the feed early and quietly, as if the file ended there. */
  readonly signal?: AbortSignal
}

/** A file being read. Iterate it once; counters move while it is read. */
export interface Feed extends AsyncIterable<TradeBatch> {
  readonly path: string
  readonly tally: Tally
  /** Every exchange and symbol met so far. */
  readonly instruments: readonly FeedInstrument[]
  /** 'auto' until the first line has been read. */
  readonly format: FeedFormat
  /** Whether the file has trade ids; undefined until the first line has been read. */
  readonly hasIds: boolean | undefined
}

const RAW_LINE = /^\s*(\d+\s+)?\{/
const DELIMITERS = [44, 59, 9]
const BOM = [0xef, 0xbb, 0xbf]
const NEWLINE = 10
const RETURN = 13
const TARDIS_COLUMNS = ['exchange', 'symbol', 'timestamp', 'local_timestamp', 'price', 'amount']

/** The trades of a file ('-' is stdin). Throws BAD_FEED, when iterated, where it cannot be read. */
export function openFeed(path: string, options: FeedOptions = {}): Feed {
  return new FileFeed(path, options)
}

/** `timestamp=COL,price=COL` as a map; throws BAD_ARGUMENT for columns nobody knows. */
export function parseColumnMap(text: string): ColumnMap {
  const map: ColumnMap = {}
  for (const part of text.split(',')) {
    const [column, ...rest] = part.split('=')
    const name = column.trim() as MappedColumn
    const value = rest.join('=').trim()
    if (!MAPPED_COLUMNS.includes(name) || value === '') {
      throw new EngineError(
        'BAD_ARGUMENT',
        `map must be NAME=COLUMN,… with names of ${MAPPED_COLUMNS.join(', ')}: map=${text}`,
      )
    }
    map[name] = value
  }
  return map
}

class FileFeed implements Feed {
  readonly path: string
  readonly tally = new Tally()
  format: FeedFormat
  hasIds: boolean | undefined
  readonly #options: FeedOptions
  readonly #table = new InstrumentTable()

  constructor(path: string, options: FeedOptions) {
    this.path = path
    this.format = options.format ?? 'auto'
    if (!FEED_FORMATS.includes(this.format)) {
      const known = FEED_FORMATS.join(', ')
      throw new EngineError(
        'BAD_ARGUMENT',
        `format must be one of ${known}: format=${bare(this.format)}`,
      )
    }
    this.#options = options
  }

  get instruments(): readonly FeedInstrument[] {
    return this.#table.all
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TradeBatch> {
    const batch = makeBatch(this.#table.all)
    let reader: RowReader | undefined
    let first = true
    for await (const block of lineBlocks(openSource(this.path, this.tally, this.#options.signal))) {
      let at = 0
      if (reader === undefined) {
        at = first && BOM.every((byte, i) => block.bytes[i] === byte) ? BOM.length : 0
        first = false
        const line = firstLine(block, at)
        // Empty lines alone tell no format: the next block may.
        if (line < block.end) reader = this.#makeReader(block, line)
        else {
          this.tally.lines += newlines(block, at)
          continue
        }
      }
      while (at < block.end) {
        at = reader.read(block.bytes, at, block.end, batch)
        if (batch.count < BATCH_ROWS) continue
        yield batch
        clearBatch(batch)
      }
    }
    if (batch.count > 0) yield batch
  }

  #makeReader(block: LineBlock, line: number): RowReader {
    const sample = textOf(block.bytes, line, Math.min(block.end, line + 64))
    if (this.format === 'auto' && RAW_LINE.test(sample)) this.format = 'binance-raw'
    if (this.format === 'binance-raw') {
      this.hasIds = true
      return new RawReader(this.#table, this.tally)
    }
    const file = this.#csvFile(block, line)
    this.hasIds = file.layout.id >= 0
    return new CsvReader(file, this.#table, this.tally)
  }

  #csvFile(block: LineBlock, from: number): CsvFile {
    refuseLoneReturns(block.bytes, from, this.path)
    const delimiter = commonDelimiter(block.bytes, from)
    const first = fieldsOf(block.bytes, from, delimiter)
    const tardis = TARDIS_COLUMNS.every((name) => first.includes(name))
    if (this.format === 'tardis' && !tardis) {
      const missing = TARDIS_COLUMNS.filter((name) => !first.includes(name))
      throw new EngineError(
        'BAD_FEED',
        `no tardis trades file: missing=${missing.join('|')} file=${this.path}`,
      )
    }
    if (this.format === 'auto') this.format = tardis ? 'tardis' : 'csv'
    const layout = csvLayout(first, this.#options.map)
    const signed = layout.side < 0 && hasNegative(block, from, delimiter, layout.volume)
    return { layout, delimiter, signed }
  }
}

// Where the first line that is not empty starts; the block's end where there is none.
function firstLine({ bytes, end }: LineBlock, from: number): number {
  let at = from
  while (at < end && (bytes[at] === NEWLINE || bytes[at] === RETURN)) at++
  return at
}

function newlines({ bytes, end }: LineBlock, from: number): number {
  let count = 0
  for (let at = from; at < end; at++) if (bytes[at] === NEWLINE) count++
  return count
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

function fieldsOf(bytes: Uint8Array, from: number, delimiter: number): string[] {
  const row = makeRow()
  splitRow(bytes, from, delimiter, row)
  const fields: string[] = []
  for (let i = 0; i < row.fields; i++) {
    trimField(bytes, row, i)
    fields.push(textOf(bytes, row.start[i], row.end[i]))
  }
  return fields
}

// Without a side column a volume can carry the side as its sign. Whether it does is told by the
// head of the file, the same bytes however they arrive, so that a replay never depends on chunks.
function hasNegative(block: LineBlock, from: number, delimiter: number, column: number): boolean {
  const row = makeRow()
  const end = Math.min(block.end, HEAD_BYTES)
  for (let at = from; at < end; ) {
    at = splitRow(block.bytes, at, delimiter, row)
    if (row.fields <= column) continue
    trimField(block.bytes, row, column)
    if (parseDecimal(block.bytes, row.start[column], row.end[column]) < 0) return true
  }
  return false
}
