// The handle of one pair, on the thread that opened the engine. trade() is the hot path: checks
// that cost nothing, one slot, no allocation, no promise.
import { IdTaker } from './ingest/id-taker.js'
import { areNumbers, isExactId, refusedNumbers } from './ingest/trade-check.js'
import { type BatchReceipt, type TradeColumns, tradeColumns } from './ingest/trade-columns.js'
import type { Candle } from './model/candle.js'
import { candleOf } from './model/candle-object.js'
import { CANDLE_TRADES, CANDLE_WORDS } from './model/candle-words.js'
import type { EngineEvents } from './model/event.js'
import type { Flow } from './model/flow.js'
import { flowOf } from './model/flow-object.js'
import { flowWords } from './model/flow-record.js'
import { functionOf, objectOf } from './model/given.js'
import { INTERVALS, type Interval, levelOf } from './model/interval.js'
import type { PairKey } from './model/pair-key.js'
import { Refusal } from './model/refusal.js'
import type { Side } from './model/side.js'
import { countRefusal, PairAccount, type PairTeller } from './pair-account.js'
import type { ResolvedPairOptions, TradeId, TradeIds } from './pair-options.js'
import {
  FLAG_NO_ID,
  FLAG_NO_TRADE,
  FLAG_TEXT_ID,
  Kind,
  SIDE_SHIFT,
  tagOf,
} from './ring/ring-layout.js'
import type { RingWriter } from './ring/ring-writer.js'
import type { Snapshot } from './ring/snapshot.js'
import type { ShardLink } from './shard-link.js'

type Gate = Pick<ShardLink, 'refusing' | 'scheduled' | 'schedule'>

const INVERSE_TWO_32 = 2 ** -32
const TRADE_TAG = tagOf(Kind.Trade, 0, 0)
const NO_TRADE_TAG = TRADE_TAG | FLAG_NO_TRADE
const END_TAG = tagOf(Kind.End, 0, 0)

/** What a pair needs of its engine. */
export interface PairHost extends PairTeller {
  readonly windowNames: readonly string[]
  subscribe<K extends keyof EngineEvents>(
    event: K,
    listener: (e: EngineEvents[K]) => void,
  ): () => void
}

/** From now on trade() refuses: the pair's file cannot be used. For the engine alone. */
export let refusePair: (pair: Pair) => void
/**
 * The pair's input has ended: what is open is stored as it stands. False where the ring has no room
 * for saying so: try again when it is drained. For replays alone.
 */
export let endPair: (pair: Pair) => boolean

/** One exchange, market and symbol. Every method belongs to the thread that opened the engine. */
export class Pair<Ids extends TradeIds = TradeIds> extends PairAccount {
  readonly key: PairKey
  readonly options: ResolvedPairOptions & { readonly tradeIds: Ids }
  readonly #id: number
  readonly #link: ShardLink
  // What trade() asks whether it may go on: the link, until the pair is refused.
  #gate: Gate
  readonly #writer: RingWriter
  readonly #snapshot: Snapshot
  readonly #host: PairHost
  readonly #ids = new IdTaker()
  readonly #texts = () => this.#link.texts.writer

  static {
    refusePair = (pair) => {
      pair.#gate = { refusing: Refusal.PairRefused, scheduled: true, schedule: () => undefined }
    }
    endPair = (pair) => pair.#endInput()
  }

  /** @internal Made by `engine.pair()`. */
  constructor(
    id: number,
    key: PairKey,
    options: ResolvedPairOptions,
    link: ShardLink,
    snapshot: Snapshot,
    host: PairHost,
  ) {
    super(id, key.name, link, host)
    this.#id = id
    this.key = key
    this.options = options as ResolvedPairOptions & { readonly tradeIds: Ids }
    this.#link = link
    this.#gate = link
    this.#writer = link.writer
    this.#snapshot = snapshot
    this.#host = host
  }

