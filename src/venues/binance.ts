// Binance's websocket: raw trade and aggTrade events, alone or in a combined stream.
import { bare } from '../errors.js'
import { functionOf } from '../model/given.js'
import { Refusal } from '../model/refusal.js'
import { Side } from '../model/side.js'
import type { Pair } from '../pair.js'
import { type AdapterOptions, adapterOptions } from './adapter-options.js'
import { converted } from './convert.js'
import { type AnyId, givenId, givenPair } from './given-id.js'
import { checkKind } from './id-kind.js'
import { pairMarket } from './market-kind.js'
import { parsedMessage } from './message-form.js'
import { messageTime } from './message-numbers.js'
import { binanceOffBook } from './off-book.js'
import { offer, type ReadSide, refuse } from './offered.js'

interface Event {
  readonly e?: unknown
  readonly s?: unknown
  readonly t?: unknown
  readonly a?: unknown
  readonly p?: unknown
  readonly q?: unknown
  readonly T?: unknown
  readonly m?: unknown
  readonly X?: unknown
}

const SELL: ReadSide = { word: 'm: true', side: Side.Sell }
const BUY: ReadSide = { word: 'm: false', side: Side.Buy }
const NO_SIDE: ReadSide = { word: '', side: Side.Unknown }

/** Symbols of COIN-M: contracts of a fixed amount of USD. */
const COIN_MARGINED = /USD_(?:PERP|\d{6})$/

/**
 * One message: text, bytes (a Buffer, an ArrayBuffer, a list of Buffers), a MessageEvent, or
 * parsed. Returns 0 where it is no trade (a bookTicker, an answer to a subscription) or of a symbol
 * that `pairOf` does not know. A trade event that lacks something is refused, and so is what cannot
 * be read (`Refusal.BadMessage`: a Blob, a list of trades). `trade` and `aggTrade` tell the same
 * trades with other ids: the second kind on a pair is refused. Trades off the book (`X`:
 * INSURANCE_FUND, ADL, NA) are passed over, their ids seen. Throws BAD_OPTION for options it does
 * not know.
 */
export function fromBinance(
  pairOf: (symbol: string) => Pair | undefined,
  message: string | ArrayBufferLike | ArrayBufferView | object,
  options?: AdapterOptions,
): number {
  const asked = adapterOptions(options)
  const event = eventOf(message)
  if (event === undefined) return Refusal.BadMessage
  if (!isTrade(event) || typeof event.s !== 'string') return 0
  const known = functionOf('pairOf', pairOf)(event.s)
  if (known === undefined) return 0
  const pair = givenPair(known)
  const raw = event.e === 'trade'
  const mixed = checkKind(pair, raw ? 'raw' : 'aggregated', event)
  if (mixed !== 0) return mixed
  if (event.s.includes('USD_') && COIN_MARGINED.test(event.s) && !takesContracts(pair)) {
    return refuse(pair, Refusal.VolumeUnit, `${event.s} is an inverse contract`, event)
  }
  const told = {
    price: decimalOf(event.p),
    amount: decimalOf(event.q),
    cost: Number.NaN,
    base: Number.NaN,
    exchange: 'binance',
  }
  const { price, volume } = converted(pair, told, event)
  const offered = {
    time: messageTime(event.T),
    price,
    volume,
    side: sideOf(event.m),
    id: givenId(pair.options, (raw ? event.t : event.a) as AnyId),
    offBook: binanceOffBook(event),
    message: event,
  }
  return offer(pair, offered, asked)
}

// A pair that counts contracts, or knows what one is worth.
function takesContracts(pair: Pair): boolean {
  return pair.options.volumeUnit === 'contracts' || pairMarket(pair, 'binance').kind === 'inverse'
}

// m: the buyer was the maker, so the taker sold.
function sideOf(m: unknown): ReadSide {
  if (m === true) return SELL
  if (m === false) return BUY
  return m === undefined ? NO_SIDE : { word: `m: ${bare(m)}`, side: undefined }
}

function eventOf(message: unknown): Event | undefined {
  const parsed = parsedMessage(message) as { data?: unknown } | undefined
  if (parsed === undefined) return undefined
  const { data } = parsed
  const inner = typeof data === 'object' && data !== null ? data : parsed
  // Streams of all symbols send lists; one receipt cannot stand for several trades.
  if (Array.isArray(inner)) return inner.some(isTrade) ? undefined : {}
  return inner as Event
}

function isTrade(event: Event | null): boolean {
  return event?.e === 'trade' || event?.e === 'aggTrade'
}

// Prices and sizes are strings in these messages; anything else is not what we take it for.
function decimalOf(text: unknown): number {
  return typeof text === 'string' && text !== '' ? Number(text) : Number.NaN
}
