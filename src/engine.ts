// TickEngine: the pair directory, the shards' links and the events, on the thread that opened it.
import { rmSync } from 'node:fs'
import type { Logger } from 'pino'
import { type EngineHealth, engineHealth } from './engine-health.js'
import { engineStats } from './engine-stats.js'
import { bare, closedError, EngineError } from './errors.js'
import { Group } from './group.js'
import { Losses } from './ingest/losses.js'
import { PairDirectory } from './ingest/pair-directory.js'
import { keepOptions, MEMORY, optionsFor } from './kept-options.js'
import type { EngineStats } from './model/answer.js'
import type { EngineEvents } from './model/event.js'
import { functionOf, objectOf } from './model/given.js'
import type { PairKey } from './model/pair-key.js'
import type { FeedWarning } from './model/reading.js'
import { Refusal } from './model/refusal.js'
import { sideOf } from './model/side.js'
import { microsOf } from './model/time.js'
import type { TradeInput } from './model/trade-input.js'
import type { EngineOptions, ResolvedOptions } from './options.js'
import { Ownership, ownedElsewhere } from './owner.js'
import { type Pair, refusePair } from './pair.js'
import type { PairOptions, TradeIds } from './pair-options.js'
import { Announcer } from './post/announcer.js'
import type { FromShard } from './post/message.js'
import { Subscriber } from './post/subscriber.js'
import {
  type ReplayCounts,
  type ReplayOptions,
  type ReplaySource,
  replay,
} from './replay/replay.js'
import type { TickHandler } from './replay/replay-run.js'
import { Shards } from './shards.js'

export class TickEngine {
  readonly #options: ResolvedOptions
  readonly #logger: Logger | undefined
  readonly #ownership: Ownership
  readonly #shards: Shards
  readonly #events: Announcer
  readonly #subscriber: Subscriber
  readonly #directory: PairDirectory
  readonly #losses: Losses
  readonly #temporary: boolean
  #recovered = 0
  #closed: Promise<void> | undefined

