// The rows of files into the engine, and what came of them.
import type { Feed } from '../feeds/feed.js'
import { copyBatch, idAt, type TradeBatch } from '../feeds/trade-batch.js'
import { type Pair, type PairStats, Refusal, type TickEngine, type TradeIds } from '../index.js'
import type { Side } from '../model/side.js'
import { PairRouter } from './pair-router.js'
import { Progress } from './progress.js'
import type { ReplaySummary } from './replay.js'

/** Rows looked at before the first is stored: for the pairs' names, and how ids go on. */
const LOOK_AHEAD_ROWS = 65_536

export class ReplayRun {
  /** Rows that name no pair. */
  nameless = 0
  /** Rows whose id their pair cannot take. */
  idless = 0
  readonly #engine: TickEngine
  readonly #router: PairRouter
  readonly #progress = new Progress()
  /** By the index that the file at hand gives its instruments. */
  readonly #pairs: (Pair<'integer'> | undefined)[] = []
  #ticks = 0

  constructor(engine: TickEngine, name: string | undefined, ids: TradeIds | undefined) {
    this.#engine = engine
    this.#router = new PairRouter(engine, name, ids)
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
      this.#progress.end()
      await batches.return?.()
    }
  }

  /** What there is to say of how files were taken. */
  get notes(): readonly string[] {
    return this.#router.notes
  }

  async summary(feeds: readonly Feed[], elapsedMs: number): Promise<ReplaySummary> {
    const pairs: PairStats[] = []
    for (const pair of this.#router.pairs.values()) pairs.push(await pair.stats())
    const sum = (of: (s: PairStats) => number) => pairs.reduce((n, s) => n + of(s), 0)
    const bad = feeds.reduce((n, { tally }) => n + tally.bad, 0)
    const read = feeds.reduce((n, { tally }) => n + tally.rows, 0) + bad
    // A row that found the ring full was offered again, and is no row refused.
    const refused = [...this.#router.pairs.values()].reduce((n, pair) => n + refusedOf(pair), 0)
    return {
      read,
      accepted: sum((s) => s.stored),
      rejected: sum((s) => s.rejected + s.tooLate) + refused + bad + this.nameless,
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

  #route(batch: TradeBatch): void {
    for (let i = this.#pairs.length; i < batch.instruments.length; i++) {
      this.#pairs.push(this.#router.pairOf(i))
    }
  }

  async #take(feed: Feed, batch: TradeBatch): Promise<void> {
    for (let row = 0; row < batch.count; ) {
      row = this.#trade(batch, row)
      if (row < batch.count) await this.#engine.drained()
    }
    this.#ticks += batch.count
    this.#progress.update(feed.tally.bytesRead, feed.tally.bytesTotal, this.#ticks)
  }

  // A pair that was stored with whole numbers, or without ids, takes no text.
  #idOf(pair: Pair<'integer'>, batch: TradeBatch, row: number): number | bigint | undefined {
    const id = idAt(batch, row)
    const mode = pair.options.tradeIds as TradeIds
    if (typeof id !== 'string' || mode === 'text') return id as number | bigint | undefined
    this.idless++
    return undefined
  }

  // Trades rows until one finds the ring full; returns the first not taken.
  #trade(batch: TradeBatch, from: number): number {
    for (let row = from; row < batch.count; row++) {
      const pair = this.#pairs[batch.instrument[row]]
      if (pair === undefined) {
        this.nameless++
        continue
      }
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

function refusedOf(pair: Pair<'integer'>): number {
  let refused = 0
  for (const [refusal, count] of pair.refusals) if (refusal !== Refusal.RingFull) refused += count
  return refused
}
