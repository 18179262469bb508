// CSV rows into a batch. The loop runs over bytes and numbers alone: no string, no object per row.
import { Side } from '../model/side.js'
import type { CsvLayout } from './csv-layout.js'
import { type CsvRow, makeRow, splitRow, trimField } from './csv-row.js'
import type { InstrumentTable } from './instrument-table.js'
import { parseDecimal, parseId, textOf } from './parse-number.js'
import { parseTimeUs } from './parse-time.js'
import { PlainRows } from './plain-rows.js'
import type { Tally } from './tally.js'
import { BATCH_ROWS, BIG_ID, TEXT_ID, type TradeBatch } from './trade-batch.js'

/** Reads a feed's lines into batches; both formats are one of these. */
export interface RowReader {
  /** Reads lines of bytes[from, end) until they or the batch run out; returns where it stopped. */
  read(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): number
}

/** What a reader of CSV knows of its file. */
export interface CsvFile {
  readonly layout: CsvLayout
  readonly delimiter: number
  /** A volume's sign is the side: negative = the taker sold. */
  readonly signed: boolean
}

/** More than an id can have, by a character. */
const MOST_ID_BYTES = 260
const NEWLINE = 10
const RETURN = 13

export class CsvReader implements RowReader {
  readonly #file: CsvFile
  readonly #instruments: InstrumentTable
  readonly #tally: Tally
  readonly #row: CsvRow = makeRow()
  readonly #used: Int32Array
  /** Reads the rows that are plain; undefined where none is. */
  readonly #plain: PlainRows | undefined
  #header: Uint8Array | undefined

  constructor(file: CsvFile, instruments: InstrumentTable, tally: Tally) {
    this.#file = file
    this.#instruments = instruments
    this.#tally = tally
    const l = file.layout
    const sideOf = l.sideIsBuyerMaker ? makerSide : namedSide
    this.#plain = PlainRows.of(l, file.delimiter, sideOf)
    this.#used = Int32Array.from(
      [l.timestamp, l.price, l.volume, l.side, l.id, l.symbol, l.exchange, l.receivedAt].filter(
        (column) => column >= 0,
      ),
    )
  }

  read(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): number {
    const { layout, delimiter } = this.#file
    const row = this.#row
    const tally = this.#tally
    let at = from
    while (at < end && batch.count < BATCH_ROWS) {
      at = this.#readPlain(bytes, at, end, batch)
      if (at === end || batch.count === BATCH_ROWS) break
      const line = at
      at = splitRow(bytes, at, delimiter, row)
      tally.lines++
      if (row.fields === 1 && isBlank(bytes, line)) continue
      if (layout.header && this.#header === undefined) {
        this.#header = bytes.slice(line, at)
      } else if (this.#hasRightShape(bytes) && this.#take(bytes, batch)) {
        tally.rows++
      } else if (!this.#isHeader(bytes, line, at)) tally.addBad()
    }
    return at
  }

  // Not before the header is known, which comes again where files were put together.
  #readPlain(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): number {
    const plain = this.#plain
    if (plain?.pays !== true || (this.#file.layout.header && this.#header === undefined)) {
      return from
    }
    const before = batch.count
    const at = plain.read(bytes, from, end, batch)
    const rows = batch.count - before
    if (rows === 0) return from
    // All of them are of one, that has no name.
    batch.instrument.fill(this.#instruments.indexOf(bytes, 0, 0, 0, 0), before, batch.count)
    this.#tally.lines += rows
    this.#tally.rows += rows
    return at
  }

  // A row with fields too many or too few is not to be trusted: its values may stand in the wrong
  // columns. One empty field at the end is a stray delimiter.
  #hasRightShape(bytes: Uint8Array): boolean {
    const row = this.#row
    const { columns } = this.#file.layout
    if (row.fields !== columns) {
      const stray = row.fields === columns + 1 && row.start[columns] === row.end[columns]
      if (!stray) return false
    }
    const used = this.#used
    for (let i = 0; i < used.length; i++) trimField(bytes, row, used[i])
    return true
  }

  #take(bytes: Uint8Array, batch: TradeBatch): boolean {
    const { layout, signed } = this.#file
    const { start, end } = this.#row
    const timestamp = parseTimeUs(bytes, start[layout.timestamp], end[layout.timestamp])
    const price = parseDecimal(bytes, start[layout.price], end[layout.price])
    let volume = parseDecimal(bytes, start[layout.volume], end[layout.volume])
    // NaN in any of them makes the sum NaN.
    if (Number.isNaN(timestamp + price + volume)) return false
    let side: Side = Side.Unknown
    if (layout.side >= 0) {
      const first = bytes[start[layout.side]]
      const length = end[layout.side] - start[layout.side]
      if (length > 0) side = layout.sideIsBuyerMaker ? makerSide(first) : namedSide(first)
    } else if (volume < 0) {
      side = Side.Sell
      volume = -volume
    } else if (signed) side = Side.Buy
    const at = batch.count
    batch.timestamp[at] = timestamp
    batch.price[at] = price
    batch.volume[at] = volume
    batch.side[at] = side
    batch.receivedAt[at] =
      layout.receivedAt < 0
        ? Number.NaN
        : parseTimeUs(bytes, start[layout.receivedAt], end[layout.receivedAt])
    this.#takeId(bytes, batch, at)
    const { exchange, symbol } = layout
    batch.instrument[at] = this.#instruments.indexOf(
      bytes,
      exchange < 0 ? 0 : start[exchange],
      exchange < 0 ? 0 : end[exchange],
      symbol < 0 ? 0 : start[symbol],
      symbol < 0 ? 0 : end[symbol],
    )
    batch.count = at + 1
    return true
  }

  #takeId(bytes: Uint8Array, batch: TradeBatch, at: number): void {
    const { id: column } = this.#file.layout
    batch.id[at] = Number.NaN
    if (column < 0) return
    const { start, end } = this.#row
    const id = parseId(bytes, start[column], end[column])
    if (typeof id === 'number') batch.id[at] = id
    else if (id !== undefined) {
      batch.id[at] = BIG_ID
      batch.bigIds.set(at, id)
    } else if (end[column] > start[column]) {
      this.#tally.textIds++
      batch.id[at] = TEXT_ID
      // No pair takes a longer one: it stays too long, and takes no more memory than that.
      const to = Math.min(end[column], start[column] + MOST_ID_BYTES)
      batch.textIds.set(at, textOf(bytes, start[column], to))
    }
  }

  // Files put together with `cat` repeat their header; that is no bad row.
  #isHeader(bytes: Uint8Array, from: number, to: number): boolean {
    const header = this.#header
    if (header === undefined || to - from !== header.length) return false
    for (let i = 0; i < header.length; i++) if (bytes[from + i] !== header[i]) return false
    return true
  }
}

function isBlank(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === NEWLINE || (bytes[from] === RETURN && bytes[from + 1] === NEWLINE)
}

// buy, Buy, BUY, b …; anything else is a side not known.
function namedSide(first: number): Side {
  const lower = first | 32
  return lower === 98 ? Side.Buy : lower === 115 ? Side.Sell : Side.Unknown
}

// The buyer was the maker: so the taker sold. true, True, t, 1 against false, False, f, 0.
function makerSide(first: number): Side {
  const lower = first | 32
  if (lower === 116 || first === 49) return Side.Sell
  return lower === 102 || first === 48 ? Side.Buy : Side.Unknown
}
