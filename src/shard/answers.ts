// Questions about a pair, answered by its owner while it goes on folding: what is staged is stored
// first, so that everybody reads what he wrote; open candles come from memory.
import { EngineError } from '../errors.js'
import { differenceValue, mergeSum, SUM_WORDS } from '../model/exact-sum.js'
import { bucketOf, DAY_US, INTERVAL_US, INTERVALS } from '../model/interval.js'
import { formatMicros } from '../model/time.js'
import type { Question } from '../post/message.js'
import {
  BUY_WORD,
  candleValues,
  REVISION_WORD,
  SELL_WORD,
  START_WORD,
} from '../rollup/candle-record.js'
import type { Database } from '../store/duckdb.js'
import { exportTable } from '../store/export.js'
import {
  readGaps,
  readLimitStart,
  readRecords,
  readTicks,
  readVolumes,
  type Volumes,
} from '../store/reads.js'
import type { Committer } from './committer.js'
import type { PairFiles } from './pair-files.js'
import type { PairState } from './pair-state.js'
import { pairStats } from './pair-stats.js'

type Ask<K extends Question['ask']> = Extract<Question, { ask: K }>

const END = Number.MAX_SAFE_INTEGER
const NO_VOLUMES: Volumes = {
  buy: 0,
  sell: 0,
  delta: 0,
  total: 0,
  trades: 0,
  oldest: undefined,
}

export class Answers {
  readonly #db: Database
  readonly #files: PairFiles
  readonly #committer: Committer

  constructor(db: Database, files: PairFiles, committer: Committer) {
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
      case 'candles':
        return this.#candles(pair, question)
      case 'cvd':
        return this.#cvd(pair, question)
      case 'imbalance':
        return this.#imbalance(pair, question)
      case 'gaps':
        return this.#gaps(pair, question)
      case 'query':
        return this.#read(pair, [], (alias) => this.#db.query(alias, question))
      case 'export':
        return this.#read(pair, { rows: 0, bytes: 0 }, (alias) =>
          exportTable(this.#db, alias, question, pair.engine.dataDir),
        )
    }
  }

  // Stores what is staged, then reads from the file; `none` where nothing was ever stored.
  async #read<T>(pair: PairState, none: T, from: (alias: string) => Promise<T>): Promise<T> {
    await this.#committer.store(pair)
    if (pair.file === undefined && !this.#files.exists(pair.name)) return none
    return this.#files.hold(pair, (file) => from(file.alias))
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

  async #ticks(pair: PairState, q: Ask<'ticks'>) {
    const to = q.to ?? END
    return this.#read(pair, [], (alias) => {
      this.#checkHorizon(pair, 'ticks', pair.engine.retentionUs[0], to)
      return readTicks(this.#db, alias, q.from ?? 0, to, q.limit)
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

  async #volumes(pair: PairState, from: number, to: number) {
    const { decimals } = pair.options
    return this.#read(pair, NO_VOLUMES, (alias) => {
      this.#checkHorizon(pair, 'ticks', pair.engine.retentionUs[0], to)
      return readVolumes(this.#db, alias, Math.max(0, from), to, pair.offGrid, decimals)
    })
  }

  async #gaps(pair: PairState, q: Ask<'gaps'>) {
    return this.#read(pair, [], (alias) => readGaps(this.#db, alias, q.open))
  }

  #candles(pair: PairState, q: Ask<'candles'>): Promise<CandleRow[]> {
    return this.#read(pair, [], (alias) => this.#candlesOf(pair, alias, q))
  }

  async #candlesOf(pair: PairState, alias: string, q: Ask<'candles'>): Promise<CandleRow[]> {
    const lengthUs = INTERVAL_US[q.level]
    const open = q.includeOpen && pair.clock.newest > 0 ? openRecords(pair, q.level) : []
    // As of `at`: a candle that ends later would show what was not known then.
    const to = Math.min(q.to ?? END, q.at === undefined ? END : bucketOf(q.at, lengthUs))
    this.#checkHorizon(
      pair,
      `${INTERVALS[q.level]} candles`,
      pair.engine.retentionUs[q.level + 1],
      to,
    )
    let from = Math.max(0, q.from ?? 0)
    const openShown = open.filter((r) => r[START_WORD] >= from && r[START_WORD] < to)
    if (q.limit !== undefined && q.fill === 'none') {
      const wanted = q.limit - openShown.length
      from =
        wanted > 0
          ? await readLimitStart(this.#db, alias, q.level, from, to, wanted)
          : (openShown[openShown.length - q.limit]?.[START_WORD] ?? from)
    }
    const anchored =
      pair.engine.anchor === 'utc-day' ? from - (from % DAY_US) : pair.baseThrough[q.level]
    const records = await readRecords(this.#db, alias, q.level, Math.min(anchored, from), to)
    const all = [
      ...records.map((r) => ({ r, closed: true })),
      ...openShown.map((r) => ({ r, closed: false })),
    ]
    const rows = withCvd(pair, q.level, all).filter((row) => row.timestamp >= from)
    const filled = q.fill === 'none' ? rows : fill(rows, lengthUs, q, pair.engine.anchor)
    return q.limit === undefined ? filled : filled.slice(-q.limit)
  }
}

