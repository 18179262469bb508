// CSV rows into a batch. The loop runs over bytes and numbers alone: no string, no object per row.
import type { ReadingCounts } from '../model/reading-counts.js'
import type { TimeUnit } from '../model/time.js'
import type { CsvLayout } from './csv-layout.js'
import { type CsvRow, makeRow, splitRow, trimField } from './csv-row.js'
import { MAPPED_COLUMNS } from './formats/format.js'
import type { InstrumentTable } from './instrument-table.js'
import type { KindColumn } from './kind-column.js'
import { parseDecimal, parseId, textOf } from './parse-number.js'
import { parseTimeUs, timeUnitAt } from './parse-time.js'
import { PlainRows } from './plain-rows.js'
import { MINUS, PLUS, type SideColumn } from './side-column.js'
import type { Tally } from './tally.js'
import { BATCH_ROWS, BIG_ID, TEXT_ID, type TradeBatch } from './trade-batch.js'

/** Reads a feed's lines into batches; both formats are one of these. */
export interface RowReader {
  /** Reads lines of bytes[from, end) until they or the batch run out; returns where it stopped. */
  read(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): number
  /** What was counted so far, into the reading. */
  into(counts: ReadingCounts): void
}

/** What a reader of CSV knows of its file. */
export interface CsvFile {
  readonly layout: CsvLayout
  readonly delimiter: number
  readonly sides: SideColumn
  /** Undefined: every row is a trade. */
  readonly kinds: KindColumn | undefined
}

/** More than an id can have, by a character. */
const MOST_ID_BYTES = 260
const MOST_SAMPLE_BYTES = 160
const NEWLINE = 10
const RETURN = 13
const QUOTE = 34
const NO_BYTES = new Uint8Array(0)
/** A whole number that a spreadsheet made a decimal of. */
const WHOLE_DECIMAL = /^(\d{1,19})\.0+$/

export class CsvReader implements RowReader {
  readonly #file: CsvFile
  readonly #instruments: InstrumentTable
  readonly #tally: Tally
  readonly #counts: ReadingCounts
  readonly #row: CsvRow = makeRow()
  readonly #used: Int32Array
  readonly #columns: number
  readonly #named: boolean
  #only = -1
  /** Reads the rows that are plain; undefined where none is. */
  readonly #plain: PlainRows | undefined
  #header: Uint8Array | undefined
  #reason = ''
  // Rows since a time's length changed, which is when its unit can.
  #timeLength = -1
  #timeUnit: TimeUnit | 'iso' = 'ms'
  #timeRows = 0
  // Row of the batch up to which they are counted.
  #from = 0

  constructor(file: CsvFile, instruments: InstrumentTable, tally: Tally, counts: ReadingCounts) {
    this.#file = file
    this.#instruments = instruments
    this.#tally = tally
    this.#counts = counts
    const { layout } = file
    this.#columns = layout.names.length
    this.#named = layout.exchange >= 0 || layout.symbol >= 0
    const used = [...MAPPED_COLUMNS.map((column) => layout[column]), layout.kind]
    this.#used = Int32Array.from(new Set(used.filter((column) => column >= 0)))
    this.#plain = file.kinds === undefined ? PlainRows.of(file) : undefined
  }

  read(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): number {
    const { layout, delimiter, kinds } = this.#file
    const row = this.#row
    const tally = this.#tally
    let at = from
    this.#from = batch.count
    while (at < end && batch.count < BATCH_ROWS) {
      at = this.#readPlain(bytes, at, end, batch)
      if (at === end || batch.count === BATCH_ROWS) break
      const line = at
      at = splitRow(bytes, at, delimiter, row)
      tally.lines++
      if (row.fields === 1 && isBlank(bytes, line)) continue
      if (layout.header && this.#header === undefined) {
        this.#header = bytes.slice(line, at)
      } else if (!this.#hasRightShape(bytes)) {
        this.#refuse(bytes, line, at)
      } else if (kinds?.isOther(bytes, row) === true) {
        tally.skipped++
        this.#counts.skip(kinds.reason, textOf(bytes, line, sampleEnd(line, at)))
      } else if (this.#take(bytes, batch)) {
        tally.rows++
      } else this.#refuse(bytes, line, at)
    }
    this.#timeRows += batch.count - this.#from
    return at
  }

