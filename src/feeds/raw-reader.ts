// Raw capture lines, `<local_ns> <json>`, of Binance's combined streams. Only trades are parsed as
// JSON; what other streams say is passed over by a look at its bytes, because it is most of a
// capture.
import { Side } from '../model/side.js'
import type { RowReader } from './csv-reader.js'
import type { InstrumentTable } from './instrument-table.js'
import { parseDecimal, textOf } from './parse-number.js'
import { parseTimeUs } from './parse-time.js'
import type { Tally } from './tally.js'
import { BATCH_ROWS, type TradeBatch } from './trade-batch.js'

const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const OPEN = 123
const CLOSE = 125
const IS_TRADE = /"e"\s*:\s*"(trade|aggTrade)"/
/** The event's name stands near the front of a line, behind the stream's. */
const LOOK_BYTES = 160
const BINANCE = Buffer.from('binance')

interface RawTrade {
  readonly e: string
  readonly s: string
  readonly t?: number
  readonly a?: number
  readonly p: string
  readonly q: string
  readonly T: number
  readonly m: boolean
}

export class RawReader implements RowReader {
  readonly #instruments: InstrumentTable
  readonly #tally: Tally
  /**
   * The kind of event each instrument is read from: trade and aggTrade tell the same trades twice.
   */
  readonly #kinds: string[] = []

  constructor(instruments: InstrumentTable, tally: Tally) {
    this.#instruments = instruments
    this.#tally = tally
  }

  read(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): number {
    const tally = this.#tally
    let at = from
    while (at < end && batch.count < BATCH_ROWS) {
      const next = bytes.indexOf(NEWLINE, at) + 1
      const stop = bytes[next - 2] === RETURN ? next - 2 : next - 1
      tally.lines++
      if (stop > at) this.#line(bytes, at, stop, batch)
      at = next
    }
    return at
  }

  #line(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): void {
    let json = from
    while (json < end && bytes[json] >= 48 && bytes[json] <= 57) json++
    const stampEnd = json
    while (json < end && bytes[json] === SPACE) json++
    if (bytes[json] !== OPEN || bytes[end - 1] !== CLOSE) {
      this.#tally.addBad()
      return
    }
    const receivedAt = stampEnd === from ? Number.NaN : parseTimeUs(bytes, from, stampEnd)
    if (!IS_TRADE.test(textOf(bytes, json, Math.min(end, json + LOOK_BYTES)))) {
      this.#tally.skipped++
      return
    }
    const trade = parseTrade(textOf(bytes, json, end))
    if (trade === undefined || !this.#take(trade, receivedAt, batch)) this.#tally.addBad()
  }

  // False where the trade lacks something.
  #take(trade: RawTrade, receivedAt: number, batch: TradeBatch): boolean {
    const timestamp = timeOf(trade.T)
    const price = decimalOf(trade.p)
    const volume = decimalOf(trade.q)
    const id = trade.e === 'trade' ? trade.t : trade.a
    const usable = Number.isSafeInteger(id) && typeof trade.s === 'string' && trade.s !== ''
    if (!usable || Number.isNaN(timestamp + price + volume)) return false
    const name = Buffer.concat([BINANCE, Buffer.from(trade.s)])
    const instrument = this.#instruments.indexOf(
      name,
      0,
      BINANCE.length,
      BINANCE.length,
      name.length,
    )
    this.#kinds[instrument] ??= trade.e
    if (this.#kinds[instrument] !== trade.e) {
      this.#tally.skipped++
      return true
    }
    const at = batch.count++
    batch.timestamp[at] = timestamp
    batch.price[at] = price
    batch.volume[at] = volume
    // m: the buyer was the maker, so the taker sold.
    batch.side[at] = trade.m === true ? Side.Sell : trade.m === false ? Side.Buy : Side.Unknown
    batch.id[at] = id as number
    batch.receivedAt[at] = receivedAt
    batch.instrument[at] = instrument
    this.#tally.rows++
    return true
  }
}

function parseTrade(json: string): RawTrade | undefined {
  try {
    const message = JSON.parse(json) as { data?: RawTrade } & RawTrade
    return message.data ?? message
  } catch {
    return undefined
  }
}

// Prices and sizes are strings in these messages; anything else is not what we take it for.
function decimalOf(text: unknown): number {
  if (typeof text !== 'string') return Number.NaN
  const bytes = Buffer.from(text)
  return parseDecimal(bytes, 0, bytes.length)
}

function timeOf(time: unknown): number {
  if (!Number.isSafeInteger(time)) return Number.NaN
  const bytes = Buffer.from(String(time))
  return parseTimeUs(bytes, 0, bytes.length)
}
