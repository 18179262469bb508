// One pair's batch on its way into DuckDB: everything folded since the last commit, and the fold
// state that goes with it, in one transaction.
import { Packr } from 'msgpackr'
import { encodeHeld } from '../dedupe/held-ids.js'
import { bare, EngineError, newerFormat } from '../errors.js'
import { INTERVALS } from '../model/interval.js'
import { candleValues, REVISION_WORD, START_WORD } from '../rollup/candle-record.js'
import { packRecord } from '../rollup/stored-record.js'
import type { ColumnPool } from '../store/column-pool.js'
import type { PairFile } from '../store/pair-file.js'
import type { RowAppender } from '../store/row-appender.js'
import type { TickChunk } from '../store/tick-appender.js'
import type { TickColumns } from '../store/tick-columns.js'
import type { AsideTick } from './aside-tick.js'
import type { PairState } from './pair-state.js'

const SIDES = ['UNKNOWN', 'BUY', 'SELL']
/**
 * Of the state a commit leaves; 1 is that of the release before there were versions, and says none.
 * Raised with what an older release must not take for its own: it refuses the pair then.
 */
export const STATE_VERSION = 2

/** Typed arrays survive the packing. */
export const stateCodec = new Packr({ structuredClone: true })

/** Whether storing the batch deletes rows, for which statements must be prepared. */
export function replacesRows(pair: PairState): boolean {
  let replaces = pair.rollup.shown.withdrawn.length > 0
  pair.rollup.forEachDirty((_level, _record, old) => {
    replaces ||= old
  })
  pair.gaps.forEachDirty((_gap, old) => {
    replaces ||= old
  })
  return replaces
}

/**
 * Stores everything the pair has folded, synchronously. Throws STORE_FAILED with nothing stored.
 */
export function commitPair(
  pair: PairState,
  file: PairFile,
  chunk: TickChunk,
  pool: ColumnPool,
  epoch: number,
): void {
  pair.noteLast()
  file.commit({
    write: () => {
      // Inside the transaction, since an appender that dies with its thread stores what it was
      // given.
      for (const columns of pair.columns) file.appendTicks(chunk, columns)
      file.appendTicks(chunk, pair.current)
      for (const columns of [...pair.columns, pair.current]) writeTextIds(columns, file)
      writeCandles(pair, file)
      writeFlow(pair, file)
      writeGaps(pair, file)
      for (const tick of pair.aside) writeAside(tick, file, pair.textual)
      pair.noTradeIds.write(file)
      file.putState(pair.lastSeq, packState(pair, epoch))
    },
  })
  for (const columns of pair.columns) pool.giveBack(columns)
  pair.columns.length = 0
  pair.current.clear()
  pair.rollup.clearDirty()
  pair.gaps.clearDirty()
  pair.ids.settle()
  pair.aside = []
  pair.noTradeIds.clear()
  pair.flowRows = []
  pair.addedTables.clear()
  pair.stagedRows = 0
  pair.storedSeq = pair.lastSeq
  pair.dirtyFrom = Number.POSITIVE_INFINITY
}

function writeCandles(pair: PairState, file: PairFile): void {
  for (const { level, start } of pair.rollup.shown.withdrawn) {
    file.delete(`at:candles_${INTERVALS[level]}`, start)
  }
  pair.rollup.forEachDirty((level, record, replaces) => {
    const table = `candles_${INTERVALS[level]}`
    if (replaces) file.delete(`at:${table}`, record[START_WORD])
    const v = candleValues(record, pair.scale)
    file
      .table(table)
      .timestamp(record[START_WORD])
      .double(v.open)
      .double(v.high)
      .double(v.low)
      .double(v.close)
      .double(v.volume)
      .integer(v.trades)
      .double(v.buyVolume)
      .double(v.sellVolume)
      .double(v.quoteVolume)
      .double(v.vwap)
      .double(v.delta)
      .integer(record[REVISION_WORD])
      .bytes(new Uint8Array(packRecord(record).buffer))
      .endRow()
  })
}

function writeTextIds(columns: TickColumns, file: PairFile): void {
  if (columns.beside === undefined) return
  for (const [row, text] of columns.beside) {
    const [seq, timestamp] = [columns.seqAt(row), columns.timestampAt(row)]
    file.table('text_ids').integer(seq).timestamp(timestamp).text(text).endRow()
  }
}

function writeFlow(pair: PairState, file: PairFile): void {
  if (pair.flowRows.length === 0) return
  const table = file.table('order_flow')
  for (const row of pair.flowRows) {
    const [buy, sell, delta, imbalance, trades] = row.words
    table.timestamp(row.timestamp).text(row.window)
    table.double(buy).double(sell).double(delta).double(imbalance).integer(trades).endRow()
  }
}

function writeGaps(pair: PairState, file: PairFile): void {
  pair.gaps.forEachDirty((gap, replaces) => {
    if (replaces) file.delete('gap', gap.firstId, gap.openedSeq)
    const table = file.table('gaps').integer(gap.firstId).integer(gap.lastId).integer(gap.missing)
    table.timestamp(gap.timestampBefore).timestamp(gap.timestampAfter).integer(gap.openedSeq)
    integerOrNull(table, gap.closedSeq)
    table.endRow()
  })
}

function writeAside(tick: AsideTick, file: PairFile, textual: boolean): void {
  const table = file.table(tick.reason === undefined ? 'late_ticks' : 'rejected_ticks')
  table.timestamp(tick.timestamp).double(tick.price).double(tick.volume).text(SIDES[tick.side])
  const beside = typeof tick.id === 'string' && !textual ? tick.id : undefined
  if (typeof tick.id !== 'string') integerOrNull(table, tick.id)
  else if (beside === undefined) table.text(tick.id)
  else table.null()
  if (tick.receivedAt > 0) table.timestamp(tick.receivedAt)
  else table.null()
  table.integer(tick.seq)
  if (tick.reason !== undefined) table.text(tick.reason)
  table.endRow()
  if (beside === undefined) return
  file.table('text_ids').integer(tick.seq).timestamp(tick.timestamp).text(beside).endRow()
}

function integerOrNull(table: RowAppender, value: number | bigint | undefined): void {
  if (value === undefined) table.null()
  else table.integer(value)
}

/** The version of a state; throws NEWER_FORMAT for what a newer release has left. */
export function checkState(state: unknown, path: string): void {
  const version = (state as { v?: unknown }).v ?? 1
  if (typeof version === 'number' && version <= STATE_VERSION) return
  if (typeof version !== 'number') {
    throw new EngineError('STORE_FAILED', `a state of no version: version=${bare(version)}`)
  }
  throw newerFormat("the state in the pair's file", { version, reads: STATE_VERSION, path })
}

function packState(pair: PairState, epoch: number): Uint8Array {
  return stateCodec.pack({
    v: STATE_VERSION,
    epoch,
    counters: pair.counters,
    sums: pair.sums,
    base: pair.base,
    baseThrough: pair.baseThrough,
    firstTimestamp: pair.firstTimestamp,
    noTradeTs: pair.noTradeTs,
    noTradeFrom: pair.noTradeFrom,
    clock: pair.clock.save(),
    rollup: pair.rollup.save(),
    flow: pair.flow.save(),
    ids: encodeHeld(pair.ids.older),
    numberings: pair.gaps.save(),
    order: pair.order.save(),
    lastTrade: pair.lastTrade.save(),
  })
}
