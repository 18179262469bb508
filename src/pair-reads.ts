// What a pair is asked: answered by its shard, with everything received before. The other half of a
// pair's handle is pair.ts.
import { resolve } from 'node:path'
import { types } from 'node:util'
import { bare, EngineError } from './errors.js'
import type {
  CvdAnswer,
  ImbalanceAnswer,
  PairStats,
  QueryParameter,
  QueryRow,
  StoredGap,
  StoredTick,
} from './model/answer.js'
import {
  type CandleArrays,
  cursorBehind,
  type TickArrays,
  type TickCursor,
} from './model/arrays.js'
import type { Candle } from './model/candle.js'
import {
  EXPORT_FORMATS,
  EXPORT_TABLES,
  type ExportFormat,
  type ExportTable,
} from './model/export.js'
import { flagOf, objectOf, pathOf } from './model/given.js'
import { type Interval, levelOf } from './model/interval.js'
import { bounds, limitOf } from './model/range.js'
import { durationUs, MAX_TIMESTAMP_US, type Time, toMicros } from './model/time.js'
import type { CandleRange, Question } from './post/message.js'
import type { ShardLink } from './shard-link.js'

const MOST_PARAMETERS = 1000

/** Which rows of a table are written, and where to. */
export interface ExportRange {
  file: string
  format?: ExportFormat
  from?: Time
  to?: Time
}

/** Which ticks: `from` inclusive, `to` exclusive. */
export interface TickRange {
  from?: Time
  to?: Time
  /** How many at most. */
  limit?: number
}

/** What bounds a query. */
export interface QueryOptions {
  /** Rows answered at most; more are refused. Default 100,000. */
  maxRows?: number
  /** How long it may run; ms, default 10,000. */
  timeoutMs?: number
  /**
   * Runs over a snapshot, in a process of its own that is killed at its deadline: for SQL that
   * nobody has looked at. Costs a copy of the tables it names and the start of a process.
   */
  isolated?: boolean
  /** What the process of an isolated query may take; default 1,024. */
  memoryMb?: number
}

/** Reads of one pair; every method belongs to the thread that opened the engine. */
export abstract class PairReads {
  /** Calls of trade() and the like. */
  abstract readonly offered: number
  /** Calls that were refused, whatever for. */
  abstract readonly refused: number

  /** `exchange:market:symbol`. */
  readonly name: string
  readonly #id: number
  readonly #link: ShardLink
  readonly #checkStored: (pair: string) => void

  /** `checkStored` throws UNKNOWN_PAIR where nothing was ever stored of the pair. */
  constructor(id: number, name: string, link: ShardLink, checkStored: (pair: string) => void) {
    this.#id = id
    this.name = name
    this.#link = link
    this.#checkStored = checkStored
  }

  /** Resolves when the pair's stored state is loaded. */
  async ready(): Promise<void> {
    await this.#ask({ ask: 'ready' })
  }

  /** The newest tick stored, by time, then id where ids are ordered, then arrival. */
  async last(): Promise<StoredTick | undefined> {
    return this.#ask({ ask: 'last' })
  }

  /** Missing ranges of ids ('sequential' pairs): all, or only open or closed ones. */
  async gaps(only: { open?: boolean } = {}): Promise<StoredGap[]> {
    const { open } = objectOf('only', only)
    return this.#ask({ ask: 'gaps', ...(open === undefined ? {} : { open: flagOf('open', open) }) })
  }

