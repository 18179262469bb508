// Rows past their horizon go, and the file gives the space back. The clock is the pair's estimated
// exchange time: one tick from the future, or a wrong clock, deletes nothing.
// Nothing the watermark has not passed is deleted, and candles go by whole days, so that a day can
// be refolded.
import { mergeSum, SUM_WORDS } from '../model/exact-sum.js'
import { DAY_US, INTERVALS } from '../model/interval.js'
import { BUY_WORD, SELL_WORD } from '../rollup/candle-record.js'
import { unpackRecord } from '../rollup/stored-record.js'
import { ADDED_TABLES } from '../store/added-tables.js'
import type { Database } from '../store/duckdb.js'
import type { PairFile } from '../store/pair-file.js'
import { readRecords } from '../store/reads.js'
import type { Committer } from './committer.js'
import type { PairFiles } from './pair-files.js'
import type { PairState } from './pair-state.js'
import { retiredIds, writeRetired } from './retire-ids.js'

/** Rows kept of late and rejected ticks. */
const KEPT_ASIDE = 100_000
/** How often ids are read again of ticks that are to go, where others were stored meanwhile. */
const TRIES = 5

/** Runs retention over one pair: commit, delete, checkpoint. Its cycle time is a few tens of ms. */
export async function retainPair(
  pair: PairState,
  db: Database,
  files: PairFiles,
  committer: Committer,
): Promise<void> {
  if (pair.phase !== 'ready' || pair.clock.newest === 0) return
  if (!files.exists(pair.name) && pair.stagedRows === 0) return
  await files.hold(pair, (file) => retain(pair, file, db, committer))
}

async function retain(
  pair: PairState,
  file: PairFile,
  db: Database,
  committer: Committer,
): Promise<void> {
  await file.prepareRetiring()
  const kept = pair.engine.retentionUs
  const cuts = INTERVALS.map((_, level) => candleCut(pair, kept[level + 1]))
  if (pair.engine.anchor === 'none') {
    // What goes into the base is read from the file.
    await committer.store(pair)
    for (const [level, cut] of cuts.entries()) {
      if (cut > 0) await carryBase(pair, db, file.alias, level, cut)
    }
  }
  const tickCut = Math.floor(Math.min(horizon(pair, kept[0]), pair.rollup.watermark))
  if (tickCut > file.ticksFrom && Number.isFinite(tickCut)) {
    file.ticksFrom = tickCut
    pair.touch(pair.lastSeq)
  }
  if (tickCut > 0 && Number.isFinite(tickCut)) {
    await retireTicks(pair, file, db, committer, { kept: cuts[0], cut: tickCut })
  }
  await committer.store(pair)
  if (pair.ids.older !== undefined && pair.ids.older.before <= cuts[0]) pair.ids.older = undefined
  // Between quiet() and what comes behind it another pair's turn may begin.
  while (!db.isQuiet) await db.quiet()
  file.commit({
    write: () => {
      for (const [level, cut] of cuts.entries()) {
        if (cut > 0) file.delete(`before:candles_${INTERVALS[level]}`, cut)
      }
      if (cuts[0] > 0) file.delete('before:order_flow', cuts[0])
      if (cuts[0] > 0) deleteAdded(file, 'candles_1m', cuts[0])
      file.delete('newest:late_ticks', KEPT_ASIDE)
      file.delete('newest:rejected_ticks', KEPT_ASIDE)
    },
  })
  await file.checkpoint()
}

// Ticks go and leave their ids behind. What was stored while these were read may be as old: then
// they are read again, and where a pair stores all the time its ticks wait for the next run.
async function retireTicks(
  pair: PairState,
  file: PairFile,
  db: Database,
  committer: Committer,
  span: { readonly kept: number; readonly cut: number },
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    await committer.store(pair)
    const { storedSeq } = pair
    const retired = await retiredIds(pair, file, db, span)
    if (retired.hours.length > 0) await file.prepareTables(['seen_ids'])
    while (!db.isQuiet) await db.quiet()
    if (pair.storedSeq !== storedSeq) continue
    file.commit({
      write: () => {
        file.delete('before:ticks', retired.through)
        deleteAdded(file, 'ticks', retired.through)
        writeRetired(file, retired)
      },
    })
    if (retired.through === span.cut) return
    tries = -1
  }
}

function deleteAdded(file: PairFile, keptLike: 'ticks' | 'candles_1m', cut: number): void {
  for (const name of file.added.ready) {
    if (ADDED_TABLES[name].keptLike === keptLike) file.delete(`before:${name}`, cut)
  }
}

// What is older has had its time by the exchange's clock and, in live use, by ours too: a venue's
// tick from the future deletes nothing, and neither does our clock gone wrong. Ours is not known
// before the first clock record of the session.
function horizon(pair: PairState, keptUs: number): number {
  const { estimate, wall } = pair.clock
  if (pair.engine.clock === 'event') return estimate - keptUs
  return wall === 0 ? Number.NEGATIVE_INFINITY : Math.min(estimate, wall) - keptUs
}

function candleCut(pair: PairState, keptUs: number): number {
  const cut = Math.min(horizon(pair, keptUs), pair.rollup.watermark)
  return Number.isFinite(cut) && cut > 0 ? cut - (cut % DAY_US) : 0
}

// With no anchor CVD runs on for ever: what goes is added to the level's base first.
async function carryBase(
  pair: PairState,
  db: Database,
  alias: string,
  level: number,
  cut: number,
): Promise<void> {
  const from = pair.baseThrough[level]
  if (cut <= from) return
  const at = level * 2 * SUM_WORDS
  for (const stored of await readRecords(db, alias, level, from, cut)) {
    const record = unpackRecord(stored, pair.scale)
    mergeSum(pair.base, at, record, BUY_WORD)
    mergeSum(pair.base, at + SUM_WORDS, record, SELL_WORD)
  }
  pair.baseThrough[level] = cut
  pair.touch(pair.lastSeq)
}
