// The hot loop: journaled slots into the folds of their pairs. It never waits. When a slot needs
// something that is not in memory (its pair's file, an old hour's candles) it stops in front of
// that slot and says what it needs; the shard loads it and calls again.
import { invariant } from '../errors.js'
import { ROW_GROUP_ROWS } from '../limits.js'
import { Account } from '../model/account.js'
import type { Counts } from '../model/counts.js'
import { Side } from '../model/side.js'
import { TRADE_ID, TRADE_VOLUME, TRADE_WORDS } from '../model/trade-words.js'
import type { ResolvedOptions } from '../options.js'
import * as L from '../ring/ring-layout.js'
import type { ColumnPool } from '../store/column-pool.js'
import type { Outbox } from './outbox.js'
import type { Need } from './pair-loader.js'
import type { PairState } from './pair-state.js'
import { exactId, textId } from './slot-id.js'
import { completeTrade, readTrade } from './slot-trade.js'
import { countFate, Fate, followId, takeId } from './take-id.js'
import { tellLate, tellReject } from './telling.js'
import { isNoTrade, keepNoTrade, keepRejected, keepTooLate } from './unfit.js'

// What folding a slot comes to, where it is no hour to be loaded.
const FOLDED = -1
const NO_WHOLE_ID = L.FLAG_NO_ID | L.FLAG_TEXT_ID
const FULL = -2

export class Folder {
  need: Need | undefined
  /** It stopped behind the tick that made a pair's batch full, which is then stored as it is. */
  full = false
  /** A journal is read that may hold other shards' pairs. */
  recovering = true
  /** Pairs by the id that slots carry. */
  pairs: (PairState | undefined)[] = []
  /** The bytes that text ids of the run point into. */
  texts: Buffer = Buffer.alloc(0)
  /** Pairs that clock records reach. */
  members: Iterable<PairState> = []
  /** Pairs whose snapshot is behind. */
  readonly changed: PairState[] = []
  /** What became of the session's slots, each counted once, whatever is folded again. */
  readonly account: Account
  /** Sequence of the last slot that is counted. */
  countedThrough: number
  readonly #outbox: Outbox
  readonly #pool: ColumnPool
  readonly #epoch: number
  readonly #event: boolean
  readonly #maxFutureUs: number
  readonly #candlesKeptUs: number
  readonly #trade = new Float64Array(TRADE_WORDS)
  #wallUs = 0
  // Where the slots of the run at hand are counted.
  #counting: Account
  #totals: Counts

  /** `counted`: what a thread before this one had counted. */
  constructor(
    options: ResolvedOptions,
    epoch: number,
    outbox: Outbox,
    pool: ColumnPool,
    counted: { readonly account: Account; readonly through: number },
  ) {
    this.account = counted.account
    this.countedThrough = Math.max(counted.through, epoch - 1)
    this.#counting = this.account
    this.#totals = this.account.counts
    this.#outbox = outbox
    this.#pool = pool
    this.#epoch = epoch
    this.#event = options.clock === 'event'
    this.#maxFutureUs = options.maxFutureUs
    this.#candlesKeptUs = options.retentionUs[1]
  }

  /**
   * Folds slots `from` to `count` of a run whose first has `firstSeq`; returns where it stopped, so
   * as to be called again.
   */
  fold(
    words: Float64Array,
    halves: Int32Array,
    from: number,
    count: number,
    firstSeq: number,
  ): number {
    this.need = undefined
    this.full = false
    const uncounted = this.countedThrough + 1 - firstSeq
    const again = from < uncounted
    this.#counting = again ? new Account() : this.account
    this.#totals = this.#counting.counts
    const to = again ? Math.min(count, uncounted) : count
    const at = this.#foldRun(words, halves, from, to, firstSeq)
    if (!again) this.countedThrough = firstSeq + at - 1
    return at
  }