  /**
   * The newest ticks, ascending. `from` inclusive, `to` exclusive; default limit 1,000. With
   * `columns` as typed arrays, several times as fast.
   */
  recentTicks(range?: TickRange & { columns?: false }): Promise<StoredTick[]>
  recentTicks(range: TickRange & { columns: true }): Promise<TickArrays>
  async recentTicks(given: TickRange & { columns?: boolean } = {}) {
    const { columns = false, ...range } = objectOf('range', given)
    const asked = { limit: limitOf(range.limit ?? 1000), ...bounds(range) }
    return this.#ask<StoredTick[] | TickArrays>({
      ask: flagOf('columns', columns) ? 'tick-arrays' : 'ticks',
      ...asked,
    })
  }

  /**
   * All ticks of a range, ascending, as typed arrays of at most `limit` (default 65,536): one
   * portion is read when it is asked for, so that any range fits into memory. Without `to` it ends
   * where it has caught up; a late tick behind the portion last read is not among them.
   */
  async *ticks(range: TickRange = {}): AsyncGenerator<TickArrays, void, undefined> {
    const { from = 0, to } = bounds(objectOf('range', range))
    const limit = limitOf(range.limit ?? 65_536)
    let after: TickCursor = { timestamp: from - 1, seq: 0 }
    for (;;) {
      const upTo = to === undefined ? {} : { to }
      const part = await this.#ask<TickArrays>({ ask: 'tick-arrays', limit, from, after, ...upTo })
      if (part.length > 0) yield part
      if (part.length < limit) return
      after = cursorBehind(part)
    }
  }

  /**
   * Candles of an interval, ascending, with CVD; `from` inclusive, `to` exclusive, `limit` the
   * newest. With `columns` as typed arrays.
   */
  candles(interval: Interval, range?: CandleRange & { columns?: false }): Promise<Candle[]>
  candles(interval: Interval, range: CandleRange & { columns: true }): Promise<CandleArrays>
  async candles(interval: Interval, range: CandleRange & { columns?: boolean } = {}) {
    const { fill = 'none', includeOpen = false, columns = false } = objectOf('range', range)
    if (!['none', 'previous', 'zero'].includes(fill)) {
      throw new EngineError(
        'BAD_ARGUMENT',
        `fill must be none, previous or zero: fill=${bare(fill)}`,
      )
    }
    return this.#ask<Candle[] | CandleArrays>({
      ask: 'candles',
      arrays: flagOf('columns', columns),
      level: levelOf(interval),
      fill,
      includeOpen: flagOf('includeOpen', includeOpen),
      ...bounds(range),
      ...(range.limit === undefined ? {} : { limit: limitOf(range.limit) }),
      ...(range.at === undefined ? {} : { at: toMicros(range.at, 'at') }),
    })
  }

  /**
   * Signed taker volume over a lookback that ends at the newest tick, or at `at`. Exact to the tick
   * as far back as ticks are kept; before that whole minutes count.
   */
  async cvd(query: { lookback: string; at?: Time }): Promise<CvdAnswer> {
    const lookbackUs = durationUs(objectOf('query', query).lookback, 'lookback')
    return this.#ask({
      ask: 'cvd',
      lookbackUs,
      ...(query.at === undefined ? {} : { at: toMicros(query.at, 'at') }),
    })
  }

  /**
   * Order-flow imbalance over a window that ends at the newest tick, or at `at`. Exact to the tick
   * as far back as ticks are kept; before that whole minutes count.
   */
  async imbalance(query: { window: string; at?: Time }): Promise<ImbalanceAnswer> {
    const windowUs = durationUs(objectOf('query', query).window, 'window')
    return this.#ask({
      ask: 'imbalance',
      windowUs,
      ...(query.at === undefined ? {} : { at: toMicros(query.at, 'at') }),
    })
  }

  /**
   * One SELECT over this pair's tables, with parameters; what it may say is an allow-list, and it
   * sees everything received before. Throws QUERY_REFUSED, naming what is refused, or TIMEOUT.
   */
  async query(
    sql: string,
    params: readonly QueryParameter[] | QueryOptions = [],
    options: QueryOptions = {},
  ): Promise<QueryRow[]> {
    if (typeof sql !== 'string') {
      throw new EngineError('BAD_ARGUMENT', `sql must be text: sql=${typeof sql}`)
    }
    if (!Array.isArray(params)) return this.query(sql, [], params as QueryOptions)
    const {
      maxRows = 100_000,
      timeoutMs = 10_000,
      isolated = false,
      memoryMb = 1024,
    } = objectOf('options', options)
    return this.#ask({
      ask: 'query',
      sql,
      params: checkedParams(params),
      maxRows: limitOf(maxRows),
      timeoutMs: limitOf(timeoutMs),
      ...(flagOf('isolated', isolated) ? { isolatedMb: limitOf(memoryMb) } : {}),
    })
  }

  /**
   * Writes a table into a Parquet or CSV file, by time; `from` inclusive, `to` exclusive. The file
   * is replaced when it is whole. Throws BAD_ARGUMENT, STORE_FAILED where it cannot be written.
   */
  async export(table: ExportTable, given: ExportRange): Promise<{ rows: number; bytes: number }> {
    const { file, format = 'parquet', ...range } = objectOf('range', given)
    const { from = 0, to = MAX_TIMESTAMP_US } = bounds(range)
    return this.#ask({
      ask: 'export',
      table: oneOf('table', table, EXPORT_TABLES),
      format: oneOf('format', format, EXPORT_FORMATS),
      file: resolve(pathOf('file', file)),
      from,
      to,
    })
  }

  /** The pair's account and volumes of this session; exact at every settled moment. */
  async stats(): Promise<PairStats> {
    const session = await this.#ask<Omit<PairStats, 'offered' | 'refused'>>({ ask: 'stats' })
    return { ...session, offered: this.offered, refused: this.refused }
  }

  async #ask<T>(question: Question): Promise<T> {
    const reads = [
      'ticks',
      'tick-arrays',
      'candles',
      'cvd',
      'imbalance',
      'export',
      'query',
    ].includes(question.ask)
    if (reads && this.offered === this.refused) this.#checkStored(this.name)
    return this.#link.ask({
      type: 'question',
      through: this.#link.receivedThrough,
      pair: this.#id,
      question,
    })
  }
}

// What DuckDB can bind, and no more of it than a statement can name.
function checkedParams(params: readonly QueryParameter[]): QueryParameter[] {
  if (params.length > MOST_PARAMETERS) {
    const rule = `a query has at most ${MOST_PARAMETERS} parameters`
    throw new EngineError('BAD_ARGUMENT', `${rule}: params=${params.length}`)
  }
  // A hole in the array is undefined here, and not passed over.
  return Array.from(params, (one, i) => {
    const plain = ['number', 'string', 'boolean', 'bigint'].includes(typeof one)
    if (plain || one === null || types.isDate(one)) return one
    const rule = 'a parameter must be a number, text, true or false, a bigint, null or a Date'
    throw new EngineError('BAD_ARGUMENT', `${rule}: params[${i}]=${bare(one)}`)
  })
}

function oneOf<T extends string>(what: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw new EngineError(
    'BAD_ARGUMENT',
    `${what} must be one of ${allowed.join(', ')}: ${what}=${bare(value)}`,
  )
}
