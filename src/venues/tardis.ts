// tardis-dev: normalized trades.
import { types } from 'node:util'
import { Refusal } from '../model/refusal.js'
import type { Pair } from '../pair.js'
import { type AdapterOptions, adapterOptions } from './adapter-options.js'
import { converted } from './convert.js'
import { givenId, givenPair } from './given-id.js'
import { pairMarket } from './market-kind.js'
import { parsedMessage } from './message-form.js'
import { type MessageTime, messageTime, numberFrom } from './message-numbers.js'
import { offer, readSide, refuse } from './offered.js'

/** A Date of tardis-dev carries the µs beside its ms. */
type TardisTime = (Date & { readonly μs?: number }) | string

/** A normalized trade: price and amount as the venue gives them, times as Date or ISO text. */
export interface TardisTrade {
  readonly type?: string
  /** In tardis-dev's names: 'deribit', 'binance-delivery'. */
  readonly exchange?: string | undefined
  readonly id?: string | undefined
  readonly price: number
  readonly amount: number
  readonly side: 'buy' | 'sell' | 'unknown'
  readonly timestamp: TardisTime
  readonly localTimestamp?: TardisTime | undefined
}

/**
 * One normalized trade, parsed or as tardis-machine sends it (text, bytes, a MessageEvent); 0 for a
 * message of another type. Amounts are the venue's, contracts on most derivatives: they come into
 * the pair's unit by its options. Throws BAD_OPTION for options it does not know.
 */
export function fromTardis(
  pair: Pair,
  given: TardisTrade | string | ArrayBufferLike | ArrayBufferView,
  options?: AdapterOptions,
): number {
  givenPair(pair)
  const asked = adapterOptions(options)
  const message = parsedMessage(given ?? {}) as TardisTrade | undefined
  if (message === undefined) return refuse(pair, Refusal.BadMessage, 'no JSON', given)
  const { type, exchange } = message
  if (type !== undefined && type !== 'trade') return 0
  if (pairMarket(pair, textOf(exchange)).quanto && pair.options.volumeUnit !== 'contracts') {
    return refuse(pair, Refusal.VolumeUnit, `${pair.key.symbol} is a quanto contract`, message)
  }
  const told = {
    price: numberFrom(message.price),
    amount: numberFrom(message.amount),
    cost: Number.NaN,
    base: Number.NaN,
    exchange: textOf(exchange),
  }
  const { price, volume } = converted(pair, told, message)
  const { localTimestamp } = message
  const offered = {
    time: timeOf(message.timestamp),
    price,
    volume,
    side: readSide(message.side, asked),
    id: givenId(pair.options, message.id),
    receivedAt: localTimestamp === undefined ? 0 : timeOf(localTimestamp).us,
    message,
  }
  return offer(pair, offered, asked)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function timeOf(time: unknown): MessageTime {
  const read = messageTime(time)
  const { μs } = (types.isDate(time) ? time : {}) as { readonly μs?: unknown }
  return typeof μs === 'number' ? { us: read.us + μs, unit: 'us' } : read
}
