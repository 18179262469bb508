// Candles' records as they stand in a file. The first words are those of the builds before: a sum
// in two limbs and a residue of two doubles, and no ids. What else there is follows behind them:
//
//   start … trades | buy[4] sell[4] unknown[4] quote[4] | flags revision
//   | first id[2] last id[2] | form | rest[4] of each sum
//
//   sum    lo hi residue[2]        rest   top residue[3]
//
// The ids where a tick of the record has one; the rest, and the word that says so, where a sum
// needs it: the length tells. A record without them is also what those builds wrote. They went by
// arrival, as if no trade had an id; their middle limb can be beyond 2^52, and their residue of
// price × volume was not yet multiplied by the scale.
import { RESIDUE_WORD, SUM_WORDS } from '../model/exact-sum.js'
import { RESIDUE_WORDS } from '../model/residue.js'
import { OLD_SUM_WORDS, setOldSum } from '../model/stored-sums.js'
import { NO_ID_HIGH } from '../model/trade-order.js'
import {
  BUY_WORD,
  FIRST_ID_WORD,
  FLAGS_WORD,
  LAST_ID_WORD,
  QUOTE_WORD,
  RECORD_WORDS,
} from './candle-record.js'

const SUMS = 4
const HEAD_WORDS = OLD_SUM_WORDS
const REST_WORDS = 4
const HEAD_RESIDUE = 2
const OLD_FLAGS_WORD = BUY_WORD + SUMS * HEAD_WORDS
const SHORT_WORDS = OLD_FLAGS_WORD + FIRST_ID_WORD - FLAGS_WORD
const IDS_WORDS = RECORD_WORDS - FIRST_ID_WORD
const ALL_REST_WORDS = 1 + SUMS * REST_WORDS
const LENGTHS = [0, IDS_WORDS, ALL_REST_WORDS, IDS_WORDS + ALL_REST_WORDS].map(
  (more) => SHORT_WORDS + more,
)
/** The form of a record with the rest of its sums. */
const WITH_REST = 1

/** Whether so many words can be a stored record. */
export function isRecordLength(words: number): boolean {
  return LENGTHS.includes(words)
}

/** Whether a record of so many words ends before the rest of its sums. */
export function isShortRecord(words: number): boolean {
  return words < SHORT_WORDS + ALL_REST_WORDS
}

/** The record as it is stored. */
export function packRecord(record: Float64Array): Float64Array {
  return packed(record, hasIds(record), needsRest(record))
}

/** Records one after another, all of one length. */
export function packRecords(records: readonly Float64Array[]): Float64Array {
  const [ids, rest] = [records.some(hasIds), records.some(needsRest)]
  const parts = records.map((record) => packed(record, ids, rest))
  const all = new Float64Array(parts.reduce((words, part) => words + part.length, 0))
  for (const [i, part] of parts.entries()) all.set(part, i * part.length)
  return all
}

/** A record out of a file, as folds take it; one that is so already as it is. */
export function unpackRecord(stored: Float64Array, scale: number): Float64Array {
  const { length } = stored
  if (length === RECORD_WORDS) return stored
  const record = new Float64Array(RECORD_WORDS)
  record.set(stored.subarray(0, BUY_WORD))
  record.set(stored.subarray(OLD_FLAGS_WORD, SHORT_WORDS), FLAGS_WORD)
  const ids = length === LENGTHS[1] || length === LENGTHS[3] ? IDS_WORDS : 0
  if (ids > 0) record.set(stored.subarray(SHORT_WORDS, SHORT_WORDS + ids), FIRST_ID_WORD)
  else {
    record[FIRST_ID_WORD] = NO_ID_HIGH
    record[LAST_ID_WORD] = NO_ID_HIGH
  }
  for (let sum = 0; sum < SUMS; sum += 1) {
    const at = BUY_WORD + sum * SUM_WORDS
    const from = BUY_WORD + sum * HEAD_WORDS
    const head = stored.subarray(from, from + HEAD_WORDS)
    if (!isShortRecord(length)) {
      const rest = stored.subarray(SHORT_WORDS + ids + 1 + sum * REST_WORDS)
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

function hasIds(record: Float64Array): boolean {
  return record[FIRST_ID_WORD] !== NO_ID_HIGH || record[LAST_ID_WORD] !== NO_ID_HIGH
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

function packed(record: Float64Array, ids: boolean, rest: boolean): Float64Array {
  const behind = SHORT_WORDS + (ids ? IDS_WORDS : 0)
  const stored = new Float64Array(behind + (rest ? ALL_REST_WORDS : 0))
  stored.set(record.subarray(0, BUY_WORD))
  stored.set(record.subarray(FLAGS_WORD, FIRST_ID_WORD), OLD_FLAGS_WORD)
  if (ids) stored.set(record.subarray(FIRST_ID_WORD), SHORT_WORDS)
  if (rest) stored[behind] = WITH_REST
  for (let sum = 0; sum < SUMS; sum += 1) {
    const at = BUY_WORD + sum * SUM_WORDS
    const to = BUY_WORD + sum * HEAD_WORDS
    const residueAt = at + RESIDUE_WORD
    stored.set(record.subarray(at, at + 2), to)
    stored.set(record.subarray(residueAt, residueAt + HEAD_RESIDUE), to + 2)
    if (!rest) continue
    const more = behind + 1 + sum * REST_WORDS
    stored[more] = record[at + 2]
    stored.set(record.subarray(residueAt + HEAD_RESIDUE, at + SUM_WORDS), more + 1)
  }
  return stored
}
