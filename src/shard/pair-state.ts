// All that a shard knows of one pair: its folds, what of it is staged for DuckDB, and how far it is
// stored. No I/O here: loading is pair-load.ts, storing is pair-batch.ts.
import type { Gap } from '../dedupe/gap-ledger.js'
import { IdLedger } from '../dedupe/id-ledger.js'
import { IdOrder } from '../dedupe/id-order.js'
import { LastTrade } from '../dedupe/last-trade.js'
import { Numberings } from '../dedupe/numbering.js'
import { FlowState } from '../flow/flow-state.js'
import { DAY_PAGES, HOUR_PAGES, ID_PAGES } from '../limits.js'
import { type Counts, zeroCounts } from '../model/counts.js'
import { addTradeVolume, SUM_WORDS } from '../model/exact-sum.js'
import { INTERVAL_US } from '../model/interval.js'
import { Side } from '../model/side.js'
import { ordersById } from '../model/trade-order.js'
import type { ResolvedOptions } from '../options.js'
import type { ResolvedPairOptions } from '../pair-options.js'
import type { Snapshot } from '../ring/snapshot.js'
import { START_WORD } from '../rollup/candle-record.js'
import { Rollup } from '../rollup/rollup.js'
import type { AddedTable } from '../store/added-tables.js'
import type { ColumnPool } from '../store/column-pool.js'
import type { PairFile } from '../store/pair-file.js'
import { TickColumns } from '../store/tick-columns.js'
import type { AsideTick } from './aside-tick.js'
import { ExchangeClock } from './exchange-clock.js'
import { lastStaged } from './identified.js'
import { NoTradeIds } from './no-trade-ids.js'

/**
 * 'unloaded': its file must be read first; 'ready': ticks can be folded; 'refused': its file is not
 * fit.
 */
export type PairPhase = 'unloaded' | 'ready' | 'refused'

/** One row of order_flow: the windows as they stood at the end of a minute. */
export interface FlowRow {
  readonly timestamp: number
  readonly window: string
  readonly words: Float64Array
}

/** Where a pair's events go. */
export interface PairSink {
  /** `closed` false: as it stands at the end of the input. */
  candle(pair: PairState, level: number, record: Float64Array, closed: boolean): void
  gap(pair: PairState, gap: Gap): void
  refused(pair: PairState): void
}

const WINDOW_WORDS = 5

export class PairState {
  readonly name: string
  readonly options: ResolvedPairOptions
  readonly scale: number
  /** Whether trades of one time are in the order of their ids, or in that of arrival. */
  readonly ordersById: boolean
  /** Prices below it are none. */
  readonly leastPrice: number
  readonly engine: ResolvedOptions
  readonly clock = new ExchangeClock()
  rollup: Rollup
  flow: FlowState
  readonly ids = new IdLedger({ maxPages: ID_PAGES })
  /** Ids are text. */
  readonly textual: boolean
  lastTrade = new LastTrade()
  /** How the venue numbers: with 'sequential' ids, and with others that are whole numbers. */
  gaps: Numberings
  order = new IdOrder()
  counters: Counts = zeroCounts()
  /** The same of slots replayed from an earlier session's journal. */
  readonly recovered: Counts = zeroCounts()
  /** Session volumes: bought, sold, of unknown side. */
  readonly sums = new Float64Array(3 * SUM_WORDS)
  /**
   * With no anchor: volumes bought and sold of the candles retention took, by level, and up to
   * when.
   */
  readonly base = new Float64Array(INTERVAL_US.length * 2 * SUM_WORDS)
  readonly baseThrough = INTERVAL_US.map(() => 0)
  firstTimestamp = 0
  /** Newest exchange time of a slot that is no trade, µs: no clock moves, but its id is known. */
  noTradeTs = 0
  /** Time of the earliest whose id is kept, µs. */
  noTradeFrom = Number.POSITIVE_INFINITY

  phase: PairPhase = 'ready'
  /** Why it is refused. */
  refusal: unknown
  /** Set while main has declared the pair in this session. */
  id = -1
  snapshot: Snapshot | undefined
  file: PairFile | undefined
  /** Reads and the like that need the file attached until they end. */
  holds = 0
  /** Attaching or loading is under way. */
  attaching: Promise<PairFile> | undefined
  /** Its file is being made ready for a commit, beside the folding. */
  preparing = false
  /** Not before this (ms of the shard's monotonic clock) is a commit that failed tried again. */
  retryMs = Number.NEGATIVE_INFINITY

  /** Sequence of the last slot folded, and of the last one stored in DuckDB. */
  lastSeq = 0
  storedSeq = 0
  /** First sequence that is not stored yet, Infinity when all is. */
  dirtyFrom = Number.POSITIVE_INFINITY
  /** When it became so, ms of the shard's monotonic clock. */
  dirtySince = 0
  /** Snapshot and flow post are behind. */
  changed = false
  lastPostMs = Number.NEGATIVE_INFINITY

  /** What is stored has lower sequences than what is staged; not so in a file from elsewhere. */
  ordered = true
  readonly columns: TickColumns[] = []
  current = new TickColumns()
  stagedRows = 0
  aside: AsideTick[] = []
  readonly noTradeIds = new NoTradeIds()
  flowRows: FlowRow[] = []
  /** Tables that the batch writes to and that a file gets with their first row. */
  readonly addedTables = new Set<AddedTable>()
  /** Suppressed late and reject events, by reason; told at most once a second of exchange time. */
  readonly untold = new Map<string, { count: number; second: number }>()
  /** Faults that are told once. */
  readonly told = new Set<string>()

