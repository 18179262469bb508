// The rows of files into the engine, and what came of them.
import { setTimeout as delay } from 'node:timers/promises'
import type { TickEngine } from '../engine.js'
import { EngineError } from '../errors.js'
import type { Feed } from '../feeds/feed.js'
import { idAt, type TradeBatch } from '../feeds/trade-batch.js'
import type { FeedWarning, Reading } from '../model/reading.js'
import { Refusal } from '../model/refusal.js'
import type { Side } from '../model/side.js'
import { endPair, type Pair } from '../pair.js'
import type { TradeIds } from '../pair-options.js'
import { IdsAnew } from './ids-anew.js'
import { LookAhead } from './look-ahead.js'
import { Pace } from './pace.js'
import { PairRouter, type RouterOptions } from './pair-router.js'

/** The longest a timer can wait; then it is asked again. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Hears of every tick received; what it returns is waited for. */
export type TickHandler = (pair: Pair, receipt: number) => void | Promise<void>

export interface ReplayRunOptions extends RouterOptions {
  /** 1: as fast as the market was; default: as fast as can be. */
  readonly speed?: number | undefined
  /** Ends waiting for ticks that are not due. */
  readonly signal?: AbortSignal
  /** Everything received is folded before `onTick` is called. */
  readonly lockstep?: boolean
  /** Candles that are open at the end are not stored. */
  readonly openEnd?: boolean
  readonly onTick?: TickHandler | undefined
  /** The first warning ends the replay: it throws BAD_FEED, and `stopped` says which one. */
  readonly strict?: boolean | undefined
  /** Hears of every batch: of which file, and ticks so far. */
  readonly onBatch?: (feed: Feed, ticks: number) => void
}

/** Calls the handler; what it has to be waited for, where it has. */
export function tellTick(
  engine: TickEngine,
  pair: Pair,
  receipt: number,
  { lockstep, onTick }: Pick<ReplayRunOptions, 'lockstep' | 'onTick'>,
): Promise<void> | undefined {
  if (lockstep) engine.settle()
  return onTick?.(pair, receipt) ?? undefined
}

/** The input of these pairs has ended: their open candles are stored as they stand. */
export async function endInput(engine: TickEngine, pairs: Iterable<Pair>): Promise<void> {
  for (const pair of pairs) while (!endPair(pair)) await engine.drained()
}

export class ReplayRun {
  /** Rows that name no pair. */
  nameless = 0
  /** Rows of symbols that were not asked for. */
  leftOut = 0
  /** Rows that were not due yet when the replay was ended. */
  undue = 0
  /** Ticks received. */
  received = 0
  /** Rows whose id their pair cannot take. */
  idless = 0
  /** Rows that the venue says are no trades of the book. */
  offBook = 0
  /** What ended a strict replay. */
  stopped: FeedWarning | undefined
  /** Of every file that was read, to its end or not. */
  readonly readings: Reading[] = []
  readonly #engine: TickEngine
  readonly #router: PairRouter
  readonly #options: ReplayRunOptions
  readonly #pace: Pace | undefined
  readonly #anew = new IdsAnew()
  /** By the index that the file at hand gives its instruments. */
  readonly #pairs: (Pair<'integer'> | undefined)[] = []
  #ticks = 0
  #wait: Promise<void> | undefined

  constructor(engine: TickEngine, options: ReplayRunOptions = {}) {
    this.#engine = engine
    this.#options = options
    this.#router = new PairRouter(engine, options)
    this.#pace = options.speed === undefined ? undefined : new Pace(options.speed)
  }

  /** Every pair met, in the order in which they were met. */
  get pairs(): Iterable<Pair> {
    return this.#router.pairs.values() as Iterable<Pair>
  }

  /** Replays one file. What was read before an error is traded all the same. */
  async feed(given: Feed | LookAhead): Promise<void> {
    this.#pairs.length = 0
    const ahead = given instanceof LookAhead ? given : await LookAhead.over(given)
    const { feed, rest } = ahead
    this.#anew.begin()
    const before = { nameless: this.nameless, idless: this.idless }
    try {
      this.#router.begin(feed, ahead.held)
      for (const batch of ahead.held) this.#route(batch)
      this.#stopAtWarning(feed)
      for (const batch of ahead.held) await this.#take(feed, batch)
      if (ahead.failure !== undefined) throw ahead.failure
      for (;;) {
        const next = await rest.next()
        if (next.done) break
        this.#route(next.value)
        this.#stopAtWarning(feed)
        await this.#take(feed, next.value)
      }
      this.#endIds(feed)
      this.#stopAtWarning(feed)
    } finally {
      this.#tellRows(feed, this.nameless - before.nameless, this.idless - before.idless)
      this.readings.push(feed.reading())
      await ahead.end()
    }
  }

