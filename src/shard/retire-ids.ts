// What retention takes of the ticks leaves its ids behind, for as long as the candles of its hour
// are kept: a tick that comes again must not be folded into them once more.
import { IdPage } from '../dedupe/id-page.js'
import { HOUR_US } from '../model/interval.js'
import type { Database } from '../store/duckdb.js'
import type { PairFile } from '../store/pair-file.js'
import { readIds, readSeenIds, readTickHours } from '../store/read-ids.js'
import { sinkInto } from './id-load.js'
import type { PairState } from './pair-state.js'

/** Ids that one step of retention takes, some 100 MB while it does. */
const MOST_IDS = 2 ** 22

/** The ids of ticks that are to go. */
export interface RetiredIds {
  /** Ticks before this time may go, µs; ids of later ones were not read. */
  readonly through: number
  /** What `seen_ids` is to hold of each hour (its start, µs). */
  readonly hours: readonly { readonly hour: number; readonly ids: Uint8Array }[]
}

/**
 * Reads the ids of the ticks before `cut`, µs, of hours whose candles are kept (from `kept` on), as
 * far as one step may take.
 */
export async function retiredIds(
  pair: PairState,
  file: PairFile,
  db: Database,
  { kept, cut }: { readonly kept: number; readonly cut: number },
): Promise<RetiredIds> {
  const hours: { hour: number; ids: Uint8Array }[] = []
  if (pair.options.tradeIds === 'none') return { through: cut, hours }
  let taken = 0
  for (const hour of await readTickHours(db, file.alias, kept, cut)) {
    if (taken >= MOST_IDS) return { through: hour, hours }
    const page = new IdPage(hour)
    const sink = sinkInto(page)
    await readIds(db, file, hour, Math.min(cut, hour + HOUR_US), pair.textual, sink)
    if (!page.dirty) continue
    taken += page.ids
    if (file.added.has('seen_ids')) await readSeenIds(db, file, hour, sink)
    hours.push({ hour, ids: page.encode() })
  }
  return { through: cut, hours }
}

/** Inside the commit that deletes the ticks: puts their ids in place of what the hours held. */
export function writeRetired(file: PairFile, { hours }: RetiredIds): void {
  for (const { hour, ids } of hours) {
    file.delete('at:seen_ids', hour)
    file.table('seen_ids').timestamp(hour).bytes(ids).endRow()
  }
}