  into(counts: ReadingCounts): void {
    this.#file.sides.into(counts)
    if (this.#timeRows > 0) counts.time(this.#timeUnit, this.#timeRows)
    this.#timeRows = 0
  }

  // Not before the header is known, which comes again where files were put together.
  #readPlain(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): number {
    const plain = this.#plain
    if (plain?.pays !== true || (this.#file.layout.header && this.#header === undefined)) {
      return from
    }
    const before = batch.count
    const at = plain.read(bytes, from, end, batch, this.#timeLength)
    const rows = batch.count - before
    if (rows === 0) return from
    batch.instrument.fill(this.#onlyInstrument(), before, batch.count)
    this.#tally.lines += rows
    this.#tally.rows += rows
    return at
  }

  // A row with fields too many or too few is not to be trusted: its values may stand in the wrong
  // columns. One empty field at the end is a stray delimiter.
  #hasRightShape(bytes: Uint8Array): boolean {
    const row = this.#row
    const columns = this.#columns
    if (row.fields !== columns) {
      const stray = row.fields === columns + 1 && row.start[columns] === row.end[columns]
      if (!stray) {
        this.#reason = `it has ${row.fields < columns ? 'fewer' : 'more'} than ${columns} fields`
        return false
      }
    }
    const used = this.#used
    const { start, end } = row
    for (let i = 0; i < used.length; i++) {
      const column = used[i]
      // Blanks and quotes are rare, and below everything else that stands at a field's ends.
      if (bytes[start[column]] > QUOTE && bytes[end[column] - 1] > QUOTE) continue
      trimField(bytes, row, column)
    }
    return true
  }

  #take(bytes: Uint8Array, batch: TradeBatch): boolean {
    const { layout, sides } = this.#file
    const { start, end } = this.#row
    const timeFrom = start[layout.timestamp]
    const timeEnd = end[layout.timestamp]
    const timestamp = parseTimeUs(bytes, timeFrom, timeEnd)
    const price = parseDecimal(bytes, start[layout.price], end[layout.price])
    let volume = parseDecimal(bytes, start[layout.volume], end[layout.volume])
    // NaN in any of them makes the sum NaN.
    if (Number.isNaN(timestamp + price + volume)) {
      this.#reason = reasonOf(timestamp, price)
      return false
    }
    if (timeEnd - timeFrom !== this.#timeLength) {
      this.#meetTime(bytes, timeFrom, timeEnd, batch.count)
    }
    let word = PLUS
    if (layout.side >= 0) {
      word = sides.table.indexOf(bytes, start[layout.side], end[layout.side])
    } else if (volume < 0) {
      word = MINUS
      volume = -volume
      sides.meetMinus()
    }
    sides.counts[word]++
    sides.volumes[word] += volume
    const at = batch.count
    batch.timestamp[at] = timestamp
    batch.price[at] = price
    batch.volume[at] = volume
    batch.word[at] = word
    batch.side[at] = sides.side[word]
    batch.receivedAt[at] =
      layout.received < 0
        ? Number.NaN
        : parseTimeUs(bytes, start[layout.received], end[layout.received])
    this.#takeId(bytes, batch, at)
    batch.instrument[at] = this.#named ? this.#instrumentOf(bytes) : this.#onlyInstrument()
    batch.count = at + 1
    return true
  }

  // A file without such columns is all of one instrument.
  #onlyInstrument(): number {
    if (this.#only < 0) this.#only = this.#instruments.indexOf(NO_BYTES, 0, 0, 0, 0)
    return this.#only
  }

  #instrumentOf(bytes: Uint8Array): number {
    const { exchange, symbol } = this.#file.layout
    const { start, end } = this.#row
    return this.#instruments.indexOf(
      bytes,
      exchange < 0 ? 0 : start[exchange],
      exchange < 0 ? 0 : end[exchange],
      symbol < 0 ? 0 : start[symbol],
      symbol < 0 ? 0 : end[symbol],
    )
  }

  #meetTime(bytes: Uint8Array, start: number, end: number, at: number): void {
    this.#timeRows += at - this.#from
    this.#from = at
    if (this.#timeRows > 0) this.#counts.time(this.#timeUnit, this.#timeRows)
    this.#timeRows = 0
    this.#timeLength = end - start
    this.#timeUnit = timeUnitAt(bytes, start, end)
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
    } else if (end[column] > start[column]) this.#takeText(bytes, batch, at)
  }

  #takeText(bytes: Uint8Array, batch: TradeBatch, at: number): void {
    const { id: column } = this.#file.layout
    const { start, end } = this.#row
    // No pair takes a longer one: it stays too long, and takes no more memory than that.
    const to = Math.min(end[column], start[column] + MOST_ID_BYTES)
    const text = textOf(bytes, start[column], to)
    const whole = WHOLE_DECIMAL.exec(text)?.[1]
    if (whole !== undefined && Number.isSafeInteger(Number(whole))) {
      batch.id[at] = Number(whole)
      return
    }
    this.#tally.textIds++
    batch.id[at] = TEXT_ID
    batch.textIds.set(at, text)
  }

  // Files put together with `cat` repeat their header; that is no bad row.
  #refuse(bytes: Uint8Array, from: number, to: number): void {
    if (this.#isHeader(bytes, from, to)) return
    this.#tally.addBad()
    const end = sampleEnd(from, to)
    this.#counts.refuse(this.#reason, textOf(bytes, from, end).trimEnd())
  }

  #isHeader(bytes: Uint8Array, from: number, to: number): boolean {
    const header = this.#header
    if (header === undefined || to - from !== header.length) return false
    for (let i = 0; i < header.length; i++) if (bytes[from + i] !== header[i]) return false
    return true
  }
}

function sampleEnd(from: number, to: number): number {
  return Math.min(to, from + MOST_SAMPLE_BYTES)
}

function reasonOf(timestamp: number, price: number): string {
  if (Number.isNaN(timestamp)) return 'its time is none since 2000'
  return Number.isNaN(price) ? 'its price is no number' : 'its volume is no number'
}

function isBlank(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === NEWLINE || (bytes[from] === RETURN && bytes[from + 1] === NEWLINE)
}
