// Candles' records out of a file. Builds that did not know ids wrote shorter ones: their first and
// last ticks count as without an id, since those builds went by arrival.
import { NO_ID_HIGH } from '../model/trade-order.js'
import { FIRST_ID_WORD, LAST_ID_WORD, RECORD_WORDS } from './candle-record.js'

const WORDS_WITHOUT_IDS = FIRST_ID_WORD

/** Whether so many words can be a record. */
export function isRecordLength(words: number): boolean {
  return words === RECORD_WORDS || words === WORDS_WITHOUT_IDS
}

/** The record as folds take it: itself, or a copy with room for ids. */
export function withIds(stored: Float64Array): Float64Array {
  if (stored.length === RECORD_WORDS) return stored
  const record = new Float64Array(RECORD_WORDS)
  record.set(stored)
  record[FIRST_ID_WORD] = NO_ID_HIGH
  record[LAST_ID_WORD] = NO_ID_HIGH
  return record
}

/** Records that were stored one after another, `count` of them, each in memory of its own. */
export function splitRecords(stored: Float64Array, count: number): Float64Array[] {
  const words = stored.length / Math.max(1, count)
  return Array.from({ length: count }, (_, i) => withIds(stored.slice(i * words, (i + 1) * words)))
}
