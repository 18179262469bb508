// The handle of one pair, on the thread that opened the engine. trade() is the hot path: checks
// that cost nothing, one slot, no allocation, no promise.
import { EngineError } from './errors.js'
import { IdTaker } from './ingest/id-taker.js'
import { areNumbers, isExactId, refusedNumbers } from './ingest/trade-check.js'
import type {
  CvdAnswer,
  ImbalanceAnswer,
  PairStats,
  StoredGap,
  StoredTick,
} from './model/answer.js'
import type { Candle } from './model/candle.js'
import { candleOf } from './model/candle-object.js'
import { CANDLE_TRADES, CANDLE_WORDS } from './model/candle-words.js'
import type { EngineEvents } from './model/event.js'
import type { Flow } from './model/flow.js'
import { flowOf } from './model/flow-object.js'
import { flowWords } from './model/flow-record.js'
import { INTERVALS, type Interval, levelOf } from './model/interval.js'
import type { PairKey } from './model/pair-key.js'
import { bounds, limitOf } from './model/range.js'
import { Refusal } from './model/refusal.js'
import type { Side } from './model/side.js'
import { durationUs, type Time, toMicros } from './model/time.js'
import type { ResolvedPairOptions, TradeId, TradeIds } from './pair-options.js'
import type { CandleRange, Question } from './post/message.js'
import { FLAG_NO_ID, FLAG_TEXT_ID, Kind, SIDE_SHIFT, tagOf } from './ring/ring-layout.js'
import type { RingWriter } from './ring/ring-writer.js'
import type { Snapshot } from './ring/snapshot.js'
import type { ShardLink } from './shard-link.js'

type Gate = Pick<ShardLink, 'refusing' | 'scheduled' | 'schedule'>

const INVERSE_TWO_32 = 2 ** -32
const TRADE_TAG = tagOf(Kind.Trade, 0, 0)

/** What a pair needs of its engine. */
export interface PairHost {
  readonly windowNames: readonly string[]
  refused(pair: string, refusal: number, value: unknown): void
  /** Throws UNKNOWN_PAIR where nothing was ever stored of the pair. */
  checkStored(pair: string): void
  subscribe<K extends keyof EngineEvents>(
    event: K,
    listener: (e: EngineEvents[K]) => void,
  ): () => void
}

/** From now on trade() refuses: the pair's file cannot be used. For the engine alone. */
export let refusePair: (pair: Pair) => void

/** One exchange, market and symbol. Every method belongs to the thread that opened the engine. */
export class Pair<Ids extends TradeIds = TradeIds> {
  /** `exchange:market:symbol`. */
  readonly name: string
  readonly key: PairKey
  readonly options: ResolvedPairOptions & { readonly tradeIds: Ids }
  /** Calls of trade() and the like; refused ones by code. */
  offered = 0
  readonly refusals = new Map<number, number>()
  readonly #id: number
  readonly #link: ShardLink
  // What trade() asks whether it may go on: the link, until the pair is refused.
  #gate: Gate
  readonly #writer: RingWriter
  readonly #snapshot: Snapshot
  readonly #host: PairHost
  readonly #ids = new IdTaker()

  static {
    refusePair = (pair) => {
      pair.#gate = { refusing: Refusal.PairRefused, scheduled: true, schedule: () => undefined }
    }
  }

  /** Calls that were refused, whatever for. */
  get refused(): number {
    let sum = 0
    for (const count of this.refusals.values()) sum += count
    return sum
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
    this.#id = id
    this.key = key
    this.name = key.name
    this.options = options as ResolvedPairOptions & { readonly tradeIds: Ids }
    this.#link = link
    this.#gate = link
    this.#writer = link.writer
    this.#snapshot = snapshot
    this.#host = host
  }

  /**
   * Takes one trade: times in µs since the epoch, price and volume in the pair's units, `side` the
   * taker's, `receivedAt` 0 where it is not known. Returns a receipt (> 0, rising by pair), or a
   * `Refusal` (< 0) and then nothing was received. Never waits, never throws.
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
    else {
      const flags = this.#ids.take(tradeId, this.options.tradeIds, this.#link.texts)
      if (flags < 0) return this.#refuse(flags, tradeId)
      tag |= flags
      low = this.#ids.low
      high = this.#ids.high
    }
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
    return receipt === 0 ? this.#refuseFull(tag, price) : receipt
  }

  /**
   * The latest flow, synchronously from shared memory; undefined before the first trade. `into` is
   * reused where given.
   */
  flow(into?: Flow): Flow | undefined {
    const names = this.#host.windowNames
    const words = this.#snapshot.read(0, flowWords(names.length))
    if (words === undefined || words[0] === 0) return undefined
    return flowOf(this.name, words, 0, names, into)
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
    return receipt === undefined ? through : receipt <= through
  }

