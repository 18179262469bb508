// The rows of files into the engine, and what came of them.
import { setTimeout as delay } from 'node:timers/promises'
import type { TickEngine } from '../engine.js'
import type { Feed } from '../feeds/feed.js'
import { copyBatch, idAt, type TradeBatch } from '../feeds/trade-batch.js'
import { Refusal } from '../model/refusal.js'
import type { Side } from '../model/side.js'
import { endPair, type Pair } from '../pair.js'
import type { TradeIds } from '../pair-options.js'
import { Pace } from './pace.js'
import { PairRouter, type RouterOptions } from './pair-router.js'

/** Rows looked at before the first is stored: for the pairs' names, and how ids go on. */
const LOOK_AHEAD_ROWS = 65_536

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
  readonly #engine: TickEngine
  readonly #router: PairRouter
  readonly #options: ReplayRunOptions
  readonly #pace: Pace | undefined
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
  async feed(feed: Feed): Promise<void> {
    this.#pairs.length = 0
    const batches = feed[Symbol.asyncIterator]()
    try {
      const { held, failure } = await lookAhead(batches)
      this.#router.begin(feed, held)
      for (const batch of held) this.#route(batch)
      for (const batch of held) await this.#take(feed, batch)
      if (failure !== undefined) throw failure
      for (;;) {
        const next = await batches.next()
        if (next.done) break
        this.#route(next.value)
        await this.#take(feed, next.value)
      }
    } finally {
      await batches.return?.()
    }
  }

  /** Behind the last file. */
  async end(): Promise<void> {
    if (this.#options.openEnd !== true) await endInput(this.#engine, this.pairs)
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

  // A pair that was stored with whole numbers, or without ids, takes no text.
  #idOf(pair: Pair<'integer'>, batch: TradeBatch, row: number): number | bigint | undefined {
    const id = idAt(batch, row)
    const mode = pair.options.tradeIds as TradeIds
    if (typeof id !== 'string' || mode === 'text') return id as number | bigint | undefined
    this.idless++
    return undefined
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
      const receivedAt = batch.receivedAt[row]
      const receipt = pair.trade(
        batch.timestamp[row],
        batch.price[row],
        batch.volume[row],
        batch.side[row] as Side,
        this.#idOf(pair, batch, row),
        // NaN: the row has none.
        Number.isNaN(receivedAt) ? 0 : receivedAt,
      )
      if (receipt === Refusal.RingFull) return row
      if (receipt < 0) continue
      this.received++
      if (this.#options.onTick === undefined) continue
      this.#wait = tellTick(this.#engine, pair, receipt, this.#options)
      if (this.#wait !== undefined) return row + 1
    }
    return batch.count
  }
}

// An error does not lose the rows read before it: it waits until they are traded.
async function lookAhead(
  batches: AsyncIterator<TradeBatch>,
): Promise<{ held: TradeBatch[]; failure?: unknown }> {
  const held: TradeBatch[] = []
  try {
    for (let rows = 0; rows < LOOK_AHEAD_ROWS; ) {
      const next = await batches.next()
      if (next.done) break
      held.push(copyBatch(next.value))
      rows += next.value.count
    }
    return { held }
  } catch (failure) {
    return { held, failure }
  }
}
