// TickEngine: the pair directory, the shards' links and the events, on the thread that opened it.
import { mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { unpack } from 'msgpackr'
import type { Logger } from 'pino'
import { Piscina } from 'piscina'
import { EngineError } from './errors.js'
import { highestSequence, listSegments } from './journal/journal-reader.js'
import { MAX_PAIRS } from './limits.js'
import type { EngineStats } from './model/answer.js'
import type { Candle } from './model/candle.js'
import type { EngineEvents } from './model/event.js'
import { flowWords } from './model/flow-record.js'
import { INTERVALS } from './model/interval.js'
import {
  nearNames, type PairKey, pairFromPath, pairKey, parsePairName, stableHash,
} from './model/pair-key.js'
import { REFUSAL_NAMES, Refusal } from './model/refusal.js'
import { type SideName, sideOf } from './model/side.js'
import { type Time, toMicros } from './model/time.js'
import { type EngineOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { Ownership, ownedElsewhere } from './owner.js'
import { flowOf, Pair, type PairHost, refusalRemedy } from './pair.js'
import { type PairOptions, type ResolvedPairOptions, resolvePairOptions, type TradeIds } from './pair-options.js'
import { Emitter } from './post/emitter.js'
import type { FromShard, ShardEvent } from './post/message.js'
import { Snapshot } from './ring/snapshot.js'
import { ShardLink } from './shard-link.js'

const SETTLE_TIMEOUT_MS = 60_000
const LOSS_EVERY_MS = 1000

/** A trade as `ingest()` takes it. */
export interface TradeInput {
  readonly exchange: string
  readonly market: string
  readonly symbol: string
  /** Date, ISO 8601 text or µs since the epoch. */
  readonly timestamp: Time
  readonly price: number
  readonly volume: number
  /** The taker's side. */
  readonly side: SideName
  readonly tradeId?: number | bigint | string
  readonly receivedAt?: Time
}

export class TickEngine {
  readonly #options: ResolvedOptions
  readonly #logger: Logger | undefined
  readonly #ownership: Ownership
  readonly #pool: Piscina
  readonly #links: ShardLink[] = []
  readonly #pairs = new Map<string, Pair>()
  readonly #byId: Pair[] = []
  readonly #emitter: Emitter<EngineEvents>
  readonly #host: PairHost
  readonly #delivered: { seq: number; part: number }[] = []
  readonly #lost = new Map<string, { pair: string; reason: string; count: number; toldMs: number }>()
  readonly #told = new Set<string>()
  #clock: NodeJS.Timeout | undefined
  #recovered = 0
  #closed: Promise<void> | undefined

  private constructor(
    options: ResolvedOptions, logger: Logger | undefined, ownership: Ownership, pool: Piscina,
  ) {
    this.#options = options
    this.#logger = logger
    this.#ownership = ownership
    this.#pool = pool
    this.#emitter = new Emitter((event, thrown) => {
      this.#logger?.error({ err: thrown, event }, 'a handler threw')
    })
    this.#host = {
      windowNames: options.windowNames,
      refused: (pair, refusal, value) => this.#refused(pair, refusal, value),
      subscribe: (event, listener) => this.on(event, listener),
    }
  }

  /** Opens a data directory: claims it, recovers its journal, starts the shards. */
  static async open(given: EngineOptions): Promise<TickEngine> {
    const resolved = resolveOptions(given)
    const dataDir = openDirectory(resolved.dataDir)
    const options = { ...resolved, dataDir }
    const ownership = await Ownership.claim(dataDir)
    const pool = new Piscina({
      filename: new URL('../workers/shard.worker.js', import.meta.url).href,
      minThreads: options.shards, maxThreads: options.shards, concurrentTasksPerWorker: 1,
      atomics: 'disabled', recordTiming: false, closeTimeout: 1000,
    })
    const engine = new TickEngine(options, given.logger, ownership, pool)
    try {
      pool.on('error', (cause) => engine.#fault('SHARD_FAILED', String(cause)))
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

  /** The handle of a pair; makes no file before its first trade. Throws BAD_NAME, BAD_OPTION, PAIR_MISMATCH. */
  pair<Ids extends TradeIds = 'integer'>(
    exchange: string, market: string, symbol: string, options: PairOptions<Ids> = {},
  ): Pair<Ids> {
    this.#refuseClosed()
    const key = pairKey(exchange, market, symbol)
    const known = this.#pairs.get(key.name)
    const asked = resolvePairOptions(options)
    if (known !== undefined) {
      if (Object.keys(options).length > 0) sameOptions(known, asked)
      return known as unknown as Pair<Ids>
    }
    if (this.#byId.length >= MAX_PAIRS) {
      throw new EngineError('TOO_MANY_PAIRS', `an engine holds ${MAX_PAIRS} pairs; open another`)
    }
    const id = this.#byId.length
    const link = this.#links[stableHash(key.name) % this.#links.length]
    const snapshot = Snapshot.allocate(this.#options.windowNames.length)
    const pair = new Pair<TradeIds>(id, key, asked, link, snapshot, this.#host)
    this.#pairs.set(key.name, pair)
    this.#byId.push(pair)
    link.declare({ id, name: key.name, options: asked, snapshot: snapshot.buffer })
    return pair as unknown as Pair<Ids>
  }

  /** The comfortable way in: names, Date or ISO times, words for sides. Returns what `trade()` returns. */
  ingest(trade: TradeInput): number {
    const pair = this.pair(trade.exchange, trade.market, trade.symbol) as Pair<'integer'>
    const side = sideOf(trade.side)
    if (side === undefined) {
      throw new EngineError('BAD_ARGUMENT', `side must be buy, sell or unknown: side=${trade.side}`)
    }
    const { timestamp, receivedAt } = trade
    const ts = typeof timestamp === 'number' ? timestamp : toMicros(timestamp, 'timestamp')
    const received = receivedAt === undefined ? 0 : toMicros(receivedAt, 'receivedAt')
    return pair.trade(ts, trade.price, trade.volume, side, trade.tradeId, received)
  }

  /** Hears an event; returns the way to stop. A handler that throws stops nothing. */
  on<K extends keyof EngineEvents>(event: K, listener: (e: EngineEvents[K]) => void): () => void {
    this.#emitter.on(event, listener)
    this.#tellKinds()
    return () => {
      this.#emitter.off(event, listener)
      this.#tellKinds()
    }
  }

  /** Resolves when everything received before is durable; with `stored`, when it is committed in DuckDB. */
  async flush(how: { stored?: boolean } = {}): Promise<void> {
    const stored = how.stored ?? false
    await Promise.all(
      this.#links.map((link) => link.ask({ type: 'flush', through: link.receivedThrough, stored })),
    )
  }

  /** Blocks this thread until the shards have folded everything received. Throws TIMEOUT after a minute. */
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
    const keys = new Map<string, PairKey>()
    for (const key of storedPairs(this.#options.dataDir)) keys.set(key.name, key)
    for (const pair of this.#pairs.values()) keys.set(pair.name, pair.key)
    return [...keys.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** A pair that is declared or has a file; throws UNKNOWN_PAIR with near names for any other. */
  find(name: string): Pair {
    const key = parsePairName(name)
    const declared = this.#pairs.get(key.name)
    if (declared !== undefined) return declared
    const known = this.pairs().map((k) => k.name)
    if (!known.includes(key.name)) {
      const near = nearNames(key.name, known)
      const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''
      throw new EngineError('UNKNOWN_PAIR', `no such pair${hint}: pair=${key.name}`)
    }
    return this.pair(key.exchange, key.market, key.symbol) as unknown as Pair
  }

  /** The session's account. Counts of the shards are of one moment each. */
  async stats(): Promise<EngineStats> {
    const parts = await Promise.all(
      this.#links.map((link) =>
        link.ask<Record<string, number>>({ type: 'totals', through: link.receivedThrough }),
      ),
    )
    const sum = (key: string) => parts.reduce((total, part) => total + part[key], 0)
    let offered = 0
    let refused = 0
    for (const pair of this.#byId) {
      offered += pair.offered
      for (const count of pair.refusals.values()) refused += count
    }
    return {
      offered, refused, received: sum('received'), stored: sum('stored'),
      duplicates: sum('duplicates'), rejected: sum('rejected'), tooLate: sum('tooLate'),
      late: sum('late'), idResets: sum('idResets'), recovered: this.#recovered,
      pairs: this.#byId.length, shards: this.#links.length,
      depth: this.#links.reduce((n, link) => n + link.writer.depth, 0),
      spilled: this.#links.reduce((n, link) => n + link.writer.spilled, 0),
    }
  }

  /** Whether every shard is up; synchronous. */
  health(): { status: 'ok' | 'degraded' | 'failed'; reasons: string[] } {
    const failed = this.#links.filter((link) => link.refusing === Refusal.ShardFailed)
    const spilling = this.#links.filter((link) => link.writer.spilled > 0)
    const reasons = [
      ...failed.map((link) => `shard ${link.shard} was given up`),
      ...spilling.map((link) => `shard ${link.shard} spills ${link.writer.spilled} ticks`),
      ...(this.#closed === undefined ? [] : ['closed']),
    ]
    const down = failed.length === this.#links.length || this.#closed !== undefined
    return { status: down ? 'failed' : reasons.length > 0 ? 'degraded' : 'ok', reasons }
  }

  /** Runs retention over every pair now. */
  async cleanup(): Promise<void> {
    await Promise.all(
      this.#links.map((link) => link.ask({ type: 'cleanup', through: link.receivedThrough })),
    )
  }

  /** Stops intake, drains, stores, gives the files back. What the deadline cuts off stays journaled. */
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
    const segments = listSegments(journal).map(({ path }) => ({ path }))
    const epoch = firstSequence(options.dataDir, journal)
    for (let shard = 0; shard < options.shards; shard++) {
      this.#delivered.push({ seq: 0, part: 0 })
      this.#links.push(
        new ShardLink(shard, options, epoch, this.#pool, {
          message: (index, message) => this.#receive(index, message),
          fault: (index, code, message) => this.#fault(code, message, index),
        }),
      )
    }
    // Shard 0 first: it takes the kernel's lock before anybody touches a file.
    const [first, ...others] = this.#links
    this.#recovered = await first.start(segments)
    this.#ownership.announce(options.dataDir)
    for (const n of await Promise.all(others.map((link) => link.start(segments)))) {
      this.#recovered += n
    }
    for (const { path } of segments) rmSync(path, { force: true })
    if (options.clock === 'wall') {
      this.#clock = setInterval(() => {
        for (const link of this.#links) if (!link.scheduled) link.schedule()
      }, 1000).unref()
    }
    this.#logger?.info({ dataDir: options.dataDir, recovered: this.#recovered }, 'engine open')
  }

  async #close(): Promise<void> {
    clearInterval(this.#clock)
    const ends = await Promise.allSettled(
      this.#links.map((link) => link.close(this.#options.closeTimeoutMs)),
    )
    this.#tellLosses(Number.POSITIVE_INFINITY)
    await this.#abandon()
    for (const end of ends) if (end.status === 'rejected') this.#fault('SHARD_FAILED', String(end.reason))
    this.#logger?.info({ dataDir: this.#options.dataDir }, 'engine closed')
  }

  async #abandon(): Promise<void> {
    for (const link of this.#links) link.refusing ||= Refusal.Closed
    await this.#pool.close({ force: true })
    await this.#ownership.release()
  }

  #refuseClosed(): void {
    if (this.#closed === undefined) return
    throw new EngineError('ENGINE_CLOSED', 'the engine is closed; open it again')
  }

  #tellKinds(): void {
    const kinds = ['flow', 'candle', 'gap', 'late', 'reject'] as const
    const heard = kinds.filter((kind) => this.#emitter.heard(kind))
    for (const link of this.#links) link.listen(heard)
  }

  #receive(shard: number, message: FromShard): void {
    if (message.type === 'flow') this.#flows(message.rows)
    if (message.type !== 'events') return
    const last = this.#delivered[shard]
    for (const event of unpack(message.bytes) as ShardEvent[]) {
      const again = event.seq < last.seq || (event.seq === last.seq && event.part <= last.part)
      if (again && event.kind !== 'fault') continue
      if (event.kind !== 'fault') Object.assign(last, { seq: event.seq, part: event.part })
      this.#deliver(shard, event)
    }
  }

  #flows(rows: Float64Array): void {
    const names = this.#options.windowNames
    const words = 1 + flowWords(names.length)
    for (let at = 0; at < rows.length; at += words) {
      const pair = this.#byId[rows[at]]
      this.#emitter.emit('flow', flowOf(pair.name, rows, at + 1, names))
    }
  }

  #deliver(shard: number, event: ShardEvent): void {
    const pair = this.#byId[event.pair]?.name
    const body = event.body as Record<string, never>
    if (event.kind === 'fault') {
      this.#fault(String(body['code']), String(body['message']), shard, pair)
      return
    }
    if (pair === undefined) return
    if (event.kind === 'candle') {
      const { level, ...values } = body as Record<string, number>
      const candle = { pair, interval: INTERVALS[level], ...values, closed: true }
      this.#emitter.emit('candle', candle as unknown as Candle)
      return
    }
    this.#emitter.emit(event.kind, { pair, seq: event.seq, ...body } as never)
  }

  #fault(code: string, message: string, shard?: number, pair?: string): void {
    const fault = {
      code, message, ...(shard === undefined ? {} : { shard }), ...(pair === undefined ? {} : { pair }),
    }
    if (!this.#emitter.emit('fault', fault)) this.#logger?.error(fault, 'fault')
  }

  // Told at most once a second per pair and reason; the first of its kind at once, with the remedy.
  #refused(pair: Pair<TradeIds>, refusal: number, value: unknown): void {
    const reason = REFUSAL_NAMES[refusal]
    const key = `${pair.name} ${reason}`
    const lost = this.#lost.get(key) ?? { pair: pair.name, reason, count: 0, toldMs: Number.NEGATIVE_INFINITY }
    lost.count++
    this.#lost.set(key, lost)
    const remedied = refusal === Refusal.TimeUnit || refusal === Refusal.IdNotExact
    if (remedied && !this.#told.has(key)) {
      this.#told.add(key)
      const code = refusal === Refusal.TimeUnit ? 'TIME_UNIT' : 'ID_NOT_EXACT'
      queueMicrotask(() => this.#fault(code, refusalRemedy(refusal, value), undefined, pair.name))
    }
    const now = performance.now()
    if (now - lost.toldMs < LOSS_EVERY_MS) return
    lost.toldMs = now
    queueMicrotask(() => this.#tellLosses(now))
  }

  #tellLosses(toldThrough: number): void {
    for (const lost of this.#lost.values()) {
      if (lost.count === 0 || lost.toldMs > toldThrough) continue
      const loss = { pair: lost.pair, reason: lost.reason, count: lost.count }
      lost.count = 0
      if (!this.#emitter.emit('loss', loss)) this.#logger?.warn(loss, 'ticks refused')
    }
  }
}

function openDirectory(given: string): string {
  const path = resolve(given)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return realpathSync(path)
  } catch (cause) {
    const { message } = cause as Error
    throw new EngineError('DATA_DIR', `dataDir cannot be made or entered: ${message}`, { cause })
  }
}

/** Keys of the pairs that have a file. */
function storedPairs(dataDir: string): PairKey[] {
  const keys: PairKey[] = []
  const folders = (...path: string[]) =>
    readdirSync(join(dataDir, ...path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  for (const exchange of folders()) {
    if (exchange === 'journal') continue
    for (const market of folders(exchange)) {
      for (const symbol of folders(exchange, market)) {
        const key = pairFromPath([exchange, market, symbol])
        if (key !== undefined) keys.push(key)
      }
    }
  }
  return keys
}

// Every session starts above the highest sequence in any journal. Where files are there and their
// journal is gone, the clock is: µs since the epoch are above anything counted up from 1.
function firstSequence(dataDir: string, journal: string): number {
  const highest = highestSequence(journal)
  if (highest > 0 || storedPairs(dataDir).length === 0) return highest + 1
  return listSegments(journal).length > 0 ? 1 : Date.now() * 1000
}

function sameOptions(pair: Pair, asked: ResolvedPairOptions): void {
  for (const key of ['tradeIds', 'decimals', 'maxPrice', 'maxVolume'] as const) {
    if (pair.options[key] === asked[key]) continue
    throw new EngineError(
      'PAIR_MISMATCH',
      `${pair.name} is open with another ${key}: open=${pair.options[key]} asked=${asked[key]}`,
    )
  }
}
