// Ticks on their way into DuckDB, as columns: one private buffer laid out the way a chunk wants it,
// so that handing it over is one memory copy a column.
//
//   | timestamp | price | volume | trade_id | received_at | seq |   8 bytes × rows each
//   | side |                                                        1 byte × rows
import { CHUNK_ROWS } from '../limits.js'
import type { StoredTick } from '../model/answer.js'
import { SIDE_NAMES } from '../model/side.js'
import { NO_ID_HIGH, type TradePlace } from '../model/trade-order.js'

const FIRST_ROWS = 64
const TWO_32 = 2 ** 32
const INVERSE_TWO_32 = 2 ** -32
const WIDE_COLUMNS = 6

export class TickColumns {
  rows = 0
  #capacity: number
  #buffer: ArrayBuffer
  #words: Float64Array
  #halves: Int32Array
  #sides: Uint8Array
  /** One bit a row, 0 = NULL; looked at only where `nullIds` or `nullReceived` is set. */
  readonly idValidity = new Uint8Array(CHUNK_ROWS / 8).fill(255)
  readonly receivedValidity = new Uint8Array(CHUNK_ROWS / 8).fill(255)
  nullIds = false
  nullReceived = false
  /** In place of the id column, where ids are text. */
  texts: (string | undefined)[] | undefined
  /** Ids that are text among ids that are numbers, by row. */
  beside: Map<number, string> | undefined

  /** `capacity`: rows to have room for at once, for a pair that is known to be busy. */
  constructor(capacity = FIRST_ROWS) {
    this.#capacity = capacity
    this.#buffer = new ArrayBuffer(capacity * (WIDE_COLUMNS * 8 + 1))
    this.#words = new Float64Array(this.#buffer, 0, capacity * WIDE_COLUMNS)
    this.#halves = new Int32Array(this.#buffer, 0, capacity * WIDE_COLUMNS * 2)
    this.#sides = new Uint8Array(this.#buffer, capacity * WIDE_COLUMNS * 8)
  }

  get buffer(): ArrayBuffer {
    return this.#buffer
  }
  get full(): boolean {
    return this.rows === CHUNK_ROWS
  }
  /**
   * Byte offset of a wide column: 0 timestamp, 1 price, 2 volume, 3 id, 4 received, 5 seq; 6 =
   * side.
   */
  offset(column: number): number {
    return column * 8 * this.#capacity
  }

  /** The text id of the row that is pushed next. */
  setText(text: string | undefined): void {
    this.texts ??= []
    this.texts[this.rows] = text
  }

  /** The same on a pair whose ids are numbers. */
  setBeside(text: string): void {
    this.beside ??= new Map()
    this.beside.set(this.rows, text)
  }