  /** Resolves when the pair's stored state is loaded. */
  async ready(): Promise<void> {
    await this.#ask({ ask: 'ready' })
  }

  /** The newest tick stored, by (timestamp, seq). */
  async last(): Promise<StoredTick | undefined> {
    return this.#ask({ ask: 'last' })
  }

  /** Missing ranges of ids ('sequential' pairs): all, or only open or closed ones. */
  async gaps(only: { open?: boolean } = {}): Promise<StoredGap[]> {
    return this.#ask({ ask: 'gaps', ...(only.open === undefined ? {} : { open: only.open }) })
  }

  /** The newest ticks, ascending. `from` inclusive, `to` exclusive; default limit 1,000. */
  async recentTicks(range: { limit?: number; from?: Time; to?: Time } = {}): Promise<StoredTick[]> {
    return this.#ask({ ask: 'ticks', limit: limitOf(range.limit ?? 1000), ...bounds(range) })
  }

  /**
   * Candles of an interval, ascending, with CVD; `from` inclusive, `to` exclusive, `limit` the
   * newest.
   */
  async candles(interval: Interval, range: CandleRange = {}): Promise<Candle[]> {
    const { fill = 'none', includeOpen = false } = range
    if (!['none', 'previous', 'zero'].includes(fill)) {
      throw new EngineError('BAD_ARGUMENT', `fill must be none, previous or zero: fill=${fill}`)
    }
    return this.#ask({
      ask: 'candles',
      level: levelOf(interval),
      fill,
      includeOpen,
      ...bounds(range),
      ...(range.limit === undefined ? {} : { limit: limitOf(range.limit) }),
      ...(range.at === undefined ? {} : { at: toMicros(range.at, 'at') }),
    })
  }

  /**
   * Signed taker volume over a lookback that ends at the newest tick, or at `at`. Exact to the
   * tick.
   */
  async cvd(query: { lookback: string; at?: Time }): Promise<CvdAnswer> {
    const lookbackUs = durationUs(query.lookback, 'lookback')
    return this.#ask({
      ask: 'cvd',
      lookbackUs,
      ...(query.at === undefined ? {} : { at: toMicros(query.at, 'at') }),
    })
  }

  /**
   * Order-flow imbalance over a window that ends at the newest tick, or at `at`. Exact to the tick.
   */
  async imbalance(query: { window: string; at?: Time }): Promise<ImbalanceAnswer> {
    const windowUs = durationUs(query.window, 'window')
    return this.#ask({
      ask: 'imbalance',
      windowUs,
      ...(query.at === undefined ? {} : { at: toMicros(query.at, 'at') }),
    })
  }

  /** The pair's account and volumes of this session; exact at every settled moment. */
  async stats(): Promise<PairStats> {
    const session = await this.#ask<Omit<PairStats, 'offered' | 'refused'>>({ ask: 'stats' })
    return { ...session, offered: this.offered, refused: this.refused }
  }

  /**
   * Hears this pair's events; candles of one interval where it is named. Returns the way to stop.
   */
  on(event: 'candle', interval: Interval, listener: (candle: Candle) => void): () => void
  on<K extends keyof EngineEvents>(event: K, listener: (e: EngineEvents[K]) => void): () => void
  on(event: keyof EngineEvents, first: unknown, second?: unknown): () => void {
    const interval = typeof first === 'string' ? INTERVALS[levelOf(first)] : undefined
    const listener = (interval === undefined ? first : second) as (e: unknown) => void
    return this.#host.subscribe(event, (e: { pair?: string; interval?: string }) => {
      if (e.pair !== this.name) return
      if (interval === undefined || e.interval === interval) listener(e)
    })
  }

  async #ask<T>(question: Question): Promise<T> {
    const reads = ['ticks', 'candles', 'cvd', 'imbalance'].includes(question.ask)
    if (reads && this.offered === this.refused) this.#host.checkStored(this.name)
    return this.#link.ask({
      type: 'question',
      through: this.#writer.nextSequence - 1,
      pair: this.#id,
      question,
    })
  }

  #refuseFull(tag: number, price: number): number {
    if ((tag & FLAG_TEXT_ID) !== 0) this.#link.texts?.takeBack()
    return this.#refuse(Refusal.RingFull, price)
  }

  #refuseNumbers(timestamp: number, price: number, volume: number, receivedAt: number): number {
    const { refusing } = this.#gate
    if (refusing !== 0) return this.#refuse(refusing, price)
    const { refusal, value } = refusedNumbers(timestamp, price, volume, receivedAt)
    return this.#refuse(refusal, value)
  }

  #refuse(refusal: number, value: unknown): number {
    this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1)
    this.#host.refused(this.name, refusal, value)
    return refusal
  }
}
