// The rows most dumps are made of, in one pass over their bytes: digits and a side, no quotes, no
// blanks, no signs. A row that holds anything else is left to the reader that knows it all, and
// gives the same of these.
import type { CsvFile } from './csv-reader.js'
import { parseTimeUs } from './parse-time.js'
import type { SideColumn } from './side-column.js'
import { BATCH_ROWS, type TradeBatch } from './trade-batch.js'

const ZERO = 48
const DOT = 46
const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const LARGEST_EXACT = Number.MAX_SAFE_INTEGER
/** So many digits fit an int32, which is summed several times as fast as a float64. */
const HALF_DIGITS = 9
const MOST_DIGITS = 16
const POWERS = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, i) => 10 ** i)
/** Rows that are not plain, beyond those that are, before no other is tried. */
const MOST_MISSES = 1000

const Role = { Unread: 0, Time: 1, Price: 2, Volume: 3, Id: 4, Side: 5 } as const

export class PlainRows {
  readonly #roles: Uint8Array
  readonly #delimiter: number
  readonly #sides: SideColumn
  // What the row at hand holds, by role.
  readonly #values = new Float64Array(6)
  #misses = 0

  private constructor(roles: Uint8Array, delimiter: number, sides: SideColumn) {
    this.#roles = roles
    this.#delimiter = delimiter
    this.#sides = sides
  }

  /** Undefined where rows of the file hold more than numbers and a side. */
  static of({ layout, delimiter, sides }: CsvFile): PlainRows | undefined {
    const { timestamp, price, volume, id, side, names } = layout
    if (layout.symbol >= 0 || layout.exchange >= 0 || layout.received >= 0) return undefined
    if (id < 0 || side < 0 || new Set([timestamp, price, volume, id, side]).size < 5) {
      return undefined
    }
    const roles = new Uint8Array(names.length)
    for (const [i, column] of [timestamp, price, volume, id, side].entries()) roles[column] = i + 1
    return new PlainRows(roles, delimiter, sides)
  }

  /** Whether it is worth trying. */
  get pays(): boolean {
    return this.#misses < MOST_MISSES
  }

  /**
   * Reads rows from `from` until one is not plain, has a time of another length than `timeLength`,
   * or bytes or batch run out; returns where it stopped. Whose they are is filled in by the caller.
   */
  read(
    bytes: Uint8Array,
    from: number,
    end: number,
    batch: TradeBatch,
    timeLength: number,
  ): number {
    const values = this.#values
    const sides = this.#sides
    let at = from
    let row = batch.count
    while (at < end && row < BATCH_ROWS) {
      const next = this.#readRow(bytes, at, timeLength)
      if (next < 0) {
        this.#misses++
        break
      }
      batch.timestamp[row] = values[Role.Time]
      batch.price[row] = values[Role.Price]
      batch.volume[row] = values[Role.Volume]
      batch.id[row] = values[Role.Id]
      const word = values[Role.Side]
      sides.counts[word]++
      sides.volumes[word] += values[Role.Volume]
      batch.word[row] = word
      batch.side[row] = sides.side[word]
      batch.receivedAt[row] = Number.NaN
      row++
      at = next
    }
    this.#misses = Math.max(0, this.#misses - (row - batch.count))
    batch.count = row
    return at
  }

  // Where the next row starts; -1 where this one is not plain.
  #readRow(bytes: Uint8Array, from: number, timeLength: number): number {
    const roles = this.#roles
    const delimiter = this.#delimiter
    const last = roles.length - 1
    let at = from
    for (let column = 0; column <= last; column++) {
      const role = roles[column]
      const first = bytes[at]
      if (role === Role.Price || role === Role.Volume || role === Role.Id) {
        at = this.#readNumber(bytes, at, role)
        if (at < 0) return -1
      } else {
        if (first === QUOTE || first === SPACE) return -1
        const start = at
        while (bytes[at] !== delimiter && bytes[at] !== NEWLINE) at++
        if (role === Role.Side) {
          const wordEnd = bytes[at - 1] === RETURN ? at - 1 : at
          if (wordEnd <= start || bytes[wordEnd - 1] <= QUOTE) return -1
          this.#values[role] = this.#sides.table.indexOf(bytes, start, wordEnd)
        } else if (role === Role.Time) {
          if (at - start !== timeLength) return -1
          const us = parseTimeUs(bytes, start, at)
          if (Number.isNaN(us)) return -1
          this.#values[role] = us
        }
      }
      if (column < last) {
        if (bytes[at] !== delimiter) return -1
        at++
      }
    }
    if (bytes[at] === RETURN) at++
    return bytes[at] === NEWLINE ? at + 1 : -1
  }

  // Behind the number at `from`, which `parseDecimal` and `parseId` read as the same; -1 where it
  // is none, or has too many digits.
  #readNumber(bytes: Uint8Array, from: number, role: number): number {
    let high = 0
    let low = 0
    let count = 0
    let dot = -1
    let at = from
    for (; ; at++) {
      const digit = bytes[at] - ZERO
      if (digit >= 0 && digit <= 9) {
        if (count === HALF_DIGITS) {
          high = low
          low = 0
        }
        low = (low * 10 + digit) | 0
        count++
        if (count > MOST_DIGITS) return -1
      } else if (bytes[at] === DOT && dot < 0 && role !== Role.Id) dot = count
      else break
    }
    if (count === 0) return -1
    const whole = count <= HALF_DIGITS ? low : high * POWERS[count - HALF_DIGITS] + low
    if (whole > LARGEST_EXACT) return -1
    // Both are exact, so that the quotient is the double nearest to the text.
    this.#values[role] = dot < 0 ? whole : whole / POWERS[count - dot]
    return at
  }
}
