// A pair taken up again from its file: the state of its last commit, and the candles its folds
// need.
import type { GapLedgerState } from '../dedupe/gap-ledger.js'
import { decodeHeld } from '../dedupe/held-ids.js'
import { IdOrder, type IdOrderState } from '../dedupe/id-order.js'
import { LastTrade, type LastTradeState } from '../dedupe/last-trade.js'
import { Numberings, type NumberingsState } from '../dedupe/numbering.js'
import { EngineError, isNewer } from '../errors.js'
import { FlowState, type FlowStateRecord } from '../flow/flow-state.js'
import type { Counts } from '../model/counts.js'
import { mergeSum, SUM_WORDS } from '../model/exact-sum.js'
import { bucketOf, DAY_US, HOUR_US, INTERVAL_US, INTERVALS } from '../model/interval.js'
import { setSums } from '../model/stored-sums.js'
import { STORED_PAIR_OPTIONS, wayOn } from '../pair-options.js'
import { BUY_WORD, SELL_WORD, START_WORD } from '../rollup/candle-record.js'
import { Rollup } from '../rollup/rollup.js'
import type { RollupState } from '../rollup/rollup-state.js'
import { unpackRecord } from '../rollup/stored-record.js'
import type { Database } from '../store/duckdb.js'
import type { PairFile } from '../store/pair-file.js'
import { readLevels, readRecords } from '../store/reads.js'
import type { ClockState } from './exchange-clock.js'
import { factAbout } from './option-facts.js'
import { checkState, stateCodec } from './pair-batch.js'
import type { PairState } from './pair-state.js'
import { overlay } from './staged.js'

const END = Number.MAX_SAFE_INTEGER

/**
 * What a commit leaves of the folds. A part that is not there in version 1 may be absent: then its
 * fold starts anew, or keeps its old meaning.
 */
interface StoredState {
  readonly v?: number
  readonly epoch: number
  readonly counters: Counts
  readonly sums: Float64Array
  readonly base: Float64Array
  readonly baseThrough: number[]
  readonly firstTimestamp: number
  /** Not in files of older builds. */
  readonly noTradeTs?: number
  readonly noTradeFrom?: number
  readonly clock: ClockState
  readonly rollup: RollupState
  readonly flow: FlowStateRecord
  readonly ids: Uint8Array
  /** Of an older version, which kept one numbering, its ids in `ids`. */
  readonly gaps?: GapLedgerState
  /** Absent in what an older version wrote: then nothing is known of them. */
  readonly numberings?: NumberingsState
  readonly order?: IdOrderState
  readonly lastTrade?: LastTradeState
}

/** Loads what the pair's file holds. Counters go on only within one session (`epoch`). */
export async function loadPair(
  pair: PairState,
  file: PairFile,
  db: Database,
  epoch: number,
): Promise<void> {
  const stored = file.takeLastCommit()
  const state = stored === undefined ? undefined : unpackState(stored.state, file)
  agree(pair, file)
  if (stored !== undefined && state !== undefined) {
    restore(pair, stored.seq, state, epoch)
    restoreIds(pair, state, file.ticksFrom)
    for (const hour of pair.rollup.pagesToLoad()) await loadHour(pair, db, hour)
    pair.flow = await restoreFlow(pair, file, db, state.flow)
    pair.flow.seq = Math.min(pair.flow.seq, pair.storedSeq)
  }
  pair.phase = 'ready'
}

function unpackState(bytes: Uint8Array, file: PairFile): StoredState {
  const state = stateCodec.unpack(bytes) as StoredState
  try {
    checkState(state, file.path)
  } catch (cause) {
    file.isNewer = isNewer(cause)
    throw cause
  }
  return state
}

function agree(pair: PairState, file: PairFile): void {
  for (const option of STORED_PAIR_OPTIONS) {
    const stored = factAbout(file.meta, option)
    const given = String(pair.options[option])
    if (stored === given) continue
    throw new EngineError(
      'PAIR_MISMATCH',
      `${pair.name} was stored with another ${option}; use that one: stored=${stored} asked=${given}${wayOn(pair.name, option, given)}`,
    )
  }
}