  /**
   * Takes one trade: times in µs since the epoch, price and volume in the pair's units, `side` the
   * taker's, `receivedAt` 0 where it is not known. `tradeId` is taken in any form a venue sends it
   * in: text on a pair of whole numbers is kept beside, empty text and the like is no id. Returns a
   * receipt (> 0, rising by pair), or a `Refusal` (< 0) and then nothing was received. Never waits,
   * never throws.
   */
  trade(
    timestamp: number,
    price: number,
    volume: number,
    side: Side,
    tradeId?: TradeId<Ids>,
    receivedAt = 0,
  ): number {
    this.offered++
    const gate = this.#gate
    // Short enough for V8 to build it into the caller's loop, where numbers need no boxes: what is
    // rare stands elsewhere.
    if (gate.refusing !== 0 || !areNumbers(timestamp, price, volume, receivedAt)) {
      return this.#refuseNumbers(timestamp, price, volume, receivedAt)
    }
    let tag = side === 1 || side === 2 ? TRADE_TAG | (side << SIDE_SHIFT) : TRADE_TAG
    let low = 0
    let high = 0
    if (typeof tradeId === 'number') {
      low = tradeId | 0
      high = (tradeId * INVERSE_TWO_32) | 0
      if (!isExactId(tradeId, low, high)) return this.#refuse(Refusal.IdNotExact, tradeId)
    } else if (tradeId === undefined) tag |= FLAG_NO_ID
    else return this.#tradeOther(tag, timestamp, price, volume, tradeId, receivedAt)
    if (!gate.scheduled) gate.schedule()
    const receipt = this.#writer.write(
      tag,
      this.#id,
      Math.floor(timestamp),
      price,
      volume,
      low,
      high,
      Math.floor(receivedAt),
    )
    return receipt === 0 ? this.#refuse(Refusal.RingFull, price) : receipt
  }

  /**
   * Takes an id that is of no trade: of one made off the venue's book, or of nothing. The id is
   * known then, and not missing; nothing else comes of it but a count. Receipt and refusals as of
   * `trade()`. Never waits, never throws.
   */
  noTrade(timestamp: number, tradeId?: TradeId<Ids>, receivedAt = 0): number {
    this.offered++
    if (this.#gate.refusing !== 0 || !areNumbers(timestamp, 0, 0, receivedAt)) {
      return this.#refuseNumbers(timestamp, 0, 0, receivedAt)
    }
    if (tradeId !== undefined && typeof tradeId !== 'number') {
      return this.#tradeOther(NO_TRADE_TAG, timestamp, 0, 0, tradeId, receivedAt)
    }
    const id = (tradeId ?? 0) as number
    const [low, high] = [id | 0, (id * INVERSE_TWO_32) | 0]
    if (!isExactId(id, low, high)) return this.#refuse(Refusal.IdNotExact, tradeId)
    const tag = tradeId === undefined ? NO_TRADE_TAG | FLAG_NO_ID : NO_TRADE_TAG
    if (!this.#gate.scheduled) this.#gate.schedule()
    const [at, received] = [Math.floor(timestamp), Math.floor(receivedAt)]
    const receipt = this.#writer.write(tag, this.#id, at, 0, 0, low, high, received)
    return receipt === 0 ? this.#refuse(Refusal.RingFull, tradeId) : receipt
  }

  /**
   * Takes trades as columns, in order. Stops where the ring is full, and says how many rows were
   * taken: go on from there after `engine.drained()`. Throws BAD_ARGUMENT for uneven columns.
   */
  tradeBatch(columns: TradeColumns): BatchReceipt {
    return tradeColumns(columns, (...row) => this.trade(...row))
  }

  /**
   * The latest flow, synchronously from shared memory; undefined before the first trade. `into` is
   * reused where given.
   */
  flow(into?: Flow): Flow | undefined {
    const names = this.#host.windowNames
    const words = this.#snapshot.read(0, flowWords(names.length))
    if (words === undefined || words[0] === 0) return undefined
    return flowOf(this.name, words, 0, names, into === undefined ? into : reusable(into))
  }

  /** The open candle of an interval, the same way; undefined while none is open. */
  candle(interval: Interval): Candle | undefined {
    const level = levelOf(interval)
    const words = this.#snapshot.read(this.#snapshot.candleAt(level), CANDLE_WORDS)
    if (words === undefined || words[CANDLE_TRADES] === 0) return undefined
    return candleOf(this.name, interval, words)
  }

  /**
   * Whether what `receipt` stands for survives a crash; synchronous. Without an argument: the
   * highest such receipt.
   */
  durable(): number
  durable(receipt: number): boolean
  durable(receipt?: number): number | boolean {
    const through = this.#writer.durableThrough()
    // What is no receipt stands for nothing.
    return receipt === undefined ? through : typeof receipt === 'number' && receipt <= through
  }

  /**
   * Hears this pair's events; candles of one interval where it is named. Returns the way to stop.
   */
  on(event: 'candle', interval: Interval, listener: (candle: Candle) => void): () => void
  on<K extends keyof EngineEvents>(event: K, listener: (e: EngineEvents[K]) => void): () => void
  on(event: keyof EngineEvents, first: unknown, second?: unknown): () => void {
    const interval = typeof first === 'string' ? INTERVALS[levelOf(first)] : undefined
    const given = (interval === undefined ? first : second) as (e: unknown) => void
    const listener = functionOf('listener', given)
    return this.#host.subscribe(event, (e: { pair?: string; interval?: string }) => {
      if (e.pair !== this.name) return
      if (interval === undefined || e.interval === interval) listener(e)
    })
  }

  // The same with an id that is no float64.
  #tradeOther(
    tag: number,
    timestamp: number,
    price: number,
    volume: number,
    tradeId: unknown,
    receivedAt: number,
  ): number {
    const flags = this.#ids.take(tradeId, this.options.tradeIds, this.#texts)
    if (flags < 0) return this.#refuse(flags, tradeId)
    if (!this.#gate.scheduled) this.#gate.schedule()
    const [at, received] = [Math.floor(timestamp), Math.floor(receivedAt)]
    const { low, high } = this.#ids
    const receipt = this.#writer.write(
      tag | flags,
      this.#id,
      at,
      price,
      volume,
      low,
      high,
      received,
    )
    if (receipt !== 0) return receipt
    if ((flags & FLAG_TEXT_ID) !== 0) this.#link.texts.writer.takeBack()
    return this.#refuse(Refusal.RingFull, price)
  }

  #endInput(): boolean {
    if (this.#gate.refusing !== 0) return true
    if (!this.#gate.scheduled) this.#gate.schedule()
    return this.#writer.write(END_TAG, this.#id, 0, 0, 0, 0, 0, 0) !== 0
  }

  #refuseNumbers(timestamp: number, price: number, volume: number, receivedAt: number): number {
    const { refusing } = this.#gate
    if (refusing !== 0) return this.#refuse(refusing, price)
    const { refusal, value } = refusedNumbers(timestamp, price, volume, receivedAt)
    return this.#refuse(refusal, value)
  }

  #refuse(refusal: number, value: unknown): number {
    return countRefusal(this, refusal, value)
  }
}

// What flow() has given, or made like it.
function reusable(into: Flow): Flow {
  objectOf('into.windows', objectOf('into', into).windows)
  return into
}
