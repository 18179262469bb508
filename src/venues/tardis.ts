// tardis-dev: normalized trades.
import { types } from 'node:util'
import { Side } from '../model/side.js'
import { microsOf } from '../model/time.js'
import type { Pair } from '../pair.js'
import { givenId, givenPair, tradeOf } from './given-id.js'

/** A Date of tardis-dev carries the µs beside its ms. */
type TardisTime = (Date & { readonly μs?: number }) | string

/** A normalized trade: price and amount as the venue gives them, times as Date or ISO text. */
export interface TardisTrade {
  readonly type?: string
  readonly id?: string | undefined
  readonly price: number
  readonly amount: number
  readonly side: 'buy' | 'sell' | 'unknown'
  readonly timestamp: TardisTime
  readonly localTimestamp?: TardisTime | undefined
}

/** One normalized trade; 0 for a message of another type. */
export function fromTardis(pair: Pair, message: TardisTrade): number {
  const { type, price, amount, side, timestamp, localTimestamp } = message ?? {}
  givenPair(pair)
  if (type !== undefined && type !== 'trade') return 0
  const taker = side === 'buy' ? Side.Buy : side === 'sell' ? Side.Sell : Side.Unknown
  const received = localTimestamp === undefined ? 0 : timeOf(localTimestamp)
  const id = givenId(pair.options, message?.id)
  return tradeOf(pair)(timeOf(timestamp), price, amount, taker, id, received)
}

function timeOf(time: TardisTime): number {
  const us = microsOf(time)
  return types.isDate(time) && typeof time.μs === 'number' ? us + time.μs : us
}