  /** Behind the last file. */
  async end(): Promise<void> {
    if (this.#options.openEnd !== true) await endInput(this.#engine, this.pairs)
  }

  // In front of the rows that are warned of: a strict replay stores none of them.
  #stopAtWarning(feed: Feed): void {
    if (this.#options.strict !== true || this.stopped !== undefined) return
    const [warning] = feed.warnings()
    if (warning === undefined) return
    this.stopped = warning
    throw strictError(warning)
  }

  #tellRows(feed: Feed, nameless: number, idless: number): void {
    if (nameless > 0) {
      const message = `${nameless} rows name no pair and were not stored`
      feed.warn({ code: 'rejected-rows', message, count: nameless })
    }
    if (idless > 0) {
      const rule = `${idless} trade ids are no whole numbers, and their pair takes no others`
      const message = `${rule}: stored without id, repeated ones cannot be told`
      feed.warn({ code: 'bad-ids', message, count: idless })
    }
  }

  #endIds(feed: Feed): void {
    const ordered = !/no order/.test(feed.declared?.ids ?? '')
    this.#anew.end(
      this.#pairs.map((pair) => pair?.name),
      ordered,
    )
    const { count } = this.#anew
    if (count === 0) return
    const rule = `ids started anew ${count === 1 ? 'once' : `${count} times`}`
    const message = `${rule}: one id stands for several trades, which only their times tell apart`
    feed.warn({ code: 'ids-anew', message, count })
  }

  /** What there is to say of how files were taken. */
  get notes(): readonly string[] {
    return this.#router.notes
  }

  #route(batch: TradeBatch): void {
    for (let i = this.#pairs.length; i < batch.instruments.length; i++) {
      this.#pairs.push(this.#router.pairOf(i))
    }
  }

  async #take(feed: Feed, batch: TradeBatch): Promise<void> {
    this.#anew.observe(batch)
    for (let row = 0; row < batch.count; ) {
      this.#wait = undefined
      row = this.#trade(batch, row)
      if (this.#pace !== undefined && this.#options.signal?.aborted) {
        this.undue += batch.count - row
        return
      }
      if (this.#wait !== undefined) await this.#wait
      else if (row < batch.count) await this.#engine.drained()
    }
    this.#ticks += batch.count
    this.#options.onBatch?.(feed, this.#ticks)
  }

  #mustWait(timestamp: number): boolean {
    const ms = this.#pace?.waitMs(timestamp, performance.now()) ?? 0
    if (ms === 0) return false
    const { signal } = this.#options
    const wait = Math.min(ms, LONGEST_WAIT_MS)
    this.#wait = delay(wait, undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    )
    return true
  }

  // Trades rows until one finds the ring full, or has to be waited for; returns the next.
  #trade(batch: TradeBatch, from: number): number {
    for (let row = from; row < batch.count; row++) {
      const pair = this.#pairs[batch.instrument[row]]
      if (pair === undefined) {
        if (this.#router.leavesOut(batch.instrument[row])) this.leftOut++
        else this.nameless++
        continue
      }
      if (this.#pace !== undefined && this.#mustWait(batch.timestamp[row])) return row
      const offBook = batch.noTrade[row] === 1
      const receipt = offBook ? this.#offTheBook(pair, batch, row) : this.#offer(pair, batch, row)
      if (receipt === Refusal.RingFull) return row
      if (receipt <= 0) continue
      this.received++
      if (offBook) continue
      if (this.#options.onTick === undefined) continue
      this.#wait = tellTick(this.#engine, pair, receipt, this.#options)
      if (this.#wait !== undefined) return row + 1
    }
    return batch.count
  }

  #offer(pair: Pair<'integer'>, batch: TradeBatch, row: number): number {
    const id = idOf(pair, batch, row)
    const receipt = this.#offerAs(pair, batch, row, id)
    if (receipt !== Refusal.IdNotExact) return receipt
    // The trade is worth more than its id.
    this.idless++
    return this.#offerAs(pair, batch, row, undefined)
  }

  #offerAs(
    pair: Pair<'integer'>,
    batch: TradeBatch,
    row: number,
    id: number | bigint | string | undefined,
  ): number {
    const receivedAt = batch.receivedAt[row]
    return pair.trade(
      batch.timestamp[row],
      batch.price[row],
      batch.volume[row],
      batch.side[row] as Side,
      id,
      // NaN: the row has none.
      Number.isNaN(receivedAt) ? 0 : receivedAt,
    )
  }

  // Its id is seen, so that no gap is reported; nothing is stored.
  #offTheBook(pair: Pair<'integer'>, batch: TradeBatch, row: number): number {
    const received = batch.receivedAt[row]
    const at = Number.isNaN(received) ? 0 : received
    const receipt = pair.noTrade(batch.timestamp[row], idOf(pair, batch, row), at)
    if (receipt !== Refusal.RingFull) this.offBook++
    return receipt
  }
}

// Digits of any length stay digits: a pair of text ids takes them as text.
function idOf(
  pair: Pair<'integer'>,
  batch: TradeBatch,
  row: number,
): number | bigint | string | undefined {
  const id = idAt(batch, row)
  const mode = pair.options.tradeIds as TradeIds
  return mode === 'text' && typeof id === 'bigint' ? String(id) : id
}

/** What a strict replay throws at a warning. */
export function strictError({ file, code, message }: FeedWarning): EngineError {
  return new EngineError('BAD_FEED', `strict: ${message}: code=${code} file=${file}`)
}
