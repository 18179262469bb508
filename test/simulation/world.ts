import { expect, vi } from 'vitest'
import { firstSequence } from '../../src/data-dir.js'
import { TickEngine } from '../../src/engine.js'
import { listSegments, readSegment } from '../../src/journal/journal-reader.js'
import { pairKey, pairPath, stableHash } from '../../src/model/pair-key.js'
import { Refusal } from '../../src/model/refusal.js'
import type { Pair } from '../../src/pair.js'
import { runShard } from '../../src/shard/run-shard.js'
import { mixedTrade } from '../support/mixed-trade.js'
import { inOrder } from '../support/naive-rollup.js'
import { emptyAccount, PairModel, type Received } from './model.js'
import { Surroundings, surround } from './running.js'
import type { Committed, StoredRow } from './store.js'
import { randomOf } from './threads.js'

const DATA = '/data'
const JOURNAL = `${DATA}/journal`
export const PAIRS = [
  { symbol: 'SEQ/USDT', tradeIds: 'sequential' },
  { symbol: 'INT/USDT', tradeIds: 'integer' },
  { symbol: 'OFF/USDT', tradeIds: 'integer' },
  { symbol: 'TXT/USDT', tradeIds: 'text' },
] as const
const SIDES = ['unknown', 'buy', 'sell']
/** A promise that is not kept within this, on a clock that is made up, never is. */
const MOST_MS = 300_000
/** So long may last what is broken while somebody waits. */
const HEALED_MS = 5000
/** Main looks around so often. */
const MOST_AT_ONCE_MS = 20

/** An engine, and what it promised. */
export class World {
  readonly random: (below: number) => number
  readonly around: Surroundings
  engine: TickEngine | undefined
  pairs: Pair[] = []
  models = PAIRS.map(({ tradeIds }, index) => new PairModel(index, tradeIds !== 'text'))
  account = emptyAccount()
  epoch = 0
  shards = 1
  readonly seen = { power: 0, worker: 0, gaveUp: 0, closes: 0, commits: 0, trades: 0, lost: 0 }
  faults: string[] = []
  #n = 1
  #refused = 0

  constructor(seed: number) {
    this.random = randomOf(seed)
    this.around = new Surroundings(this.random, runShard)
    surround(this.around)
    this.around.disk.makeFolder(JOURNAL)
  }

  /** What the steps so far come to: the same for the same seed. */
  get trace(): number {
    return this.around.threads.trace
  }

  /** Lets time pass, and whoever can go on meanwhile. */
  async pass(ms: number): Promise<void> {
    const { threads } = this.around
    const until = performance.now() + ms
    for (;;) {
      if (await threads.step()) continue
      const now = performance.now()
      if (now >= until) return
      await this.#next(until - now)
    }
  }

