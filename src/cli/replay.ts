// tickloom replay: files through the whole engine.

import { type Feed, type FeedFormat, openFeed, parseColumnMap } from '../feeds/feed.js'
import { idAt, type TradeBatch } from '../feeds/trade-batch.js'
import {
  type EngineOptions,
  type Pair,
  type PairStats,
  Refusal,
  type Retention,
  TickEngine,
  type TradeIds,
} from '../index.js'
import { parsePairName } from '../model/pair-key.js'
import type { Side } from '../model/side.js'
import { inferIds } from './infer-ids.js'
import { say } from './output.js'
import { Progress } from './progress.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

/** What a replay came to; `pairs` in the order in which they were met. */
export interface ReplaySummary {
  readonly read: number
  /** Stored. */
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
  readonly late: number
  readonly gaps: number
  readonly elapsedMs: number
  readonly ticksPerSecond: number
  readonly pairs: readonly PairSummary[]
}

export interface PairSummary {
  readonly pair: string
  readonly ticks: number
  readonly cvd: number
  readonly buyVolume: number
  readonly sellVolume: number
  readonly firstTimestamp: number
  readonly lastTimestamp: number
}

export interface ReplayResult {
  readonly summary: ReplaySummary
  readonly engine: TickEngine
  /** Lines that could not be read, and of which file. */
  readonly notes: readonly string[]
}

const ID_MODES: readonly string[] = ['integer', 'sequential', 'none']

/** Replays the files; the engine stays open for whoever wants to look. `stop` ends it early. */
export async function replay(args: Arguments, stop: AbortSignal): Promise<ReplayResult> {
  if (args.words.length === 0) throw new UsageError('replay wants a FILE, or - for standard input')
  const ids = args.text('ids')
  if (ids !== undefined && !ID_MODES.includes(ids)) {
    throw new UsageError(`--ids must be one of ${ID_MODES.join(', ')}: ${ids}`)
  }
  const map = args.text('map')
  const feeding = {
    format: (args.text('format') ?? 'auto') as FeedFormat,
    signal: stop,
    ...(map === undefined ? {} : { map: parseColumnMap(map) }),
  }
  const feeds = args.words.map((path) => openFeed(path, feeding))
  const startMs = performance.now()
  const engine = await TickEngine.open(engineOptions(args))
  engine.on('fault', ({ code, message, pair }) => say(`${pair ?? ''} ${code}: ${message}`.trim()))
  try {
    const run = new Run(engine, args.text('pair'), ids as TradeIds | undefined)
    for (const [i, feed] of feeds.entries()) {
      if (run.ids === undefined) await run.infer(openFeed(args.words[i], feeding))
      await run.feed(feed)
    }
    await engine.flush({ stored: true })
    if ((args.text('retention') ?? 'off') !== 'off') await engine.cleanup()
    const summary = await run.summary(feeds, performance.now() - startMs)
    return { summary, engine, notes: notesOf(feeds) }
  } catch (cause) {
    await engine.close()
    throw cause
  }
}

function engineOptions(args: Arguments): EngineOptions {
  const retention = args.text('retention') ?? 'off'
  const shards = args.whole('shards', 1)
  return {
    dataDir: dataDirOf(args),
    // Time moves with the file's ticks.
    clock: 'event',
    overflow: 'reject',
    closeTimeoutMs: 600_000,
    ...(retention === 'off' ? {} : { retention: keepTicks(retention) }),
    ...(shards === undefined ? {} : { shards }),
  }
}

function keepTicks(ticks: string): Retention {
  return { ticks, '1m': 'off', '5m': 'off', '15m': 'off', '1h': 'off', '1d': 'off' }
}

function notesOf(feeds: readonly Feed[]): string[] {
  return feeds
    .filter((feed) => feed.tally.bad > 0)
    .map((feed) => {
      const { bad, badLines } = feed.tally
      return `${feed.path}: ${bad} rows could not be read, the first on line ${badLines.join(', ')}`
    })
}

class Run {
  readonly ids: TradeIds | undefined
  readonly #engine: TickEngine
  readonly #name: string | undefined
  readonly #pairs: Pair<'integer'>[] = []
  readonly #byName = new Map<string, Pair<'integer'>>()
  readonly #inferred = new Map<string, TradeIds>()
  readonly #progress = new Progress()
  #ticks = 0

