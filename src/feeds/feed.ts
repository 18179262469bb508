// A file as an async iterable of trade batches, in bounded memory:
//
//   file | stdin → gunzip → blocks of whole lines → rows → batches of at most 2,048 trades
import { basename } from 'node:path'
import { bare, EngineError } from '../errors.js'
import type { FeedWarning, Reading } from '../model/reading.js'
import { openCsv } from './csv-file.js'
import type { ColumnMap } from './csv-layout.js'
import { CsvReader, type RowReader } from './csv-reader.js'
import { FileReading } from './file-reading.js'
import { FORMATS } from './formats/all.js'
import {
  type Contract,
  type DumpFormat,
  type FileHints,
  MAPPED_COLUMNS,
  type MappedColumn,
} from './formats/format.js'
import { InstrumentTable } from './instrument-table.js'
import { type LineBlock, lineBlocks } from './line-blocks.js'
import { textOf } from './parse-number.js'
import { RawReader } from './raw-reader.js'
import { checkedSideValues, type SideValues } from './side-meaning.js'
import { openSource } from './source.js'
import { Tally } from './tally.js'
import {
  BATCH_ROWS,
  clearBatch,
  type FeedInstrument,
  makeBatch,
  type TradeBatch,
} from './trade-batch.js'

/** 'auto', 'csv' (usual names alone), 'binance-raw', or a declared format's name. */
export type FeedFormat = string
export const FEED_FORMATS: readonly FeedFormat[] = [
  'auto',
  'csv',
  'binance-raw',
  ...FORMATS.map(({ name }) => name),
]

export interface FeedOptions {
  /** Default 'auto': told by the first lines. */
  readonly format?: FeedFormat
  /** Which column holds what, where neither format nor usual names say it. */
  readonly map?: ColumnMap
  /** Which values of the side column are buys and sells; `--sides buy=2,sell=1`. */
  readonly sides?: SideValues
  /** Whose side the column tells; default the taker's, or as the format declares it. */
  readonly sideOf?: 'taker' | 'maker'
  /** The pair its rows are meant for: 'binance:spot:BTC/USDT', 'bybit:swap:*'. */
  readonly pair?: string
  /** Nobody expects ids: their lack is no warning. */
  readonly withoutIds?: boolean
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
  /** The declared format, where it is one. */
  readonly declared: DumpFormat | undefined
  /** The symbol in the file's name, where the format has it there. */
  readonly symbol: string | undefined
  /** Whether the file has trade ids; undefined until the first line has been read. */
  readonly hasIds: boolean | undefined
  /** Looks again at the sides of rows that are held; then rows are given away. */
  settle(held: readonly TradeBatch[]): void
  /** What the volumes of a symbol are, as the format says; undefined where nothing does. */
  contractOf(instrument: FeedInstrument, symbol: string, market: string): Contract | undefined
  /** What was made of the file so far. */
  reading(): Reading
  /** The warnings so far; those of the reading. */
  warnings(): FeedWarning[]
  /** How the trades are numbered, and why that was taken. */
  setIds(mode: string, why: string): void
  /** What one unit of the volumes is, in words. */
  setVolumeUnit(unit: string): void
  /** Adds a warning of those who use the feed. */
  warn(warning: Omit<FeedWarning, 'file'>): void
}

const RAW_LINE = /^\s*(\d+\s+)?\{/
const BOM = [0xef, 0xbb, 0xbf]
const NEWLINE = 10
const RETURN = 13

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
  readonly #hints: FileHints
  readonly #table = new InstrumentTable()
  readonly #reading: FileReading

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
    const { sideOf, sides, pair } = options
    if (sideOf !== undefined && sideOf !== 'taker' && sideOf !== 'maker') {
      throw new EngineError('BAD_ARGUMENT', `sideOf must be taker or maker: sideOf=${bare(sideOf)}`)
    }
    if (sides !== undefined) checkedSideValues(sides)
    this.#options = options
    const [exchange, market] = (pair ?? '').split(':')
    this.#hints = {
      name: basename(path),
      exchange: exchange === '' ? undefined : exchange.toLowerCase(),
      market: market === '' ? undefined : market,
    }
    this.#reading = new FileReading(path, this.tally, this.#hints, options.withoutIds === true)
  }

  get instruments(): readonly FeedInstrument[] {
    return this.#table.all
  }

  get declared(): DumpFormat | undefined {
    return this.#reading.declared
  }

  get symbol(): string | undefined {
    return this.declared?.path?.exec(this.#hints.name)?.[1]
  }

  settle(held: readonly TradeBatch[]): void {
    this.#reading.settle(held)
  }

  contractOf(instrument: FeedInstrument, symbol: string, market: string): Contract | undefined {
    return this.#reading.contractOf(instrument, symbol, market)
  }

  reading(): Reading {
    return this.#reading.reading(this.format)
  }

  warnings(): FeedWarning[] {
    return this.#reading.warnings()
  }

  setIds(mode: string, why: string): void {
    this.#reading.setIds(mode, why)
  }

  setVolumeUnit(unit: string): void {
    this.#reading.counts.volumeUnit = unit
  }

  warn(warning: Omit<FeedWarning, 'file'>): void {
    this.#reading.warn(warning)
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
        this.#reading.observe(batch)
        yield batch
        clearBatch(batch)
      }
    }
    if (batch.count === 0) return
    this.#reading.observe(batch)
    yield batch
  }

  #makeReader(block: LineBlock, line: number): RowReader {
    const sample = textOf(block.bytes, line, Math.min(block.end, line + 64))
    if (this.format === 'auto' && RAW_LINE.test(sample)) this.format = 'binance-raw'
    const { counts } = this.#reading
    if (this.format === 'binance-raw') {
      this.hasIds = true
      const reader = new RawReader(this.#table, this.tally, counts)
      this.#reading.beginRaw(reader)
      return reader
    }
    const file = openCsv(block, line, this.path, this.#hints, {
      ...this.#options,
      format: this.format,
    })
    this.format = file.layout.formatName
    this.hasIds = file.layout.id >= 0
    const reader = new CsvReader(file, this.#table, this.tally, counts)
    this.#reading.begin(file, reader)
    return reader
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
