// Raw capture lines, `<local_ns> <json>`, of Binance's combined streams. Only trades are parsed as
// JSON; what other streams say is passed over by a look at its bytes, because it is most of a
// capture.
import type { ReadingCounts } from '../model/reading-counts.js'
import { Side } from '../model/side.js'
import type { RowReader } from './csv-reader.js'
import type { InstrumentTable } from './instrument-table.js'
import { parseDecimal, parseId, textOf } from './parse-number.js'
import { parseTimeUs, timeUnitAt } from './parse-time.js'
import type { Tally } from './tally.js'
import { BATCH_ROWS, BIG_ID, TEXT_ID, type TradeBatch } from './trade-batch.js'

const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const OPEN = 123
const CLOSE = 125
const IS_TRADE = /"e"\s*:\s*"(trade|aggTrade)"/
const EVENT = /"e"\s*:\s*"([^"]{1,40})"/
/** The event's name stands near the front of a line, behind the stream's. */
const LOOK_BYTES = 160
const BINANCE = Buffer.from('binance')
/** `X` of a trade that stood in the book; futures name others INSURANCE_FUND, ADL and NA. */
const ON_THE_BOOK = 'MARKET'

interface RawTrade {
  readonly e: string
  readonly s: string
  readonly t?: unknown
  readonly a?: unknown
  readonly p: unknown
  readonly q: unknown
  readonly T: unknown
  readonly m: unknown
  readonly X?: unknown
}

export class RawReader implements RowReader {
  readonly #instruments: InstrumentTable
  readonly #tally: Tally
  readonly #counts: ReadingCounts
  /**
   * The kind of event each instrument is read from: trade and aggTrade tell the same trades twice.
   */
  readonly #kinds: string[] = []

  constructor(instruments: InstrumentTable, tally: Tally, counts: ReadingCounts) {
    this.#instruments = instruments
    this.#tally = tally
    this.#counts = counts
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

  into(): void {
    // Everything is counted as it is read.
  }

  #line(bytes: Uint8Array, from: number, end: number, batch: TradeBatch): void {
    let json = from
    while (json < end && bytes[json] >= 48 && bytes[json] <= 57) json++
    const stampEnd = json
    while (json < end && bytes[json] === SPACE) json++
    if (bytes[json] !== OPEN || bytes[end - 1] !== CLOSE) {
      this.#refuse('it is no whole line of JSON', bytes, from, end)
      return
    }
    const receivedAt = stampEnd === from ? Number.NaN : parseTimeUs(bytes, from, stampEnd)
    const look = textOf(bytes, json, Math.min(end, json + LOOK_BYTES))
    if (!IS_TRADE.test(look)) {
      this.#tally.skipped++
      const [, event = 'no event'] = EVENT.exec(look) ?? []
      this.#counts.skip(`other messages: ${event}`, look)
      return
    }
    const text = textOf(bytes, json, end)
    const trade = parseTrade(text)
    if (trade === undefined) this.#refuse('it is no whole line of JSON', bytes, from, end)
    else {
      const lacks = this.#take(trade, text, receivedAt, batch)
      if (lacks !== undefined) this.#refuse(lacks, bytes, from, end)
    }
  }

  #refuse(reason: string, bytes: Uint8Array, from: number, end: number): void {
    this.#tally.addBad()
    this.#counts.refuse(reason, textOf(bytes, from, Math.min(end, from + LOOK_BYTES)))
  }

  // What the trade lacks; undefined where it was taken, or passed over.
  #take(trade: RawTrade, text: string, receivedAt: number, batch: TradeBatch): string | undefined {
    const time = Buffer.from(String(trade.T))
    const timestamp = parseTimeUs(time, 0, time.length)
    const price = decimalOf(trade.p)
    const volume = decimalOf(trade.q)
    if (typeof trade.s !== 'string' || trade.s === '') return 'it names no symbol'
    if (Number.isNaN(timestamp)) return 'its time is none since 2000'
    if (Number.isNaN(price)) return 'its price is no number'
    if (Number.isNaN(volume)) return 'its volume is no number'
    const instrument = this.#instrumentOf(trade)
    this.#kinds[instrument] ??= trade.e
    if (this.#kinds[instrument] !== trade.e) {
      this.#tally.skipped++
      this.#counts.skip(`${trade.e} beside ${this.#kinds[instrument]}: the same trades again`, text)
      return undefined
    }
    const at = batch.count++
    batch.timestamp[at] = timestamp
    batch.price[at] = price
    batch.volume[at] = volume
    // m: the buyer was the maker, so the taker sold.
    const side = trade.m === true ? Side.Sell : trade.m === false ? Side.Buy : undefined
    batch.side[at] = side ?? Side.Unknown
    batch.noTrade[at] = 0
    batch.receivedAt[at] = receivedAt
    batch.instrument[at] = instrument
    takeId(trade, text, batch, at)
    this.#counts.time(timeUnitAt(time, 0, time.length))
    this.#tally.rows++
    if (trade.X !== undefined && trade.X !== ON_THE_BOOK) {
      batch.noTrade[at] = 1
      this.#counts.skip(`off the book: X is ${String(trade.X)}`, text)
    } else this.#counts.side(`m: ${String(trade.m)}`, side, volume)
    return undefined
  }

  // Trades of futures say whether they stood in the book, those of spot do not.
  #instrumentOf(trade: RawTrade): number {
    const name = Buffer.concat([BINANCE, Buffer.from(trade.s)])
    const { length } = BINANCE
    const instrument = this.#instruments.indexOf(name, 0, length, length, name.length)
    if (trade.X !== undefined) this.#instruments.setMarket(instrument, 'swap')
    return instrument
  }
}

// Digits of any length are read from the text: JSON.parse() rounds what is beyond 2^53.
function takeId(trade: RawTrade, text: string, batch: TradeBatch, at: number): void {
  const [field, id] = trade.e === 'trade' ? ['t', trade.t] : ['a', trade.a]
  batch.id[at] = Number.NaN
  if (id === undefined || id === null || id === '') return
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) {
    batch.id[at] = id
    return
  }
  const digits =
    typeof id === 'number' ? new RegExp(`"${field}"\\s*:\\s*(\\d+)`).exec(text)?.[1] : undefined
  const bytes = Buffer.from(digits ?? String(id))
  const parsed = parseId(bytes, 0, bytes.length)
  if (typeof parsed === 'number') batch.id[at] = parsed
  else if (parsed !== undefined) {
    batch.id[at] = BIG_ID
    batch.bigIds.set(at, parsed)
  } else {
    batch.id[at] = TEXT_ID
    batch.textIds.set(at, bytes.toString())
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