  constructor(engine: TickEngine, name: string | undefined, ids: TradeIds | undefined) {
    this.#engine = engine
    this.#name = name
    this.ids = ids
    if (name !== undefined) parsePairName(name)
  }

  /** Looks at the first rows of a file for how its ids go on. */
  async infer(feed: Feed): Promise<void> {
    if (feed.path === '-') return
    for (const [name, ids] of await inferIds(feed)) {
      if (!this.#inferred.has(name)) this.#inferred.set(name, ids)
    }
  }

  async feed(feed: Feed): Promise<void> {
    this.#pairs.length = 0
    for await (const batch of feed) {
      for (let i = this.#pairs.length; i < batch.instruments.length; i++) {
        this.#pairs.push(this.#pairOf(feed, batch, i))
      }
      for (let row = 0; row < batch.count; ) {
        row = this.#trade(batch, row)
        if (row < batch.count) await this.#engine.drained()
      }
      this.#ticks += batch.count
      this.#progress.update(feed.tally.bytesRead, feed.tally.bytesTotal, this.#ticks)
    }
    this.#progress.end()
  }

  async summary(feeds: readonly Feed[], elapsedMs: number): Promise<ReplaySummary> {
    const pairs: PairStats[] = []
    for (const pair of this.#byName.values()) pairs.push(await pair.stats())
    const sum = (of: (s: PairStats) => number) => pairs.reduce((n, s) => n + of(s), 0)
    const bad = feeds.reduce((n, { tally }) => n + tally.bad, 0)
    const read = feeds.reduce((n, { tally }) => n + tally.rows, 0) + bad
    return {
      read,
      accepted: sum((s) => s.stored),
      rejected: sum((s) => s.rejected + s.tooLate + s.refused) + bad,
      duplicates: sum((s) => s.duplicates),
      late: sum((s) => s.late),
      gaps: sum((s) => s.gaps),
      elapsedMs: Math.round(elapsedMs),
      ticksPerSecond: Math.round((read / elapsedMs) * 1000),
      pairs: pairs.map(({ pair, stored, cvd, buyVolume, sellVolume, ...s }) => {
        const { firstTimestamp, lastTimestamp } = s
        return { pair, ticks: stored, cvd, buyVolume, sellVolume, firstTimestamp, lastTimestamp }
      }),
    }
  }

  // Trades rows until one finds the ring full; returns the first not taken.
  #trade(batch: TradeBatch, from: number): number {
    for (let row = from; row < batch.count; row++) {
      const received = batch.receivedAt[row]
      const receipt = this.#pairs[batch.instrument[row]].trade(
        batch.timestamp[row],
        batch.price[row],
        batch.volume[row],
        batch.side[row] as Side,
        idAt(batch, row),
        Number.isNaN(received) ? 0 : received,
      )
      if (receipt === Refusal.RingFull) return row
    }
    return batch.count
  }

  #pairOf(feed: Feed, batch: TradeBatch, index: number): Pair<'integer'> {
    const { exchange, symbol } = batch.instruments[index]
    const each = this.#name?.endsWith(':*') === true && symbol !== undefined
    if (this.#name !== undefined && !each && index > 0) {
      throw new UsageError(
        `${feed.path} holds several symbols (${batch.instruments.map((i) => i.symbol).join(', ')}); say --pair EXCHANGE:MARKET:*, so that each becomes its own pair`,
      )
    }
    if (this.#name === undefined && (exchange === undefined || symbol === undefined)) {
      const missing = symbol === undefined ? 'symbol' : 'exchange'
      throw new UsageError(
        `${feed.path} does not name its ${missing}; say which pair it is: tickloom replay ${feed.path} --pair binance:spot:${symbol === undefined ? 'BTC/USDT' : '*'}`,
      )
    }
    const given = each ? this.#name?.replace('*', symbol) : this.#name
    const name = given ?? `${exchange?.toLowerCase()}:spot:${symbol}`
    const key = parsePairName(name)
    let pair = this.#byName.get(key.name)
    if (pair === undefined) {
      const ids = feed.hasIds === false ? 'none' : (this.ids ?? this.#inferredFor(symbol))
      const options = { tradeIds: ids as 'integer' }
      pair = this.#engine.pair(key.exchange, key.market, key.symbol, options)
      this.#byName.set(key.name, pair)
    }
    return pair
  }

  #inferredFor(symbol: string | undefined): TradeIds {
    return this.#inferred.get(symbol ?? '') ?? 'integer'
  }
}
