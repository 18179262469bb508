// Ids that are text, of ticks on a pair whose ids are whole numbers: they stand beside the ticks,
// in `text_ids`, by sequence.
import type { StoredTick } from '../model/answer.js'
import type { TickArrays } from '../model/arrays.js'
import type { Database } from './duckdb.js'
import type { PairFile } from './pair-file.js'

/** The ticks, in order of time, with the ids that stand beside them. */
export async function withTextIds(
  db: Database,
  file: PairFile,
  ticks: StoredTick[],
): Promise<StoredTick[]> {
  const texts = await textsOf(db, file, ticks[0]?.timestamp, ticks.at(-1)?.timestamp)
  if (texts.size === 0) return ticks
  return ticks.map((tick) => {
    const tradeId = texts.get(tick.seq)
    return tradeId === undefined ? tick : { ...tick, tradeId }
  })
}

/** The same as columns: where one of the ids is text, all are answered as text. */
export async function arraysWithTextIds(
  db: Database,
  file: PairFile,
  arrays: TickArrays,
): Promise<TickArrays> {
  const { timestamp, seq, length, tradeId } = arrays
  const texts = await textsOf(db, file, timestamp[0], timestamp[length - 1])
  if (texts.size === 0) return arrays
  const numbers = tradeId as BigInt64Array | undefined
  const ids = Array.from(seq, (at, row) => {
    const id = numbers?.[row]
    return texts.get(at) ?? (id === undefined || id < 0n ? undefined : String(id))
  })
  return { ...arrays, tradeId: ids.some((id) => id !== undefined) ? ids : undefined }
}

// By sequence, of the times from the first to the last, µs.
async function textsOf(
  db: Database,
  file: PairFile,
  first: number | undefined,
  last: number | undefined,
): Promise<Map<number, string>> {
  if (first === undefined || last === undefined || !file.added.has('text_ids')) return new Map()
  const rows = await db.rows(
    `SELECT seq::DOUBLE AS seq, trade_id AS id FROM ${file.from('text_ids')}
     WHERE timestamp >= make_timestamp(${first}) AND timestamp <= make_timestamp(${last})`,
  )
  return new Map(rows.map(({ seq, id }) => [seq as number, id as string]))
}