type CandleRow = ReturnType<typeof rowOf>

function rowOf(pair: PairState, level: number, record: Float64Array, closed: boolean, cvd: number) {
  const {
    open,
    high,
    low,
    close,
    volume,
    trades,
    buyVolume,
    sellVolume,
    quoteVolume,
    vwap,
    delta,
  } = candleValues(record, pair.scale)
  return {
    pair: pair.name,
    interval: INTERVALS[level],
    timestamp: record[START_WORD],
    open,
    high,
    low,
    close,
    volume,
    trades,
    buyVolume,
    sellVolume,
    quoteVolume,
    vwap,
    delta,
    revision: record[REVISION_WORD],
    closed,
    cvd,
  }
}

// Copies of every open candle of the level, oldest first: the newest as the rollup folds it.
function openRecords(pair: PairState, level: number): Float64Array[] {
  return pair.rollup.openCandles(level).map((record) => record.slice())
}

// CVD at each candle's close: the running sum of exact deltas from the anchor.
function withCvd(
  pair: PairState,
  level: number,
  all: readonly { r: Float64Array; closed: boolean }[],
): CandleRow[] {
  const sums = new Float64Array(2 * SUM_WORDS)
  const byDay = pair.engine.anchor === 'utc-day'
  if (!byDay) sums.set(pair.base.subarray(level * 2 * SUM_WORDS, (level + 1) * 2 * SUM_WORDS))
  let day = -1
  return all.map(({ r, closed }) => {
    const today = bucketOf(r[START_WORD], DAY_US)
    if (byDay && today !== day) sums.fill(0)
    day = today
    mergeSum(sums, 0, r, BUY_WORD)
    mergeSum(sums, SUM_WORDS, r, SELL_WORD)
    return rowOf(pair, level, r, closed, differenceValue(sums, 0, SUM_WORDS, pair.scale))
  })
}

// Empty buckets between the first and the last candle: 'previous' at the last close, 'zero' at 0.
function fill(rows: CandleRow[], lengthUs: number, q: Ask<'candles'>, anchor: string): CandleRow[] {
  const filled: CandleRow[] = []
  for (const row of rows) {
    const last = filled[filled.length - 1]
    if (last !== undefined) {
      for (let t = last.timestamp + lengthUs; t < row.timestamp; t += lengthUs) {
        const price = q.fill === 'previous' ? last.close : 0
        // The anchor may lie among the empty ones.
        const anew = anchor === 'utc-day' && bucketOf(t, DAY_US) > bucketOf(last.timestamp, DAY_US)
        filled.push({ ...emptyRow(last, t, price), ...(anew ? { cvd: 0 } : {}) })
      }
    }
    filled.push(row)
  }
  return filled
}

function emptyRow(last: CandleRow, timestamp: number, price: number): CandleRow {
  return {
    ...last,
    timestamp,
    open: price,
    high: price,
    low: price,
    close: price,
    vwap: price,
    volume: 0,
    trades: 0,
    buyVolume: 0,
    sellVolume: 0,
    quoteVolume: 0,
    delta: 0,
    revision: 0,
    closed: true,
  }
}