  // On to the next time that somebody waits for, or so far.
  #next(mostMs: number): Promise<void> {
    const { threads } = this.around
    const ms = Math.min(threads.nextDue() - performance.now(), mostMs, MOST_AT_ONCE_MS)
    vi.advanceTimersByTime(Math.max(1, Math.ceil(ms)))
    return threads.settle()
  }

  /** Lets time pass until a promise is kept or broken. */
  async keep<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    promise.then(
      () => (settled = true),
      () => (settled = true),
    )
    const from = performance.now()
    while (!settled) {
      const waited = performance.now() - from
      if (waited > MOST_MS) throw new Error('a promise of the engine is never kept')
      // There is room again, and what hung goes on: then everything must.
      if (waited > HEALED_MS) this.heal()
      if (!(await this.around.threads.step())) await this.#next(MOST_AT_ONCE_MS)
    }
    return promise
  }

  /** What was broken works again. */
  heal(): void {
    const { disk, store, threads } = this.around
    disk.full = false
    disk.broken = false
    store.failing = false
    for (const worker of threads.workers) worker.hangs = false
  }

  async open(): Promise<void> {
    const { random } = this
    this.shards = 1 + random(3)
    this.account = emptyAccount()
    this.#refused = 0
    this.faults = []
    for (let again = 0; ; again++) {
      this.around.threads.mortal = again < 3 && random(3) === 0 ? 60 : 0
      this.epoch = firstSequence(DATA, JOURNAL)
      try {
        this.engine = await this.keep(
          TickEngine.open({
            dataDir: DATA,
            shards: this.shards,
            clock: 'event',
            ringSlots: 1024,
            spillSlots: 1024,
            attachedFiles: 1 + random(4),
            waitStrategy: (['park', 'poll', 'spin'] as const)[random(3)],
          }),
        )
        break
      } catch (cause) {
        if (again > 6) throw cause
      }
    }
    this.engine.on('fault', ({ code, message }) => this.faults.push(`${code} ${message}`))
    this.engine.on('candle', () => undefined)
    this.pairs = PAIRS.map(
      ({ symbol, tradeIds }) =>
        (this.engine as TickEngine).pair('venue', 'spot', symbol, { tradeIds }) as unknown as Pair,
    )
  }

  /** What trade() returned. */
  trade(index: number, id: number): number {
    const { timestamp, price, volume, side, nothing } = mixedTrade(index, id)
    const n = this.#n++
    const given = PAIRS[index].tradeIds === 'text' ? `t${id}` : id
    const pair = this.pairs[index] as Pair<'text'>
    const receivedAt = START_OF_RECEIPTS + n
    const seq =
      nothing && id % 8 === 0
        ? pair.noTrade(timestamp, given as string, receivedAt)
        : pair.trade(timestamp, price, volume, side, given as string, receivedAt)
    if (seq < 0) {
      if (seq !== Refusal.RingFull && seq !== Refusal.ShardFailed) {
        throw new Error(`refused with ${seq}: ${this.faults.join('; ')}`)
      }
      this.#refused++
      return seq
    }
    const before = this.models[index].received.at(-1)
    if (seq <= (before?.seq ?? 0)) throw new Error(`a receipt is not above the last: ${seq}`)
    this.seen.trades++
    const shard = shardOf(index, this.shards)
    this.models[index].take(
      { n, id, seq, epoch: this.epoch, shard, acknowledged: false },
      this.account,
    )
    return seq
  }

  /** What the engine says is durable, is. */
  acknowledge(): void {
    for (const [index, { received }] of this.models.entries()) {
      const through = this.pairs[index].durable()
      for (let i = received.length - 1; i >= 0; i--) {
        const trade = received[i]
        if (trade.acknowledged || trade.epoch !== this.epoch) break
        if (trade.seq <= through) this.#acknowledgeUpTo(received, i)
      }
    }
  }

  #acknowledgeUpTo(received: readonly Received[], last: number): void {
    for (let i = last; i >= 0 && !received[i].acknowledged; i--) received[i].acknowledged = true
  }

  async flush(stored: boolean): Promise<boolean> {
    const asked = this.models.map(({ received }) => received.length - 1)
    const done = await this.keep(
      (this.engine as TickEngine).flush({ stored }).then(
        () => true,
        () => false,
      ),
    )
    if (done) {
      for (const [index, last] of asked.entries()) {
        this.#acknowledgeUpTo(this.models[index].received, last)
      }
    }
    return done
  }

  /** A thread ends: at once, or in the middle of something it does soon. */
  workerDies(): void {
    const { workers } = this.around.threads
    if (workers.length === 0) return
    this.seen.worker++
    workers[this.random(workers.length)].endsIn = 1 + this.random(12)
  }

  workerHangs(): void {
    const { workers } = this.around.threads
    if (workers.length > 0) workers[this.random(workers.length)].hangs = true
  }

  /** Every thread ends as soon as it starts, until its shard is given up. */
  async giveUp(): Promise<void> {
    const { threads } = this.around
    for (const worker of threads.workers) worker.endsIn = 1 + this.random(5)
    threads.mortal = 4
    for (let i = 0; i < 8; i++) {
      for (let k = this.random(20); k > 0; k--)
        this.trade(this.random(PAIRS.length), this.random(400))
      await this.pass(this.random(3000))
    }
    threads.mortal = 0
    const lost = PAIRS.filter((_, index) => this.trade(index, 400) === Refusal.ShardFailed).length
    expect(this.faults.some((fault) => fault.includes('given up'))).toBe(lost > 0)
    if (lost > 0) this.seen.gaveUp++
  }

  async powerFails(): Promise<void> {
    this.acknowledge()
    this.seen.power++
    this.around.threads.endAll()
    await this.around.threads.settle()
    vi.clearAllTimers()
    this.engine = undefined
    this.around.disk.powerFails(this.random)
    // Commits may fail from the start: then segments must be kept, over ends of threads too.
    this.around.store.failing = this.random(3) === 0
    await this.reopen(false)
  }

  async close(): Promise<void> {
    this.acknowledge()
    const { threads } = this.around
    this.heal()
    this.seen.closes++
    const before = threads.ended
    const given = this.faults.some((fault) => fault.includes('given up'))
    await this.keep((this.engine as TickEngine).close())
    const whole = threads.ended === before && !given
    if (whole) this.checkGaps()
    await this.reopen(whole)
  }

  /** Opens again over what is left; `whole`: nothing may be missing. */
  async reopen(whole: boolean): Promise<void> {
    const journal = await this.journaled()
    for (const [index, model] of this.models.entries()) {
      const stored = this.file(index)?.last?.seq ?? 0
      const lost = new Set<Received>()
      for (const trade of model.received) {
        const kept =
          trade.seq <= stored || journal.has(`${trade.epoch} ${trade.shard} ${trade.seq}`)
        if (kept) trade.acknowledged = true
        else lost.add(trade)
      }
      for (const trade of lost) {
        const what = `trade n=${trade.n} seq=${trade.seq} of ${PAIRS[index].symbol} is lost`
        if (trade.acknowledged) throw new Error(`${what}, and was acknowledged`)
        if (whole) throw new Error(`${what} by an orderly close`)
      }
      this.seen.lost += lost.size
      if (lost.size > 0) this.models[index] = model.without(lost)
    }
    await this.open()
    for (const index of PAIRS.keys()) {
      const stored = this.file(index)?.last?.seq ?? 0
      const ticks = this.file(index)?.ticks ?? []
      const highest = ticks.reduce((most, { seq }) => Math.max(most, seq), stored)
      expect(this.epoch, 'a session begins above every sequence stored').toBeGreaterThan(highest)
    }
  }

  /** Every sequence in the journal, by session and shard. */
  async journaled(): Promise<Set<string>> {
    const found = new Set<string>()
    for (const { path } of listSegments(JOURNAL)) {
      const sequences: number[] = []
      const { header } = await readSegment(path, {
        slots: (_words, count, first) => {
          for (let i = 0; i < count; i++) sequences.push(first + i)
        },
      })
      for (const seq of sequences) found.add(`${header?.epoch} ${header?.shard} ${seq}`)
    }
    return found
  }

  file(index: number): Committed | undefined {
    const key = pairKey('venue', 'spot', PAIRS[index].symbol)
    return this.around.store.files.get([DATA, ...pairPath(key), 'trading.duckdb'].join('/'))
  }

  /** Everything is folded and stored, and is what it ought to be; false where a shard is given up. */
  async check(): Promise<boolean> {
    this.heal()
    for (const worker of this.around.threads.workers) worker.endsIn = 0
    if (!(await this.flush(true))) return false
    await this.pass(200)
    for (const [index, model] of this.models.entries()) this.#checkPair(index, model)
    const { offered, refused, received, stored, duplicates, rejected, tooLate, noTrades } = (
      this.engine as TickEngine
    ).stats()
    expect({ received, stored, duplicates, rejected, noTrades }).toEqual(this.account)
    expect(tooLate).toBe(0)
    expect([offered, refused]).toEqual([this.#refused + received, this.#refused])
    return true
  }

  #checkPair(index: number, model: PairModel): void {
    const { symbol, tradeIds } = PAIRS[index]
    const file = this.file(index)
    if (file === undefined) {
      expect(model.received.length).toBe(0)
      return
    }
    const byId = tradeIds !== 'text'
    const ticks = inOrder(
      file.ticks.map((t) => ({
        ...t,
        side: 0,
        id: byId ? Number(t.tradeId) : undefined,
        name: t.side,
      })),
    )
    expect(
      ticks.map((t) => [
        (t.receivedAt ?? 0) - START_OF_RECEIPTS,
        t.seq,
        t.tradeId,
        t.price,
        t.name,
      ]),
      `ticks of ${symbol}`,
    ).toEqual(
      model
        .inOrder()
        .map((t) => [
          t.n,
          t.seq,
          tradeIds === 'text' ? `t${t.key}` : t.key,
          t.price,
          SIDES[t.side],
        ]),
    )
    const aside = file.rows('rejected_ticks').map((row) => Number(row[5]) - START_OF_RECEIPTS)
    expect(aside, `rejected of ${symbol}`).toEqual(model.rejected)
    if (model.stored.length === 0) return
    const { candles, flowRows, cvd, windows } = model.derived()
    for (const [level, expected] of candles.entries()) {
      const table = ['candles_1m', 'candles_5m', 'candles_15m', 'candles_1h', 'candles_1d'][level]
      const rows = [...file.rows(table)].sort((a, b) => Number(a[0]) - Number(b[0]))
      expect(rows.map(plainCandle), `${table} of ${symbol}`).toEqual(expected)
    }
    const byTime = (a: FlowRow, b: FlowRow) =>
      a.timestamp - b.timestamp || (a.window < b.window ? 1 : -1)
    expect(file.rows('order_flow').map(plainFlow).sort(byTime), `order_flow of ${symbol}`).toEqual(
      flowRows.sort(byTime),
    )
    const flow = this.pairs[index].flow()
    if (flow === undefined) return
    expect(flow, `flow of ${symbol}`).toMatchObject({
      timestamp: cvd.newest.timestamp,
      price: cvd.newest.price,
      cvd: cvd.cvd,
      anchor: cvd.start,
      windows,
    })
  }

  /** After an orderly close every id that is missing is in a gap, and no other. */
  checkGaps(): void {
    const missing = this.models[0].missing()
    const open = (this.file(0)?.rows('gaps') ?? []).filter((row) => row[6] === null)
    const inGaps = missing.filter((id) =>
      open.some(([first, last]) => id >= Number(first) && id <= Number(last)),
    )
    expect(inGaps, 'missing ids are in gaps').toEqual(missing)
    for (const [first, last, count] of open) {
      const own = missing.filter((id) => id >= Number(first) && id <= Number(last)).length
      expect(count, `gap ${first}..${last}`).toBe(own)
    }
  }
}

const START_OF_RECEIPTS = Date.UTC(2025, 2, 2) * 1000

function shardOf(index: number, shards: number): number {
  return stableHash(pairKey('venue', 'spot', PAIRS[index].symbol).name) % shards
}

function plainCandle(row: StoredRow) {
  const [start, open, high, low, close, volume, trades] = row
  const [buyVolume, sellVolume, quoteVolume, vwap, delta] = row.slice(7)
  const prices = { start, open, high, low, close, volume, trades }
  return { ...prices, buyVolume, sellVolume, quoteVolume, vwap, delta }
}

type FlowRow = ReturnType<PairModel['derived']>['flowRows'][number]

function plainFlow(row: StoredRow): FlowRow {
  const [timestamp, window, buyVolume, sellVolume, delta, imbalance, trades] = row
  return { timestamp, window, buyVolume, sellVolume, delta, imbalance, trades } as FlowRow
}
