// The ids of an hour, brought into memory: those of its stored ticks, and of the ticks that
// retention has taken.
import type { IdPage } from '../dedupe/id-page.js'
import { TextHash } from '../dedupe/text-hash.js'
import { HOUR_US } from '../model/interval.js'
import type { Database } from '../store/duckdb.js'
import type { PairFile } from '../store/pair-file.js'
import { type IdSink, readIds, readSeenIds } from '../store/read-ids.js'
import type { PairState } from './pair-state.js'

/** Puts the page of an hour (its start, µs) into memory. */
export async function loadIds(
  pair: PairState,
  file: PairFile | undefined,
  db: Database,
  hour: number,
): Promise<void> {
  const page = pair.ids.pageOf(hour)
  const sink = sinkInto(page)
  if (file !== undefined) {
    await readIds(db, file, hour, hour + HOUR_US, pair.textual, sink)
    if (file.added.has('seen_ids')) await readSeenIds(db, file, hour, sink)
  }
  pair.ids.load(page)
}

/** Fills a page with ids as they are read. */
export function sinkInto(page: IdPage): IdSink {
  const hash = new TextHash()
  return {
    number: (hi, lo, timestamp) => page.offerBig(hi, lo, timestamp - page.start),
    text: (id, timestamp) => page.offerText(hash.of(id), timestamp - page.start),
    seen: (bytes) => page.take(bytes),
  }
}
