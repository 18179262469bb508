// Candles' records as they stand in a file. The first words are those of the builds before: a sum
// in two limbs and a residue of two doubles. Where that is not all of a sum, the rest of all four
// follows behind a word that says so:
//
//   start … trades | buy[4] sell[4] unknown[4] quote[4] | flags revision | form | rest[4] of each
//
//   sum    lo hi residue[2]        rest   top residue[3]
//
// A record without the rest is also what those builds wrote: their middle limb can be beyond 2^52,
// and their residue of price × volume was not yet multiplied by the scale.
import { RESIDUE_WORD, SUM_WORDS } from '../model/exact-sum.js'
import { RESIDUE_WORDS } from '../model/residue.js'
import { OLD_SUM_WORDS, setOldSum } from '../model/stored-sums.js'
import { BUY_WORD, FLAGS_WORD, QUOTE_WORD, RECORD_WORDS } from './candle-record.js'

const SUMS = 4
const HEAD_WORDS = OLD_SUM_WORDS
const REST_WORDS = 4
const HEAD_RESIDUE = 2
const BEHIND_SUMS = RECORD_WORDS - FLAGS_WORD
const SHORT_WORDS = BUY_WORD + SUMS * HEAD_WORDS + BEHIND_SUMS
const REST_AT = SHORT_WORDS + 1
const LONG_WORDS = REST_AT + SUMS * REST_WORDS
/** The form of a record with the rest of its sums. */
const WITH_REST = 1

/** Whether so many words can be a stored record. */
export function isRecordLength(words: number): boolean {
  return words === SHORT_WORDS || words === LONG_WORDS
}

/** Whether a record of so many words ends before the rest of its sums. */
export function isShortRecord(words: number): boolean {
  return words === SHORT_WORDS
}

/** The record as it is stored: the rest of its sums only where there is one. */
export function packRecord(record: Float64Array): Float64Array {
  return packed(record, needsRest(record) ? LONG_WORDS : SHORT_WORDS)
}

/** Records one after another, all of one length. */
export function packRecords(records: readonly Float64Array[]): Float64Array {
  const words = records.some(needsRest) ? LONG_WORDS : SHORT_WORDS
  const all = new Float64Array(records.length * words)
  for (const [i, record] of records.entries()) all.set(packed(record, words), i * words)
  return all
}

/** A record out of a file, as folds take it; one that is so already as it is. */
export function unpackRecord(stored: Float64Array, scale: number): Float64Array {
  if (stored.length === RECORD_WORDS) return stored
  const record = new Float64Array(RECORD_WORDS)
  record.set(stored.subarray(0, BUY_WORD))
  const behind = BUY_WORD + SUMS * HEAD_WORDS
  record.set(stored.subarray(behind, SHORT_WORDS), FLAGS_WORD)
  const long = stored.length === LONG_WORDS
  for (let sum = 0; sum < SUMS; sum += 1) {
    const at = BUY_WORD + sum * SUM_WORDS
    const from = BUY_WORD + sum * HEAD_WORDS
    const head = stored.subarray(from, from + HEAD_WORDS)
    if (long) {
      const rest = stored.subarray(REST_AT + sum * REST_WORDS)
      record.set(head.subarray(0, 2), at)
      record[at + 2] = rest[0]
      record.set(head.subarray(2), at + RESIDUE_WORD)
      record.set(rest.subarray(1, REST_WORDS), at + RESIDUE_WORD + HEAD_RESIDUE)
    } else setOldSum(record, at, head, at === QUOTE_WORD ? scale : 1)
  }
  return record
}

/** What packRecords() gave, each record in memory of its own. */
export function unpackRecords(stored: Float64Array, count: number, scale: number): Float64Array[] {
  const words = stored.length / Math.max(1, count)
  return Array.from({ length: count }, (_, i) =>
    unpackRecord(stored.subarray(i * words, (i + 1) * words), scale),
  )
}

// A residue of quotes is told from an old one by the rest behind it.
function needsRest(record: Float64Array): boolean {
  if (record[QUOTE_WORD + RESIDUE_WORD] !== 0) return true
  for (let at = BUY_WORD; at < FLAGS_WORD; at += SUM_WORDS) {
    if (record[at + 2] !== 0) return true
    for (let i = HEAD_RESIDUE; i < RESIDUE_WORDS; i += 1) {
      if (record[at + RESIDUE_WORD + i] !== 0) return true
    }
  }
  return false
}

function packed(record: Float64Array, words: number): Float64Array {
  const stored = new Float64Array(words)
  stored.set(record.subarray(0, BUY_WORD))
  stored.set(record.subarray(FLAGS_WORD), BUY_WORD + SUMS * HEAD_WORDS)
  if (words === LONG_WORDS) stored[SHORT_WORDS] = WITH_REST
  for (let sum = 0; sum < SUMS; sum += 1) {
    const at = BUY_WORD + sum * SUM_WORDS
    const to = BUY_WORD + sum * HEAD_WORDS
    const residueAt = at + RESIDUE_WORD
    stored.set(record.subarray(at, at + 2), to)
    stored.set(record.subarray(residueAt, residueAt + HEAD_RESIDUE), to + 2)
    if (words === SHORT_WORDS) continue
    const rest = REST_AT + sum * REST_WORDS
    stored[rest] = record[at + 2]
    stored.set(record.subarray(residueAt + HEAD_RESIDUE, at + SUM_WORDS), rest + 1)
  }
  return stored
}
