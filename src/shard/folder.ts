// The hot loop: journaled slots into the folds of their pairs. It never waits. When a slot needs
// something that is not in memory (its pair's file, an old hour's candles) it stops in front of
// that slot and says what it needs; the shard loads it and calls again.
import { Verdict } from '../dedupe/id-ledger.js'
import { invariant } from '../errors.js'
import { ROW_GROUP_ROWS } from '../limits.js'
import { type Counts, zeroCounts } from '../model/counts.js'
import { gridUnits } from '../model/exact-sum.js'
import type { Side } from '../model/side.js'
import type { ResolvedOptions } from '../options.js'
import * as L from '../ring/ring-layout.js'
import type { ColumnPool } from '../store/column-pool.js'
import { asideOf } from './aside-tick.js'
import type { Outbox } from './outbox.js'
import type { Need } from './pair-loader.js'
import type { PairState } from './pair-state.js'
import { textId } from './slot-id.js'
import { takeId, takeText } from './take-id.js'
import { tellLate, tellReject } from './telling.js'

// What folding a slot comes to, where it is no hour to be loaded.
const FOLDED = -1
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
  readonly counts: Counts
  /** Sequence of the last slot that is counted. */
  countedThrough: number
  readonly #outbox: Outbox
  readonly #pool: ColumnPool
  readonly #epoch: number
  readonly #event: boolean
  readonly #maxFutureUs: number
  readonly #candlesKeptUs: number
  #wallUs = 0
  // Where the slots of the run at hand are counted.
  #totals: Counts

  /** `counted`: what a thread before this one had counted. */
  constructor(
    options: ResolvedOptions,
    epoch: number,
    outbox: Outbox,
    pool: ColumnPool,
    counted: { readonly counts: Counts; readonly through: number },
  ) {
    this.counts = counted.counts
    this.countedThrough = Math.max(counted.through, epoch - 1)
    this.#totals = this.counts
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
    this.#totals = again ? zeroCounts() : this.counts
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
    if (
      !(price > 0 && price <= limits.maxPrice && volume > 0 && volume <= limits.maxVolume) ||
      (!this.#event && clock.isFuture(timestamp, this.#maxFutureUs, this.#wallUs))
    ) {
      this.#reject(pair, words, halves, at, tag, seq, counters)
      return FOLDED
    }
    const tooLate = timestamp < clock.estimate - this.#candlesKeptUs
    if (!tooLate) {
      const hour = pair.rollup.needs(timestamp)
      if (hour >= 0) return hour
    }
    counters.received++
    this.#totals.received++
    pair.lastSeq = seq
    if (seq < pair.dirtyFrom) pair.touch(seq)
    const hasId = (tag & L.FLAG_NO_ID) === 0
    if (hasId && limits.tradeIds !== 'none') {
      const high = halves[(at + L.WORD_ID) * 2 + 1]
      const low = halves[(at + L.WORD_ID) * 2] >>> 0
      const { textIds } = pair
      const verdict =
        textIds === undefined
          ? takeId(pair, high, low, timestamp, seq)
          : takeText(pair, textIds, textId(halves, at, tag, this.texts) as string, timestamp, seq)
      if (verdict === Verdict.Duplicate) {
        counters.duplicates++
        this.#totals.duplicates++
        return FOLDED
      }
      if (verdict === Verdict.Reset) {
        counters.idResets++
        this.#totals.idResets++
        tellReject(pair, this.#outbox, timestamp, 'id_reset')
      }
    }
    if (tooLate) {
      counters.tooLate++
      this.#totals.tooLate++
      pair.aside.push(
        asideOf(words, halves, at, tag, seq, undefined, this.#textOf(pair, halves, at, tag)),
      )
      tellLate(pair, this.#outbox, timestamp, false)
      return FOLDED
    }
    return this.#store(pair, words, halves, at, tag, seq, counters)
  }

  // Undefined where the pair's ids are numbers.
  #textOf(pair: PairState, halves: Int32Array, at: number, tag: number): string | undefined {
    return pair.textIds === undefined ? undefined : textId(halves, at, tag, this.texts)
  }

  #store(
    pair: PairState,
    words: Float64Array,
    halves: Int32Array,
    at: number,
    tag: number,
    seq: number,
    counters: Counts,
  ): number {
    const timestamp = words[at + L.WORD_TIMESTAMP]
    const price = words[at + L.WORD_PRICE]
    const volume = words[at + L.WORD_VOLUME]
    const side = L.sideOfTag(tag) as Side
    if (pair.clock.tick(timestamp)) {
      pair.advance(this.#event ? timestamp : pair.clock.estimate, seq)
    } else if (timestamp < pair.rollup.watermark) {
      counters.late++
      this.#totals.late++
      tellLate(pair, this.#outbox, timestamp, true)
    }
    const priceUnits = gridUnits(price, pair.scale)
    const volumeUnits = gridUnits(volume, pair.scale)
    pair.rollup.add(timestamp, seq, price, volume, side, priceUnits, volumeUnits)
    pair.flow.add(timestamp, seq, price, volume, side, volumeUnits)
    pair.countVolume(side, volume, volumeUnits)
    if (pair.firstTimestamp === 0 || timestamp < pair.firstTimestamp)
      pair.firstTimestamp = timestamp
    if (pair.textIds !== undefined) pair.current.setText(this.#textOf(pair, halves, at, tag))
    const hasId = (tag & L.FLAG_NO_ID) === 0
    pair.current.push(words, halves, at + L.WORD_TIMESTAMP, side, hasId, seq)
    counters.stored++
    this.#totals.stored++
    pair.stagedRows++
    this.#show(pair)
    if (!pair.current.full) return FOLDED
    pair.turnColumns(this.#pool)
    return pair.stagedRows === ROW_GROUP_ROWS ? FULL : FOLDED
  }

  // The snapshot is behind.
  #show(pair: PairState): void {
    if (pair.changed) return
    pair.changed = true
    this.changed.push(pair)
  }

  #reject(
    pair: PairState,
    words: Float64Array,
    halves: Int32Array,
    at: number,
    tag: number,
    seq: number,
    counters: Counts,
  ): void {
    const price = words[at + L.WORD_PRICE]
    const volume = words[at + L.WORD_VOLUME]
    const { maxPrice, maxVolume } = pair.options
    let reason: 'price' | 'volume' | 'future' = 'future'
    if (!(price > 0 && price <= maxPrice)) reason = 'price'
    else if (!(volume > 0 && volume <= maxVolume)) reason = 'volume'
    this.#countRejected(counters)
    pair.lastSeq = seq
    pair.touch(seq)
    pair.aside.push(
      asideOf(words, halves, at, tag, seq, reason, this.#textOf(pair, halves, at, tag)),
    )
    tellReject(pair, this.#outbox, words[at + L.WORD_TIMESTAMP], reason)
  }

  #countRejected(counters: Counts): void {
    counters.received++
    counters.rejected++
    this.#totals.received++
    this.#totals.rejected++
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
