// ccxt and ccxt.pro: unified trades.
import { Refusal } from '../model/refusal.js'
import type { Pair } from '../pair.js'
import { type AdapterOptions, adapterOptions } from './adapter-options.js'
import { ccxtTime } from './ccxt-time.js'
import { converted } from './convert.js'
import { type AnyId, givenId, givenPair } from './given-id.js'
import { ccxtIdKind, checkKind } from './id-kind.js'
import { pairMarket } from './market-kind.js'
import { numberFrom } from './message-numbers.js'
import { ccxtOffBook } from './off-book.js'
import { offer, readSide, refuse, warnOnce } from './offered.js'

type Maybe<T> = T | undefined | null
/** A number, or its text where `exchange.number = String`. */
type CcxtNumber = Maybe<number | string>

/** A ccxt Trade: times in ms, amounts of derivatives in what the venue counts. */
export interface CcxtTrade {
  /** The message as the venue sent it: flags, finer times and volumes are read from it. */
  readonly info?: unknown
  readonly id?: Maybe<string>
  readonly timestamp?: CcxtNumber
  readonly datetime?: Maybe<string>
  readonly side?: Maybe<string>
  readonly price?: CcxtNumber
  readonly amount?: CcxtNumber
  readonly cost?: CcxtNumber
}

type Info = Readonly<Record<string, unknown>>

/**
 * One unified trade; ms to µs, amounts to the pair's unit by what is known of the venue. Trades off
 * the book are passed over, their ids seen. Fields that are missing are refused by name; a missing
 * side is Side.Unknown. Returns a receipt or a refusal. Throws BAD_OPTION for options it does not
 * know.
 */
export function fromCcxt(pair: Pair, given: CcxtTrade, options?: AdapterOptions): number {
  givenPair(pair)
  const asked = adapterOptions(options)
  const trade = given ?? {}
  const info = infoOf(trade.info)
  const { exchange } = pair.key
  const mixed = checkKind(pair, ccxtIdKind(info), trade)
  if (mixed !== 0) return mixed
  const { line, quanto } = pairMarket(pair)
  if (quanto && pair.options.volumeUnit !== 'contracts') {
    return refuse(pair, Refusal.VolumeUnit, `${pair.key.symbol} is a quanto contract`, trade)
  }
  if (asked.sideOf === undefined && exchange === 'coinbase') warnOfMaker(pair)
  const told = {
    price: numberFrom(trade.price),
    amount: numberFrom(trade.amount),
    cost: numberFrom(trade.cost),
    base: line?.baseField === undefined ? Number.NaN : numberFrom(info[line.baseField]),
    exchange: undefined,
  }
  const { price, volume } = converted(pair, told, trade)
  const offered = {
    time: ccxtTime(exchange, trade, info),
    price,
    volume,
    side: readSide(trade.side, asked),
    id: givenId(pair.options, ownId(trade)),
    offBook: ccxtOffBook(exchange, info),
    message: trade,
  }
  return offer(pair, offered, asked)
}

function infoOf(info: unknown): Info {
  return typeof info === 'object' && info !== null ? (info as Info) : {}
}

// ccxt makes up ids where a venue has none (mexc), 'ms-side-amount-price-taker': they say what the
// trade says already, and two equal trades have one.
function ownId({ id, timestamp, side }: CcxtTrade): AnyId | null {
  if (typeof id !== 'string' || typeof side !== 'string' || !id.includes('-')) return id
  const made = typeof timestamp === 'number' || typeof timestamp === 'string'
  return made && id.startsWith(`${timestamp}-${side}-`) ? undefined : id
}

// ccxt turns the sides of coinbaseexchange round, and passes those of coinbase on.
function warnOfMaker(pair: Pair): void {
  warnOnce(
    pair,
    'MAKER_SIDE',
    `the side of Coinbase's trades is the maker's, as ccxt passes it on; buy and sell volume may be the wrong way round: say fromCcxt(pair, trade, { sideOf: 'maker' }), or 'taker' where you have turned it: pair=${pair.name}`,
  )
}
