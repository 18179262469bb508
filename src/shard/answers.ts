// Questions about a pair, answered by its owner while it goes on folding: what is staged is stored
// first, so that everybody reads what he wrote; open candles come from memory.
import { EngineError } from '../errors.js'
import type { QueryRow } from '../model/answer.js'
import type { TickArrays } from '../model/arrays.js'
import { bucketOf, INTERVAL_US, INTERVALS } from '../model/interval.js'
import { formatMicros } from '../model/time.js'
import type { Question } from '../post/message.js'
import type { Database } from '../store/duckdb.js'
import { exportTable } from '../store/export.js'
import type { IsolatedQueries } from '../store/isolated-queries.js'
import type { PairFile } from '../store/pair-file.js'
import { readTickArrays } from '../store/read-arrays.js'
import { arraysWithTextIds, withTextIds } from '../store/read-text-ids.js'
import { readGaps, readSides, readTicks, type Volumes } from '../store/reads.js'
import { readCandles } from './candle-answers.js'
import { type CandleRow, candleArrays } from './candle-rows.js'
import type { Committer } from './committer.js'
import { LookBack } from './lookback.js'
import type { PairFiles } from './pair-files.js'
import type { PairState } from './pair-state.js'
import { pairStats } from './pair-stats.js'
import { SideSums } from './side-sums.js'
import { inOrder, stagedTicks } from './staged.js'

type Ask<K extends Question['ask']> = Extract<Question, { ask: K }>

const END = Number.MAX_SAFE_INTEGER
const NO_VOLUMES: Volumes = {
  buy: 0,
  sell: 0,
  delta: 0,
  total: 0,
  trades: 0,
}

const NO_TICKS: TickArrays = {
  length: 0,
  timestamp: new Float64Array(0),
  price: new Float64Array(0),
  volume: new Float64Array(0),
  side: new Uint8Array(0),
  tradeId: undefined,
  receivedAt: new Float64Array(0),
  seq: new Float64Array(0),
}

export class Answers {
  readonly #db: Database
  readonly #files: PairFiles
  readonly #committer: Committer
  readonly #isolated: IsolatedQueries

  constructor(db: Database, files: PairFiles, committer: Committer, isolated: IsolatedQueries) {
    this.#isolated = isolated
    this.#db = db
    this.#files = files
    this.#committer = committer
  }