  constructor(
    name: string,
    options: ResolvedPairOptions,
    engine: ResolvedOptions,
    readonly sink: PairSink,
  ) {
    this.name = name
    this.options = options
    this.engine = engine
    this.scale = 10 ** options.decimals
    this.ordersById = ordersById(options)
    this.leastPrice = options.prices === 'any' ? -options.maxPrice : Number.MIN_VALUE
    this.rollup = new Rollup(this.rollupOptions())
    this.flow = new FlowState(this.flowOptions())
    this.textual = options.tradeIds === 'text'
    this.gaps = new Numberings(this.gapOptions())
  }

  gapOptions() {
    return {
      latenessUs: this.engine.latenessUs,
      sink: {
        gap: (gap: Gap) => {
          this.touch(this.lastSeq)
          this.sink.gap(this, gap)
        },
      },
    }
  }

  rollupOptions() {
    return {
      scale: this.scale,
      maxHourPages: HOUR_PAGES,
      maxDayPages: DAY_PAGES,
      sink: {
        candle: (level: number, record: Float64Array, closed: boolean) =>
          this.#candle(level, record, closed),
      },
    }
  }

  flowOptions() {
    return {
      scale: this.scale,
      anchor: this.engine.anchor,
      windowsUs: this.engine.windowsUs,
      latenessUs: this.engine.latenessUs,
    }
  }

  /**
   * Moves the watermark to the exchange time less the lateness: closes candles, opens gaps. Whether
   * any candle was closed or revised.
   */
  advance(exchangeTime: number, seq: number): boolean {
    const watermark = exchangeTime - this.engine.latenessUs
    const rollup = this.rollup
    const closes = watermark >= rollup.nextCloseEnd || rollup.revisionPending
    if (closes) {
      this.lastSeq = seq
      this.touch(seq)
      this.#closedFrom = rollup.watermark
      rollup.advance(watermark)
      this.#closedFrom = Number.POSITIVE_INFINITY
    } else if (watermark > rollup.watermark) {
      rollup.watermark = watermark
    }
    if (this.gaps.hasPending) {
      this.lastSeq = seq
      this.gaps.advance(watermark, seq)
    }
    return closes
  }

  /**
   * The input has ended, with the slot `seq`: open candles are stored and told as they stand. The
   * windows are not: their minute has not closed.
   */
  showOpen(seq: number): void {
    if (!this.rollup.showOpen()) return
    this.lastSeq = seq
    this.touch(seq)
  }

  /** No more ticks will come: what is still missing is missing. */
  endInput(): void {
    if (!this.gaps.hasPending) return
    this.touch(this.lastSeq)
    this.gaps.advance(Number.POSITIVE_INFINITY, this.lastSeq)
  }

  /** Counts a stored trade's volume into the session's sums. */
  countVolume(trade: Float64Array, side: Side): void {
    const at = side === Side.Buy ? 0 : side === Side.Sell ? SUM_WORDS : 2 * SUM_WORDS
    addTradeVolume(this.sums, at, trade, this.scale)
  }

  /**
   * Takes nothing more: what is staged is dropped, and stays in the journal, since it is not
   * stored.
   */
  refuse(cause: unknown): void {
    this.phase = 'refused'
    this.refusal = cause
    this.columns.length = 0
    this.current = new TickColumns()
    this.stagedRows = 0
    this.aside = []
    this.flowRows = []
    this.noTradeIds.clear()
    this.addedTables.clear()
    this.sink.refused(this)
  }

  /** Something of the slot `seq` is to be stored. */
  touch(seq: number): void {
    if (seq < this.dirtyFrom) {
      this.dirtyFrom = seq
      this.dirtySince = performance.now()
    }
  }

  /** Brings the last trade up to what is staged. */
  noteLast(): void {
    const last = lastStaged(this.columns, this.current)
    if (last !== undefined) this.lastTrade.take(last)
  }

  /** Keeps a tick beside the others. */
  setAside(tick: AsideTick): void {
    this.aside.push(tick)
    if (typeof tick.id === 'string' && !this.textual) this.addedTables.add('text_ids')
  }

  /** The row that is pushed next has an id that is text, on a pair whose ids are numbers. */
  setBeside(text: string): void {
    this.current.setBeside(text)
    this.addedTables.add('text_ids')
  }

  /** Hands the full columns over and starts new ones. */
  turnColumns(pool: ColumnPool): void {
    this.columns.push(this.current)
    this.current = pool.take()
  }

  // What ends by this was closed before, and is posted again for a late tick.
  #closedFrom = Number.POSITIVE_INFINITY

  #candle(level: number, record: Float64Array, closed: boolean): void {
    const start = record[START_WORD]
    if (level === 0 && start + INTERVAL_US[0] > this.#closedFrom) this.#keepFlow(start)
    this.sink.candle(this, level, record, closed)
  }

  // As the windows stand when the minute closes: a late tick does not change what was told then.
  #keepFlow(start: number): void {
    for (let i = 0; i < this.engine.windowsUs.length; i++) {
      const words = new Float64Array(WINDOW_WORDS)
      this.flow.windowAt(i, start + INTERVAL_US[0], words, 0)
      this.flowRows.push({ timestamp: start, window: this.engine.windowNames[i], words })
    }
  }
}
