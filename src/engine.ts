// TickEngine: the pair directory, the shards' links and the events, on the thread that opened it.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { Piscina } from 'piscina'
import { dropSegments, firstSequence } from './data-dir.js'
import { type EngineHealth, engineHealth } from './engine-health.js'
import { engineStats } from './engine-stats.js'
import { EngineError } from './errors.js'
import { Losses } from './ingest/losses.js'
import { PairDirectory } from './ingest/pair-directory.js'
import { segmentsBySession } from './journal/journal-reader.js'
import { keepOptions, optionsFor } from './kept-options.js'
import type { EngineStats } from './model/answer.js'
import type { EngineEvents } from './model/event.js'
import type { PairKey } from './model/pair-key.js'
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
import { ShardLink } from './shard-link.js'

const SETTLE_TIMEOUT_MS = 60_000

export class TickEngine {
  readonly #options: ResolvedOptions
  readonly #logger: Logger | undefined
  readonly #ownership: Ownership
  readonly #pool: Piscina
  readonly #links: ShardLink[] = []
  readonly #events: Announcer
  readonly #subscriber: Subscriber
  readonly #directory: PairDirectory
  readonly #losses: Losses
  #clock: NodeJS.Timeout | undefined
  #recovered = 0
  #closed: Promise<void> | undefined

  private constructor(
    options: ResolvedOptions,
    logger: Logger | undefined,
    ownership: Ownership,
    pool: Piscina,
  ) {
    this.#options = options
    this.#logger = logger
    this.#ownership = ownership
    this.#pool = pool
    this.#events = new Announcer(logger)
    const { windowNames } = options
    this.#losses = new Losses({
      loss: (loss) => this.#events.emit('loss', loss),
      fault: ({ code, message, pair }) => this.#events.fault(code, message, undefined, pair),
    })
    this.#directory = new PairDirectory(options.dataDir, this.#links, {
      windowNames,
      refused: (pair, refusal, value) => this.#losses.refused(pair, refusal, value),
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
    const pool = new Piscina({
      filename: new URL('../workers/shard.worker.js', import.meta.url).href,
      minThreads: options.shards,
      maxThreads: options.shards,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      closeTimeout: 1000,
    })
    const engine = new TickEngine(options, given.logger, ownership, pool)
    try {
      pool.on('error', (cause) => engine.#events.fault('SHARD_FAILED', String(cause)))
      await engine.#start()
      return engine
    } catch (cause) {
      await engine.#abandon()
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
    const pair = this.pair(trade.exchange, trade.market, trade.symbol) as Pair<'integer'>
    const side = sideOf(trade.side)
    if (side === undefined) {
      throw new EngineError('BAD_ARGUMENT', `side must be buy, sell or unknown: side=${trade.side}`)
    }
    const { timestamp, receivedAt } = trade
    const at = receivedAt === undefined ? 0 : microsOf(receivedAt)
    return pair.trade(microsOf(timestamp), trade.price, trade.volume, side, trade.tradeId, at)
  }

  /** Hears an event; returns the way to stop. A handler that throws stops nothing. */
  on<K extends keyof EngineEvents>(event: K, listener: (e: EngineEvents[K]) => void): () => void {
    this.#events.on(event, listener)
    this.#tellKinds()
    return () => {
      this.#events.off(event, listener)
      this.#tellKinds()
    }
  }

  /**
   * Resolves when everything received before is durable; with `stored`, when it is committed in
   * DuckDB.
   */
  async flush(how: { stored?: boolean } = {}): Promise<void> {
    const stored = how.stored ?? false
    await Promise.all(
      this.#links.map((link) => link.ask({ type: 'flush', through: link.receivedThrough, stored })),
    )
  }

  /**
   * Blocks this thread until the shards have folded everything received; for tests and backtests.
   * Throws TIMEOUT after a minute, and where a shard has died, which only the event loop can mend.
   */
  settle(): void {
    const deadline = performance.now() + SETTLE_TIMEOUT_MS
    for (const link of this.#links) {
      while (!link.writer.folded()) {
        link.writer.pump()
        link.writer.publish()
        link.writer.awaitFolded(50)
        if (link.refusing !== 0 || performance.now() > deadline) {
          throw new EngineError('TIMEOUT', `shard did not settle: shard=${link.shard}`)
        }
      }
    }
  }

  /** Resolves when every ring has room again; for feeds faster than the shards. */
  async drained(): Promise<void> {
    for (const link of this.#links) await link.drained()
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
    return engineStats(this.#links, this.#directory.declared, this.#recovered)
  }

  /** Whether every shard is up; synchronous. */
  health(): EngineHealth {
    return engineHealth(this.#links, this.#closed !== undefined)
  }

  /** Runs retention over every pair now. */
  async cleanup(): Promise<void> {
    await Promise.all(
      this.#links.map((link) => link.ask({ type: 'cleanup', through: link.receivedThrough })),
    )
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
    const journal = join(options.dataDir, 'journal')
    mkdirSync(journal, { recursive: true, mode: 0o700 })
    const segments = segmentsBySession(journal).map(({ path }) => ({ path }))
    const epoch = firstSequence(options.dataDir, journal)
    for (let shard = 0; shard < options.shards; shard++) {
      this.#links.push(
        new ShardLink(shard, options, epoch, this.#pool, {
          message: (index, message) => this.#receive(index, message),
          fault: (index, code, message) => this.#events.fault(code, message, index),
        }),
      )
    }
    // Shard 0 first: it takes the kernel's lock before anybody touches a file.
    const [first, ...others] = this.#links
    const started = [await first.start(segments)]
    this.#ownership.announce(options.dataDir)
    started.push(...(await Promise.all(others.map((link) => link.start(segments)))))
    for (const { recovered } of started) this.#recovered += recovered
    dropSegments(segments, started)
    keepOptions(options)
    this.#tellKinds()
    if (options.clock === 'wall') {
      this.#clock = setInterval(() => {
        for (const link of this.#links) if (!link.scheduled) link.schedule()
      }, 1000).unref()
    }
    this.#logger?.info({ dataDir: options.dataDir, recovered: this.#recovered }, 'engine open')
  }

  #receive(shard: number, message: FromShard): void {
    if (message.type === 'refused') refusePair(this.#directory.declared[message.pair])
    else this.#subscriber.receive(shard, message)
  }

  async #close(): Promise<void> {
    clearInterval(this.#clock)
    const ends = await Promise.allSettled(
      this.#links.map((link) => link.close(this.#options.closeTimeoutMs)),
    )
    this.#losses.tell(true)
    await this.#abandon()
    for (const [shard, end] of ends.entries()) {
      // One that was given up has said why.
      if (end.status === 'fulfilled' || this.#links[shard].refusing === Refusal.ShardFailed)
        continue
      this.#events.fault('SHARD_FAILED', String(end.reason), shard)
    }
    this.#logger?.info({ dataDir: this.#options.dataDir }, 'engine closed')
  }

  async #abandon(): Promise<void> {
    // A shard that runs is closed first: no thread may end with a promise of DuckDB's pending.
    await Promise.allSettled(this.#links.map((link) => link.close(this.#options.closeTimeoutMs)))
    await this.#pool.close({ force: true })
    await this.#ownership.release()
  }

  #refuseClosed(): void {
    if (this.#closed === undefined) return
    throw new EngineError('ENGINE_CLOSED', 'the engine is closed; open it again')
  }

  #tellKinds(): void {
    const { wanted } = this.#events
    for (const link of this.#links) link.listen(wanted)
  }
}
