// The ids of stored ticks with their times: what tells whether a trade was seen.
import type { Database } from './duckdb.js'
import { bytesOf } from './reads.js'

/** What a file's tables are read from. */
export interface IdSource {
  readonly alias: string
  from(table: string): string
}

/** Where ids of stored ticks go; times in µs. */
export interface IdSink {
  number(hi: number, lo: number, timestamp: number): void
  text(id: string, timestamp: number): void
  /** Ids that retention has taken, as they were encoded. */
  seen(bytes: Uint8Array): void
}

const [ID, TIMESTAMP] = [0, 1]

/** Every id of the ticks of [from, to), µs; numbers rise. */
export async function readIds(
  db: Database,
  source: IdSource,
  from: number,
  to: number,
  textual: boolean,
  sink: IdSink,
): Promise<void> {
  const within = `timestamp >= make_timestamp(${from}) AND timestamp < make_timestamp(${to})`
  const ids = `SELECT trade_id, epoch_us(timestamp)::DOUBLE AS at`
  if (textual) {
    const ticks = `${source.alias}.ticks WHERE ${within} AND trade_id IS NOT NULL`
    return readTexts(db, `${ids} FROM ${ticks}`, sink)
  }
  const chunks = await db.chunks(
    `${ids} FROM ${source.alias}.ticks WHERE ${within} AND trade_id IS NOT NULL
     ORDER BY trade_id, timestamp`,
  )
  for (const chunk of chunks) {
    const { items } = chunk.getColumnVector(ID) as unknown as { items: BigInt64Array }
    const times = chunk.getColumnVector(TIMESTAMP) as unknown as { items: Float64Array }
    const halves = new Uint32Array(items.buffer, items.byteOffset, items.length * 2)
    for (let row = 0; row < chunk.rowCount; row++) {
      sink.number(halves[row * 2 + 1], halves[row * 2], times.items[row])
    }
  }
  // Of ticks alone: a rejected one may have such an id too.
  await readTexts(
    db,
    `${ids} FROM ${source.from('text_ids')} WHERE ${within}
       AND seq IN (SELECT seq FROM ${source.alias}.ticks WHERE ${within})`,
    sink,
  )
}

/** Ids of an hour (its start, µs) whose ticks retention has taken. */
export async function readSeenIds(
  db: Database,
  source: IdSource,
  hour: number,
  sink: Pick<IdSink, 'seen'>,
): Promise<void> {
  const rows = await db.rows(
    `SELECT ids FROM ${source.from('seen_ids')} WHERE hour = make_timestamp(${hour})`,
  )
  for (const { ids } of rows) sink.seen(bytesOf(ids))
}

/** Hours (their starts, µs) with ticks of [from, to), ascending. */
export async function readTickHours(
  db: Database,
  alias: string,
  from: number,
  to: number,
): Promise<number[]> {
  const rows = await db.rows(
    `SELECT DISTINCT epoch_us(date_trunc('hour', timestamp))::DOUBLE AS hour FROM ${alias}.ticks
     WHERE timestamp >= make_timestamp(${from}) AND timestamp < make_timestamp(${to})
       ORDER BY hour`,
  )
  return rows.map(({ hour }) => hour as number)
}

async function readTexts(db: Database, sql: string, sink: IdSink): Promise<void> {
  for (const chunk of await db.chunks(sql)) {
    const ids = chunk.getColumnValues(ID)
    const times = chunk.getColumnVector(TIMESTAMP) as unknown as { items: Float64Array }
    for (let row = 0; row < chunk.rowCount; row++) {
      sink.text(ids[row] as string, times.items[row])
    }
  }
}
