// Candles of a range, as they are at one moment: closed ones of the file and of memory, open ones,
// with CVD from its anchor, and what fills their gaps.
import { DAY_US, INTERVAL_US } from '../model/interval.js'
import type { CandleRange } from '../post/message.js'
import { START_WORD } from '../rollup/candle-record.js'
import { unpackRecord } from '../rollup/stored-record.js'
import type { Database } from '../store/duckdb.js'
import { readLimitStart, readRecords } from '../store/reads.js'
import { baseOf, type CandleRow, fillGaps, openRecords, withCvd } from './candle-rows.js'
import type { PairState } from './pair-state.js'
import { overlay, stagedRecords } from './staged.js'

/** What is asked; times in µs. */
export interface CandlesAsked {
  readonly level: number
  readonly from?: number
  /** Exclusive. */
  readonly to: number
  readonly limit?: number
  readonly includeOpen: boolean
  readonly fill: NonNullable<CandleRange['fill']>
}

/** The candles, ascending; without an alias those in memory alone. */
export async function readCandles(
  db: Database,
  pair: PairState,
  alias: string | undefined,
  q: CandlesAsked,
): Promise<CandleRow[]> {
  for (;;) {
    const through = pair.baseThrough[q.level]
    const rows = await readOnce(db, pair, alias, q)
    // Retention went on meanwhile: what it took stands in another base now.
    if (pair.baseThrough[q.level] === through) return rows
  }
}

async function readOnce(
  db: Database,
  pair: PairState,
  alias: string | undefined,
  { level, from = 0, to, limit, includeOpen, fill }: CandlesAsked,
): Promise<CandleRow[]> {
  const lengthUs = INTERVAL_US[level]
  // Everything in memory, of this moment; what the file gets later is not looked at.
  const open = pair.clock.newest > 0 ? openRecords(pair, level) : []
  const staged = stagedRecords(pair, level)
  const base = baseOf(pair, level)
  // Rows of open ones may be stored, by the end of an input: they are not asked for.
  const newest = open.at(-1)?.[START_WORD]
  const behind = includeOpen ? (newest ?? to) + lengthUs : (open[0]?.[START_WORD] ?? to)
  const end = Math.min(to, behind)
  let start = Math.max(0, from)
  if (limit !== undefined && alias !== undefined) {
    start = await readLimitStart(db, alias, level, start, end, limit)
  }
  // With no anchor CVD goes on from what retention has taken into the base; none of it is shown.
  const least = base === undefined ? start - (start % DAY_US) : base.through
  const records = alias === undefined ? [] : await readRecords(db, alias, level, least, end)
  const stored = records.map((record) => unpackRecord(record, pair.scale))
  const closed = overlay(stored, staged, least, end)
  const opened = new Set(open.map((r) => r[START_WORD]))
  const all = overlay(closed, includeOpen ? open : [], least, end)
    .map((r) => ({ r, closed: !opened.has(r[START_WORD]) }))
    // One that has closed since then was open when the others were looked at.
    .filter((one) => includeOpen || one.closed)
  const rows = withCvd(pair, level, all, base).filter((row) => row.timestamp >= start)
  if (fill === 'none') return limit === undefined ? rows : rows.slice(-limit)
  return fillGaps(rows, { lengthUs, how: fill, anchor: pair.engine.anchor, limit })
}