/** Brings the stored candles of an hour and its day into the pair's rollup. */
export async function loadHour(pair: PairState, db: Database, hour: number): Promise<void> {
  const file = pair.file
  const day = hour - (hour % DAY_US)
  const bounds = INTERVALS.map((_, level): [number, number] =>
    level < 3 ? [hour, hour + HOUR_US] : [day, day + DAY_US],
  )
  // What is stored is closed, and so ends by the watermark; rows of open ones are known already.
  const { watermark } = pair.rollup
  const asked = bounds.map(([from], level) => from + INTERVAL_US[level] <= watermark)
  const rows =
    file === undefined ? bounds.map(() => []) : await readLevels(db, file.alias, bounds, asked)
  for (const records of rows) records.sort((a, b) => a[START_WORD] - b[START_WORD])
  pair.rollup.loadHour(hour, rows)
}

function restore(pair: PairState, seq: number, state: StoredState, epoch: number): void {
  const sameSession = state.epoch === epoch
  // Sequences of another directory say nothing here: what this session brings comes behind them.
  const stored = sameSession ? seq : Math.min(seq, epoch - 1)
  pair.ordered = stored === seq
  if (sameSession) {
    Object.assign(pair.counters, state.counters)
    setSums(pair.sums, state.sums)
    pair.firstTimestamp = state.firstTimestamp
  }
  setSums(pair.base, state.base)
  for (const [level, us] of state.baseThrough.entries()) pair.baseThrough[level] = us
  pair.noTradeTs = state.noTradeTs ?? 0
  pair.noTradeFrom = state.noTradeFrom ?? Number.POSITIVE_INFINITY
  pair.clock.restore(state.clock, sameSession)
  pair.rollup = Rollup.restore(state.rollup, pair.rollupOptions())
  pair.lastSeq = stored
  pair.storedSeq = stored
}

// Ids seen are read by the hour, from the ticks. Of what an older version kept of ids, their times
// are not known: it stands in for the ticks that retention had taken.
function restoreIds(pair: PairState, state: StoredState, ticksFrom: number): void {
  const { old, held } = decodeHeld(state.ids)
  pair.ids.older = held ?? (ticksFrom > 0 ? old?.heldBefore(ticksFrom) : undefined)
  const { from, to } = state.rollup.hours
  pair.ids.mayBeStored(from, to)
  // Ids of no trades stand in hours that need not have a candle.
  pair.ids.mayBeStored(pair.noTradeFrom, pair.noTradeTs)
  const options = pair.gapOptions()
  if (state.numberings !== undefined) pair.gaps = Numberings.restore(state.numberings, options)
  else if (old !== undefined && state.gaps !== undefined) {
    pair.gaps = Numberings.ofOld(old, state.gaps, pair.clock.newest, options)
  }
  if (state.order !== undefined) pair.order = IdOrder.restore(state.order)
  if (state.lastTrade !== undefined) pair.lastTrade = LastTrade.restore(state.lastTrade)
}

// The flow goes on from its anchor. Where the engine was opened with another one, CVD is summed
// anew from the candles that are kept.
async function restoreFlow(pair: PairState, file: PairFile, db: Database, saved: FlowStateRecord) {
  const { anchor } = pair.engine
  if (saved.anchor === anchor) return FlowState.restore(saved, pair.flowOptions())
  const anchorStart = anchor === 'none' ? 0 : bucketOf(saved.timestamp, DAY_US)
  const sums = new Float64Array(2 * SUM_WORDS)
  const closed = await readRecords(db, file.alias, 0, anchorStart, END)
  const stored = closed.map((record) => unpackRecord(record, pair.scale))
  // Of an open one a row may be stored, too: it is the same candle.
  for (const record of overlay(stored, pair.rollup.openCandles(0), anchorStart, END)) {
    mergeSum(sums, 0, record, BUY_WORD)
    mergeSum(sums, SUM_WORDS, record, SELL_WORD)
  }
  return FlowState.restore({ ...saved, anchor, anchorStart, sums }, pair.flowOptions())
}