  #foldRun(
    words: Float64Array,
    halves: Int32Array,
    from: number,
    to: number,
    firstSeq: number,
  ): number {
    for (let i = from; i < to; i++) {
      const at = i * L.SLOT_WORDS
      const tag = halves[at * 2]
      const seq = firstSeq + i
      this.#outbox.slot = seq
      const kind = L.kindOf(tag)
      if (kind === L.Kind.Clock) {
        this.#foldClock(tag, seq, words[at + 1], words[at + 2])
        continue
      }
      const pair = this.pairs[halves[at * 2 + 1]]
      if (pair === undefined) {
        invariant(this.recovering, `a pair is declared before its first slot: seq=${seq}`)
        continue
      }
      if (pair.phase === 'refused') {
        if (kind === L.Kind.Trade) this.#countRejected(pair.counters)
        // Not stored, so that the journal keeps it for a session that can.
        if (seq > pair.storedSeq) pair.touch(seq)
        continue
      }
      if (pair.phase !== 'ready') {
        this.need = { pair, hour: -1 }
        return i
      }
      if (seq <= pair.storedSeq) continue
      if (kind === L.Kind.End) {
        pair.showOpen(seq)
        continue
      }
      const hour = this.#foldTrade(pair, words, halves, at, tag, seq)
      if (hour === FOLDED) continue
      if (hour !== FULL) {
        this.need = { pair, hour }
        return i
      }
      this.full = true
      return i + 1
    }
    return to
  }

  #foldTrade(
    pair: PairState,
    words: Float64Array,
    halves: Int32Array,
    at: number,
    tag: number,
    seq: number,
  ): number {
    const timestamp = words[at + L.WORD_TIMESTAMP]
    const price = words[at + L.WORD_PRICE]
    const volume = words[at + L.WORD_VOLUME]
    const limits = pair.options
    const clock = pair.clock
    const counters = seq < this.#epoch ? pair.recovered : pair.counters
    const isTrade =
      price >= pair.leastPrice &&
      price <= limits.maxPrice &&
      volume > 0 &&
      volume <= limits.maxVolume
    if (
      (!isTrade && !isNoTrade(pair, tag, price, volume)) ||
      (!this.#event && clock.isFuture(timestamp, this.#maxFutureUs, this.#wallUs))
    ) {
      this.#countRejected(counters)
      const text = this.#textOf(pair, halves, at, tag)
      keepRejected(pair, this.#outbox, words, halves, at, tag, seq, text)
      return FOLDED
    }
    const tooLate = timestamp < clock.estimate - this.#candlesKeptUs
    const hasId = (tag & L.FLAG_NO_ID) === 0 && limits.tradeIds !== 'none'
    if (!tooLate) {
      let hour = pair.rollup.needs(timestamp)
      if (hour < 0 && hasId) hour = pair.ids.needs(timestamp)
      if (hour >= 0) return hour
    }
    counters.received++
    this.#totals.received++
    pair.lastSeq = seq
    if (seq < pair.dirtyFrom) pair.touch(seq)
    const text = this.#textOf(pair, halves, at, tag)
    const trade = this.#trade
    readTrade(trade, words, at, seq)
    if (hasId) {
      trade[TRADE_ID] = text === undefined ? exactId(halves, at) : -1
      // What is older than the candles kept has no page that could tell whether it was seen.
      const fate = tooLate ? Fate.New : takeId(pair, trade, halves, at, text)
      if (fate !== Fate.New && !countFate(fate, counters, this.#totals)) return FOLDED
      if (followId(pair, trade)) {
        this.#count(counters, 'idResets')
        tellReject(pair, this.#outbox, timestamp, 'id_reset')
      }
    }
    if (!isTrade) {
      this.#count(counters, 'noTrades')
      keepNoTrade(pair, halves, at, hasId && !tooLate, timestamp, text)
      return FOLDED
    }
    if (tooLate) {
      this.#count(counters, 'tooLate')
      keepTooLate(pair, this.#outbox, words, halves, at, tag, seq, text)
      return FOLDED
    }
    return this.#store(pair, words, halves, at, tag, seq, counters, text)
  }

  // The id where it is text, or digits on a pair whose ids are text.
  #textOf(pair: PairState, halves: Int32Array, at: number, tag: number): string | undefined {
    if ((tag & L.FLAG_TEXT_ID) === 0 && !pair.textual) return undefined
    return textId(halves, at, tag, this.texts)
  }

  #store(
    pair: PairState,
    words: Float64Array,
    halves: Int32Array,
    at: number,
    tag: number,
    seq: number,
    counters: Counts,
    text: string | undefined,
  ): number {
    const timestamp = words[at + L.WORD_TIMESTAMP]
    const side = L.sideOfTag(tag) as Side
    if (pair.clock.tick(timestamp)) {
      pair.advance(this.#event ? timestamp : pair.clock.estimate, seq)
    } else if (timestamp < pair.rollup.watermark) {
      this.#count(counters, 'late')
      tellLate(pair, this.#outbox, timestamp, true)
    }
    const trade = this.#trade
    const byId = pair.ordersById && (tag & NO_WHOLE_ID) === 0
    completeTrade(trade, halves, at, byId, pair.scale)
    pair.rollup.add(trade, side)
    pair.flow.add(trade, side)
    pair.countVolume(trade, side)
    if (side === Side.Unknown) {
      this.#count(counters, 'unknownSide')
      this.#counting.addUnknown(trade[TRADE_VOLUME])
    }
    if (pair.firstTimestamp === 0 || timestamp < pair.firstTimestamp)
      pair.firstTimestamp = timestamp
    if (pair.textual) pair.current.setText(text)
    else if (text !== undefined) pair.setBeside(text)
    const hasId = (tag & L.FLAG_NO_ID) === 0 && (text === undefined || pair.textual)
    pair.current.push(words, halves, at + L.WORD_TIMESTAMP, side, hasId, seq)
    counters.stored++
    this.#totals.stored++
    pair.stagedRows++
    this.#show(pair)
    if (!pair.current.full) return FOLDED
    pair.turnColumns(this.#pool)
    return pair.stagedRows === ROW_GROUP_ROWS ? FULL : FOLDED
  }

  // What is rare: the hot path counts for itself.
  #count(counters: Counts, what: keyof Counts): void {
    counters[what]++
    this.#totals[what]++
  }

  // The snapshot is behind.
  #show(pair: PairState): void {
    if (pair.changed) return
    pair.changed = true
    this.changed.push(pair)
  }

  #countRejected(counters: Counts): void {
    this.#count(counters, 'received')
    this.#count(counters, 'rejected')
  }

  #foldClock(tag: number, seq: number, monotonicUs: number, wallUs: number): void {
    this.#wallUs = wallUs
    for (const pair of this.members) {
      if (pair.phase !== 'ready' || seq <= pair.storedSeq) continue
      if ((tag & L.FLAG_SESSION) !== 0) pair.clock.startSession()
      if (pair.clock.newest === 0) continue
      pair.clock.pass(monotonicUs, wallUs)
      if (pair.advance(pair.clock.estimate, seq)) this.#show(pair)
    }
  }
}