  private constructor(options: ResolvedOptions, given: EngineOptions, ownership: Ownership) {
    const { logger, clock } = given
    this.#options = options
    this.#logger = logger
    this.#ownership = ownership
    this.#temporary = given.dataDir === MEMORY
    this.#shards = new Shards(options, typeof clock === 'object' ? clock : undefined, {
      message: (shard, message) => this.#receive(shard, message),
      fault: (shard, code, message) => this.#events.fault(code, message, shard),
    })
    this.#events = new Announcer(logger)
    const { windowNames } = options
    this.#losses = new Losses({
      loss: (loss) => this.#events.emit('loss', loss),
      fault: ({ code, message, pair }) => this.#events.fault(code, message, undefined, pair),
    })
    this.#directory = new PairDirectory(options.dataDir, this.#shards.links, {
      windowNames,
      refused: (pair, refusal, value) => this.#losses.refused(pair, refusal, value),
      warned: (pair, code, message) => this.#events.fault(code, message, undefined, pair),
      checkStored: (name) => this.#directory.checkStored(name),
      subscribe: (event, listener) => this.on(event, listener),
    })
    this.#subscriber = new Subscriber(this.#events, {
      windowNames,
      nameOf: (id) => this.#directory.declared[id]?.name,
      fault: (code, message, shard, pair) => this.#events.fault(code, message, shard, pair),
    })
  }

  /** Opens a data directory: claims it, recovers its journal, starts the shards. */
  static async open(given: EngineOptions): Promise<TickEngine> {
    const options = optionsFor(given)
    const { dataDir } = options
    const ownership = await Ownership.claim(dataDir)
    const engine = new TickEngine(options, given, ownership)
    try {
      await engine.#start()
      return engine
    } catch (cause) {
      await engine.#shards.close()
      await engine.#giveBack()
      if (cause instanceof EngineError && cause.code === 'OWNED_ELSEWHERE') {
        throw ownedElsewhere(dataDir, 'another process has it open')
      }
      throw cause
    }
  }

  /**
   * The handle of a pair; makes no file before its first trade. Throws BAD_NAME, BAD_OPTION,
   * PAIR_MISMATCH.
   */
  pair<Ids extends TradeIds = 'integer'>(
    exchange: string,
    market: string,
    symbol: string,
    options: PairOptions<Ids> = {},
  ): Pair<Ids> {
    this.#refuseClosed()
    return this.#directory.pair(exchange, market, symbol, options)
  }

  /**
   * The comfortable way in: names, Date or ISO times, words for sides. Returns what `trade()`
   * returns.
   */
  ingest(trade: TradeInput): number {
    const { exchange, market, symbol } = objectOf('trade', trade)
    const pair = this.pair(exchange, market, symbol) as Pair<'integer'>
    const side = sideOf(trade.side)
    if (side === undefined) {
      throw new EngineError(
        'BAD_ARGUMENT',
        `side must be buy, sell or unknown: side=${bare(trade.side)}`,
      )
    }
    const { timestamp, receivedAt } = trade
    const at = receivedAt === undefined ? 0 : microsOf(receivedAt)
    return pair.trade(microsOf(timestamp), trade.price, trade.volume, side, trade.tradeId, at)
  }

  /** Hears an event; returns the way to stop. A handler that throws stops nothing. */
  on<K extends keyof EngineEvents>(event: K, listener: (e: EngineEvents[K]) => void): () => void {
    this.#events.on(event, functionOf('listener', listener))
    this.#tellKinds()
    return () => {
      this.#events.off(event, listener)
      this.#tellKinds()
    }
  }

  /**
   * Resolves when everything received before is durable; with `stored`, when it is committed in
   * DuckDB as well.
   */
  async flush(how: { stored?: boolean } = {}): Promise<void> {
    const stored = objectOf('how', how).stored ?? false
    await this.#shards.flush(stored)
  }

  /**
   * Blocks this thread until the shards have folded everything received; for tests and backtests.
   * Throws TIMEOUT after a minute, and where a shard has died, which only the event loop can mend.
   */
  settle(): void {
    this.#shards.settle()
  }

  /** Resolves when every ring has room again; for feeds faster than the shards. */
  async drained(): Promise<void> {
    for (const link of this.#shards.links) await link.drained()
  }

  /**
   * Replays files, or trades one by one, as fast as they can be taken; for an engine with clock
   * 'event'. `onTick` hears of every tick received; in lockstep when it is folded, so that `flow()`
   * and `candle()` show exactly the ticks so far: a backtest whose decisions depend on nothing but
   * the input. At its end the candles that are open are stored and posted as they stand, with
   * `closed: false`, and go on from there. The answer says what each file was taken for, and where
   * a number may be wrong. Throws BAD_FEED, BAD_ARGUMENT.
   */
  async replay(
    source: ReplaySource,
    options: ReplayOptions = {},
    onTick?: TickHandler,
  ): Promise<ReplayCounts> {
    this.#refuseClosed()
    const { lockstep, openEnd } = objectOf('options', options)
    // In a live session time closes candles, and nothing else.
    const asked = { ...options, openEnd: openEnd === true || this.#options.clock !== 'event' }
    const tell = ({ file, message }: FeedWarning): void =>
      this.#events.fault('FEED_WARNING', `${file}: ${message}`)
    if (lockstep !== true) return replay(this, source, asked, onTick, tell)
    this.#shards.hurry(true)
    try {
      return await replay(this, source, asked, onTick, tell)
    } finally {
      this.#shards.hurry(false)
    }
  }

  /**
   * One asset over venues: live CVD and windows summed in base units, over pairs or over all that
   * match a pattern ('*:*:BTC*', also those declared later). Throws UNIT_MISMATCH where a pair's
   * volumes are no base amounts and cannot be made any.
   */
  group(name: string, members: readonly Pair[] | string): Group {
    this.#refuseClosed()
    return new Group(name, members, {
      windowNames: this.#options.windowNames,
      declared: this.#directory.declared,
      onFlow: (listener) => this.on('flow', listener),
    })
  }

  /** Every pair: those declared, and those with a file. */
  pairs(): PairKey[] {
    return this.#directory.keys()
  }

  /** A pair that is declared or has a file; throws UNKNOWN_PAIR with near names for any other. */
  find(name: string): Pair {
    this.#refuseClosed()
    return this.#directory.find(name)
  }

  /**
   * The session's account, synchronously from shared memory: of everything folded so far, so that
   * it adds up at every settled moment (after `settle()`, `flush()` or `close()`).
   */
  stats(): EngineStats {
    return engineStats(this.#shards.links, this.#directory.declared, this.#recovered)
  }

  /** Whether every shard is up; synchronous. */
  health(): EngineHealth {
    return engineHealth(this.#shards.links, this.#closed !== undefined)
  }

  /** Runs retention over every pair now. */
  async cleanup(): Promise<void> {
    await this.#shards.cleanup()
  }

  /**
   * Stops intake, drains, stores, gives the files back. What the deadline cuts off stays journaled.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #start(): Promise<void> {
    const options = this.#options
    this.#recovered = await this.#shards.start(() => this.#ownership.announce(options.dataDir))
    keepOptions(options)
    this.#tellKinds()
    this.#logger?.info({ dataDir: options.dataDir, recovered: this.#recovered }, 'engine open')
  }

  #receive(shard: number, message: FromShard): void {
    if (message.type === 'refused') refusePair(this.#directory.declared[message.pair])
    else this.#subscriber.receive(shard, message)
  }

  async #close(): Promise<void> {
    const ends = await this.#shards.close()
    this.#losses.tell(true)
    await this.#giveBack()
    for (const [shard, end] of ends.entries()) {
      // One that was given up has said why.
      const { refusing } = this.#shards.links[shard]
      if (end.status === 'fulfilled' || refusing === Refusal.ShardFailed) continue
      this.#events.fault('SHARD_FAILED', String(end.reason), shard)
    }
    this.#logger?.info({ dataDir: this.#options.dataDir }, 'engine closed')
  }

  async #giveBack(): Promise<void> {
    await this.#ownership.release()
    if (this.#temporary) rmSync(this.#options.dataDir, { recursive: true, force: true })
  }

  #refuseClosed(): void {
    if (this.#closed === undefined) return
    throw closedError()
  }

  #tellKinds(): void {
    const { wanted } = this.#events
    for (const link of this.#shards.links) link.listen(wanted)
  }
}
