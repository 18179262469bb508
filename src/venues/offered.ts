// The last step of every adapter: a trade is offered to its pair, or what is none is passed over,
// and the pair's reading counts what was made of it.
import { bare } from '../errors.js'
import type { ReadingCounts } from '../model/reading-counts.js'
import { REFUSAL_NAMES, Refusal } from '../model/refusal.js'
import { Side } from '../model/side.js'
import { otherSide, takerSideOf } from '../model/side-words.js'
import type { Pair } from '../pair.js'
import type { AdapterOptions } from './adapter-options.js'
import { type AnyId, noTradeOf, tradeOf } from './given-id.js'
import type { MessageTime } from './message-numbers.js'

/** A trade as an adapter has read it. */
export interface OfferedTrade {
  readonly time: MessageTime
  readonly price: number
  readonly volume: number
  readonly side: ReadSide
  readonly id: AnyId
  /** µs; undefined where the message has no such field. */
  readonly receivedAt?: number
  /** Why it is off the venue's book; undefined for a trade on it. */
  readonly offBook?: string | undefined
  /** What it was read from, for the samples. */
  readonly message: unknown
}

/** The word that stood for the side, and what it means; undefined: nobody knows it. */
export interface ReadSide {
  readonly word: string
  readonly side: Side | undefined
}

/**
 * What has been read for a pair. A stand-in for a pair, in a test of a strategy, may be trade() and
 * options alone: then nothing is counted.
 */
export function countsOf(pair: Pair): ReadingCounts | undefined {
  return pair.readingCounts as ReadingCounts | undefined
}

/** The taker's side of a word, turned round where it is the maker's. */
export function readSide(word: unknown, options: AdapterOptions): ReadSide {
  if (word !== undefined && word !== null && typeof word !== 'string') {
    return { word: `${typeof word} ${bare(word)}`, side: undefined }
  }
  const side = takerSideOf(word ?? '')
  if (options.sideOf !== 'maker' || side === undefined) return { word: word ?? '', side }
  return { word: word ?? '', side: otherSide(side) }
}

/** A receipt or refusal of the pair; an id seen where the trade is off the book. */
export function offer(pair: Pair, trade: OfferedTrade, options: AdapterOptions): number {
  const offBook = options.offBook === 'trade' ? undefined : trade.offBook
  const receipt = offBook === undefined ? offerTrade(pair, trade) : offerId(pair, trade)
  // A full ring is no fault of the message: it is counted when it is offered again.
  if (receipt === Refusal.RingFull) return receipt
  const counts = countsOf(pair)
  const { time, message } = trade
  if (time.unit !== undefined) counts?.time(time.unit)
  if (offBook !== undefined) counts?.skip(`off the book: ${offBook}`, message)
  else if (receipt > 0) tellDoubts(pair, trade)
  else counts?.refuse(REFUSAL_NAMES[receipt] ?? 'refused', message)
  return receipt
}

function offerTrade(pair: Pair, trade: OfferedTrade): number {
  const { time, price, volume, side, id, receivedAt } = trade
  const taken = side.side ?? Side.Unknown
  return receivedAt === undefined
    ? tradeOf(pair)(time.us, price, volume, taken, id)
    : tradeOf(pair)(time.us, price, volume, taken, id, receivedAt)
}

function offerId(pair: Pair, { time, id, receivedAt }: OfferedTrade): number {
  return noTradeOf(pair)(time.us, id, receivedAt)
}

// A trade that was taken, and the numbers that may be wrong because of what it lacks.
function tellDoubts(pair: Pair, { side, volume, id, message }: OfferedTrade): void {
  const counts = countsOf(pair)
  counts?.side(side.word, side.side, volume)
  if (side.side === undefined) {
    const rest = 'its trades count as of unknown side'
    warnOnce(pair, 'SIDE_WORD', `nobody knows this word for a side; ${rest}: side=${side.word}`)
  } else if (side.word === '') {
    warnOnce(pair, 'NO_SIDE', 'trades come without a side; they count as of unknown side')
  }
  if (id !== undefined || pair.options.tradeIds === 'none') return
  counts?.note('no id: the same trade again cannot be told', message)
  warnOnce(pair, 'NO_ID', 'trades come without an id; the same trade again cannot be told')
}

/** Refuses by name what could not be offered; `value` is told with it where it says more. */
export function refuse(
  pair: Pair,
  refusal: Refusal,
  why: string,
  message: unknown,
  value = why,
): number {
  countsOf(pair)?.refuse(`${REFUSAL_NAMES[refusal]}: ${why}`, message)
  return typeof pair.refuse === 'function' ? pair.refuse(refusal, value) : refusal
}

const warned = new WeakMap<Pair, Set<string>>()

/** A number may be wrong: told once a pair and code, as a `fault` event. */
export function warnOnce(pair: Pair, code: string, message: string): void {
  let told = warned.get(pair)
  if (told === undefined) {
    told = new Set()
    warned.set(pair, told)
  }
  if (told.has(code)) return
  told.add(code)
  if (typeof pair.warn === 'function') pair.warn(code, message)
}
