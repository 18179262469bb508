// Binance's websocket: raw trade and aggTrade events, alone or in a combined stream.
import { functionOf } from '../model/given.js'
import { Refusal } from '../model/refusal.js'
import { Side } from '../model/side.js'
import type { Pair } from '../pair.js'
import { givenId, givenPair, tradeOf } from './given-id.js'

interface Event {
  readonly e?: unknown
  readonly s?: unknown
  readonly t?: unknown
  readonly a?: unknown
  readonly p?: unknown
  readonly q?: unknown
  readonly T?: unknown
  readonly m?: unknown
}

/**
 * One message, as text, bytes or parsed. Returns 0 where it is no trade (a bookTicker, an answer to
 * a subscription) or of a symbol that `pairOf` does not know. A trade event that lacks something is
 * refused. Take either `trade` or `aggTrade` for a pair: they tell the same trades with other ids.
 */
export function fromBinance(
  pairOf: (symbol: string) => Pair | undefined,
  message: string | Uint8Array | object,
): number {
  const event = eventOf(message)
  if (event === undefined) return Refusal.BadMessage
  if ((event.e !== 'trade' && event.e !== 'aggTrade') || typeof event.s !== 'string') return 0
  const known = functionOf('pairOf', pairOf)(event.s)
  if (known === undefined) return 0
  const pair = givenPair(known)
  const { p, q, T, m } = event
  const side = m === true ? Side.Sell : m === false ? Side.Buy : Side.Unknown
  const id = (event.e === 'trade' ? event.t : event.a) as number | undefined
  const us = typeof T === 'number' ? T * 1000 : Number.NaN
  return tradeOf(pair)(us, decimalOf(p), decimalOf(q), side, givenId(pair.options, id))
}

function eventOf(message: string | Uint8Array | object): Event | undefined {
  let parsed: unknown = message
  if (typeof message === 'string' || message instanceof Uint8Array) {
    try {
      const text = typeof message === 'string' ? message : Buffer.from(message).toString()
      parsed = JSON.parse(text)
    } catch {
      return undefined
    }
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { data } = parsed as { data?: unknown }
  return (typeof data === 'object' && data !== null ? data : parsed) as Event
}

// Prices and sizes are strings in these messages; anything else is not what we take it for.
function decimalOf(text: unknown): number {
  return typeof text === 'string' && text !== '' ? Number(text) : Number.NaN
}