  async answer(pair: PairState, question: Question): Promise<unknown> {
    switch (question.ask) {
      case 'ready':
        return true
      case 'stats':
        return pairStats(pair)
      case 'last':
        return this.#last(pair)
      case 'ticks':
        return this.#ticks(pair, question)
      case 'tick-arrays':
        return this.#tickArrays(pair, question)
      case 'candles': {
        const rows = await this.#candles(pair, question)
        return question.arrays ? candleArrays(pair.name, INTERVALS[question.level], rows) : rows
      }
      case 'cvd':
        return this.#cvd(pair, question)
      case 'imbalance':
        return this.#imbalance(pair, question)
      case 'gaps':
        return this.#gaps(pair, question)
      case 'query':
        return this.#read(pair, [], (file) => this.#query(file, question))
      case 'export':
        return this.#read(pair, { rows: 0, bytes: 0 }, (file) => {
          const source = (table: string) => file.from(table)
          return exportTable(this.#db, source, question, pair.engine.dataDir, pair.ordersById)
        })
    }
  }

  #query(file: PairFile, { isolatedMb, ...query }: Ask<'query'>): Promise<QueryRow[]> {
    if (isolatedMb === undefined) return this.#db.query(file.alias, query)
    return this.#isolated.run(file, { ...query, memoryMb: isolatedMb })
  }

  /** Stops users' queries, under way or waiting. */
  stopQueries(): void {
    this.#db.stopQueries()
    this.#isolated.stop()
  }

  // Stores what is staged, then reads from the file; `none` where nothing was ever stored.
  async #read<T>(pair: PairState, none: T, from: (file: PairFile) => Promise<T>): Promise<T> {
    await this.#committer.store(pair)
    if (pair.file === undefined && !this.#files.exists(pair.name)) return none
    return this.#files.hold(pair, from)
  }

  // Without a file where the pair has none.
  async #fromFile<T>(
    pair: PairState,
    from: (file: PairFile | undefined) => Promise<T>,
  ): Promise<T> {
    if (pair.file === undefined && !this.#files.exists(pair.name)) return from(undefined)
    return this.#files.hold(pair, from)
  }

  // What is staged can be told from what is stored by its sequence, as a rule.
  async #tellApart(pair: PairState): Promise<void> {
    if (!pair.ordered) await this.#committer.store(pair)
  }

  #newest(pair: PairState): number {
    return pair.clock.newest
  }

  #checkHorizon(pair: PairState, what: string, keptUs: number, to: number): void {
    const horizon = pair.clock.estimate - keptUs
    if (pair.clock.newest === 0 || to > horizon) return
    throw new EngineError(
      'BEYOND_RETENTION',
      `${what} of ${pair.name} are kept from ${formatMicros(Math.floor(horizon))}; raise retention to keep more: to=${formatMicros(to)}`,
    )
  }

  async #last(pair: PairState) {
    const [tick] = await this.#ticks(pair, { ask: 'ticks', limit: 1 })
    return tick
  }

  async #ticks(pair: PairState, { from = 0, to = END, limit }: Ask<'ticks'>) {
    this.#checkHorizon(pair, 'ticks', pair.engine.retentionUs[0], to)
    await this.#tellApart(pair)
    const staged = stagedTicks(pair, from, to, limit)
    const span = { from, to, through: pair.ordered ? pair.storedSeq : END }
    const stored = await this.#fromFile(pair, async (file) => {
      if (file === undefined) return []
      const ticks = await readTicks(this.#db, file.alias, span, limit, pair.ordersById)
      return withTextIds(this.#db, file, ticks)
    })
    return staged.length === 0 ? stored : inOrder([...stored, ...staged], pair).slice(-limit)
  }

  async #tickArrays(pair: PairState, q: Ask<'tick-arrays'>): Promise<TickArrays> {
    const { from = 0, to = END, limit, after } = q
    const range = { from, to, limit, ...(after === undefined ? {} : { after }) }
    return this.#read(pair, NO_TICKS, async (file) => {
      this.#checkHorizon(pair, 'ticks', pair.engine.retentionUs[0], to)
      const ids = { text: pair.textual, byId: pair.ordersById }
      const arrays = await readTickArrays(this.#db, file.alias, range, ids)
      return arraysWithTextIds(this.#db, file, arrays)
    })
  }

  async #cvd(pair: PairState, q: Ask<'cvd'>) {
    const end = q.at ?? this.#newest(pair) + 1
    const v = await this.#volumes(pair, end - q.lookbackUs, end)
    return {
      from: end - q.lookbackUs,
      to: end,
      cvd: v.delta,
      buyVolume: v.buy,
      sellVolume: v.sell,
      trades: v.trades,
    }
  }

  async #imbalance(pair: PairState, q: Ask<'imbalance'>) {
    const end = q.at ?? this.#newest(pair) + 1
    const v = await this.#volumes(pair, end - q.windowUs, end)
    const imbalance = v.total === 0 ? 0 : v.delta / v.total
    return {
      from: end - q.windowUs,
      to: end,
      imbalance,
      buyVolume: v.buy,
      sellVolume: v.sell,
      delta: v.delta,
      trades: v.trades,
    }
  }

  async #volumes(pair: PairState, start: number, to: number): Promise<Volumes> {
    const from = Math.max(0, start)
    this.#checkHorizon(pair, 'ticks', pair.engine.retentionUs[0], to)
    // What is staged cannot be told from what is stored: the file has all of it.
    if (!pair.ordered) {
      const span = { from, to, through: END }
      return this.#read(pair, NO_VOLUMES, async ({ alias }) => {
        const sides = new SideSums(pair.scale)
        sides.addStored(await readSides(this.#db, alias, span, pair.options.decimals))
        return sides.volumes()
      })
    }
    const span = new LookBack(pair, from, to)
    return this.#fromFile(pair, (file) => span.volumes(this.#db, file?.alias))
  }

  async #gaps(pair: PairState, q: Ask<'gaps'>) {
    return this.#read(pair, [], ({ alias }) => readGaps(this.#db, alias, q.open))
  }

  #candles(pair: PairState, q: Ask<'candles'>): Promise<CandleRow[]> {
    // As of `at`: a candle that ends later would show what was not known then.
    const atMost = q.at === undefined ? END : bucketOf(q.at, INTERVAL_US[q.level])
    const to = Math.min(q.to ?? END, atMost)
    const what = `${INTERVALS[q.level]} candles`
    this.#checkHorizon(pair, what, pair.engine.retentionUs[q.level + 1], to)
    return this.#fromFile(pair, (file) => readCandles(this.#db, pair, file?.alias, { ...q, to }))
  }
}