  /**
   * Takes a trade from its five words at `from`, halves being the same memory: timestamp, price,
   * volume, id, received at. Handed over one by one, each number would be put into a box.
   */
  push(
    words: Float64Array,
    wordHalves: Int32Array,
    from: number,
    side: number,
    hasId: boolean,
    seq: number,
  ): void {
    const row = this.rows
    if (row === this.#capacity) this.#grow()
    const capacity = this.#capacity
    const halves = this.#halves
    const timestamp = words[from]
    const high = Math.floor(timestamp * INVERSE_TWO_32)
    halves[row * 2] = timestamp - high * TWO_32
    halves[row * 2 + 1] = high
    // −0 is 0.
    this.#words[capacity + row] = words[from + 1] + 0
    this.#words[2 * capacity + row] = words[from + 2]
    const id = (3 * capacity + row) * 2
    halves[id] = wordHalves[(from + 3) * 2]
    halves[id + 1] = wordHalves[(from + 3) * 2 + 1]
    if (!hasId) {
      this.nullIds = true
      this.idValidity[row >> 3] &= ~(1 << (row & 7))
    }
    const received = (4 * capacity + row) * 2
    const receivedAt = words[from + 4]
    if (receivedAt > 0) {
      const receivedHigh = Math.floor(receivedAt * INVERSE_TWO_32)
      halves[received] = receivedAt - receivedHigh * TWO_32
      halves[received + 1] = receivedHigh
    } else {
      this.nullReceived = true
      this.receivedValidity[row >> 3] &= ~(1 << (row & 7))
    }
    const seqHigh = Math.floor(seq * INVERSE_TWO_32)
    const at = (5 * capacity + row) * 2
    halves[at] = seq - seqHigh * TWO_32
    halves[at + 1] = seqHigh
    this.#sides[row] = side
    this.rows = row + 1
  }

  timestampAt(row: number): number {
    return this.#integerAt(0, row)
  }
  seqAt(row: number): number {
    return this.#integerAt(5, row)
  }
  priceAt(row: number): number {
    return this.#words[this.#capacity + row]
  }
  volumeAt(row: number): number {
    return this.#words[2 * this.#capacity + row]
  }
  /** As in `Side`. */
  sideAt(row: number): number {
    return this.#sides[row]
  }

  /** A row as it will be read. */
  tickAt(row: number): StoredTick {
    const receivedAt = this.#integerAt(4, row)
    return {
      timestamp: this.#integerAt(0, row),
      price: this.priceAt(row),
      volume: this.volumeAt(row),
      side: SIDE_NAMES[this.#sides[row]],
      tradeId: this.#idAt(row),
      receivedAt: receivedAt > 0 ? receivedAt : undefined,
      seq: this.seqAt(row),
    }
  }

  /** A row's place among others; `byId`: where its id counts. */
  placeAt(row: number, byId: boolean): TradePlace {
    const [timestamp, seq] = [this.#integerAt(0, row), this.#integerAt(5, row)]
    const id = byId ? this.halvesAt(row) : undefined
    if (id === undefined) return { timestamp, idHigh: NO_ID_HIGH, idLow: 0, seq }
    return { timestamp, idHigh: id.hi, idLow: id.lo, seq }
  }

  /** The id of a row where it is text. */
  textAt(row: number): string | undefined {
    return this.texts === undefined ? this.beside?.get(row) : this.texts[row]
  }

  /** The halves of the id of a row where it is a number. */
  halvesAt(row: number): { readonly hi: number; readonly lo: number } | undefined {
    if (this.texts !== undefined) return undefined
    if (this.nullIds && (this.idValidity[row >> 3] & (1 << (row & 7))) === 0) return undefined
    const at = (3 * this.#capacity + row) * 2
    return { hi: this.#halves[at + 1], lo: this.#halves[at] >>> 0 }
  }

  #idAt(row: number): number | string | undefined {
    const id = this.halvesAt(row)
    if (id === undefined) return this.textAt(row)
    const exact = id.hi * TWO_32 + id.lo
    if (Number.isSafeInteger(exact)) return exact
    return String((BigInt(id.hi) << 32n) | BigInt(id.lo))
  }

  // What stands there of a NULL is left from before.
  #integerAt(column: number, row: number): number {
    if (column === 4 && this.nullReceived) {
      if ((this.receivedValidity[row >> 3] & (1 << (row & 7))) === 0) return 0
    }
    const at = (column * this.#capacity + row) * 2
    return this.#halves[at + 1] * TWO_32 + (this.#halves[at] >>> 0)
  }

  clear(): void {
    this.rows = 0
    if (this.nullIds) this.idValidity.fill(255)
    if (this.nullReceived) this.receivedValidity.fill(255)
    this.nullIds = false
    this.nullReceived = false
    // The next pair's ids may be numbers.
    this.texts = undefined
    this.beside = undefined
  }

  #grow(): void {
    const old = this.#capacity
    const capacity = Math.min(CHUNK_ROWS, old * 4)
    const buffer = new ArrayBuffer(capacity * (WIDE_COLUMNS * 8 + 1))
    const words = new Float64Array(buffer, 0, capacity * WIDE_COLUMNS)
    for (let column = 0; column < WIDE_COLUMNS; column++) {
      words.set(this.#words.subarray(column * old, column * old + this.rows), column * capacity)
    }
    const sides = new Uint8Array(buffer, capacity * WIDE_COLUMNS * 8)
    sides.set(this.#sides.subarray(0, this.rows))
    this.#capacity = capacity
    this.#buffer = buffer
    this.#words = words
    this.#halves = new Int32Array(buffer, 0, capacity * WIDE_COLUMNS * 2)
    this.#sides = sides
  }
}
