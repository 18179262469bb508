// Ticks against themselves: each once, in the order in which they were taken, and none that the
// last commit's state does not know of.

import { wholeAnswer } from '../store/whole-answer.js'
import type { CheckedFile } from './verify.js'

/** Ticks over which every kind of id is told again: text ids and sparse ones no longer. */
const REMEMBERED = 16_384

const TABLES = ['ticks', 'late_ticks', 'rejected_ticks']

/** Checks a file's ticks; returns how many there are. */
export async function checkTicks(file: CheckedFile): Promise<number> {
  for (const table of TABLES) await checkOrder(file, table)
  if (file.meta['trade_ids'] !== 'none') await checkIds(file)
  await checkState(file)
  const [row] = await rowsOf(file, 'SELECT count(*)::DOUBLE AS n FROM ticks')
  return row['n'] as number
}

async function checkOrder(file: CheckedFile, table: string): Promise<void> {
  const [row] = await rowsOf(
    file,
    `SELECT count(*)::DOUBLE AS n, min(seq)::VARCHAR AS first FROM
       (SELECT seq, lag(seq) OVER (ORDER BY rowid) AS before FROM ${table}) WHERE seq <= before`,
  )
  if (row['n'] === 0) return
  file.problem('sequence', `${table}: ${row['n']} rows do not go on: first=${row['first']}`)
}

// A venue's reset gives an id again, at another time; ids are remembered over so many ticks.
async function checkIds(file: CheckedFile): Promise<void> {
  const [row] = await rowsOf(
    file,
    `SELECT count(*)::DOUBLE AS n, min(trade_id)::VARCHAR AS first FROM
       (SELECT trade_id,
          row - lag(row) OVER (PARTITION BY trade_id, timestamp ORDER BY row) AS apart
        FROM (SELECT trade_id, timestamp, row_number() OVER (ORDER BY seq) AS row FROM ticks)
        WHERE trade_id IS NOT NULL) WHERE apart < ${REMEMBERED}`,
  )
  if (row['n'] === 0) return
  file.problem('ids', `${row['n']} ids are stored more than once: first=${row['first']}`)
}

async function checkState(file: CheckedFile): Promise<void> {
  const [row] = await rowsOf(
    file,
    `SELECT (SELECT max(seq) FROM ticks)::DOUBLE AS stored,
       (SELECT max(seq) FROM state)::DOUBLE AS known,
       (SELECT count(*) FROM state)::DOUBLE AS states`,
  )
  const { stored, known, states } = row
  if (stored === null) return
  if (states === 0) file.problem('sequence', `ticks without a state: newest=${stored}`)
  else if ((stored as number) > (known as number)) {
    file.problem('sequence', `ticks beyond the last commit: newest=${stored} commit=${known}`)
  }
}

/** Rows of a statement over the file, as plain values. */
export async function rowsOf(
  { connection }: CheckedFile,
  sql: string,
): Promise<Record<string, unknown>[]> {
  return (await wholeAnswer(connection, sql)).getRowObjectsJS() as Record<string, unknown>[]
}
