// Ticks of a pair's file as columns: DuckDB's own vectors, copied by whole chunks.
import type { TickArrays, TickCursor } from '../model/arrays.js'
import type { Database } from './duckdb.js'
import type { DuckDBDataChunk } from './duckdb-api.js'
import { newestFrom, tickOrder } from './reads.js'

/** Which ticks, in µs; `after` a tick that was answered before. */
export interface TickRange {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly limit: number
  readonly after?: TickCursor
}

/** How a pair's ids are read. */
export interface IdReading {
  readonly text: boolean
  /** Ticks of one time are in the order of their ids. */
  readonly byId: boolean
}

/** Through which sequence: the pair is stored before. */
const ALL = Number.MAX_SAFE_INTEGER
/** No id: as in `TickArrays`. */
const NO_ID = -1
const [TIMESTAMP, PRICE, VOLUME, SIDE, ID, RECEIVED, SEQ] = [0, 1, 2, 3, 4, 5, 6]

/** The newest `limit` ticks of a range; behind `after` the oldest. Ascending (trade-order.ts). */
export async function readTickArrays(
  db: Database,
  alias: string,
  { from, to, limit, after }: TickRange,
  { text, byId }: IdReading,
): Promise<TickArrays> {
  const where = [`timestamp < make_timestamp(${to})`]
  if (after === undefined)
    where.push(`timestamp >= ${newestFrom(alias, { from, to, through: ALL }, limit)}`)
  else {
    const at = `make_timestamp(${after.timestamp})`
    where.push(`timestamp >= ${at}`, `(timestamp > ${at} OR ${behind(after, byId)})`)
  }
  const order = after === undefined ? 'DESC' : 'ASC'
  const id = text ? 'trade_id' : `coalesce(trade_id, ${NO_ID})`
  const chunks = await db.chunks(
    `SELECT epoch_us(timestamp)::DOUBLE, price, volume, side, ${id},
       coalesce(epoch_us(received_at), 0)::DOUBLE, seq::DOUBLE
     FROM (FROM ${alias}.ticks WHERE ${where.join(' AND ')}
       ORDER BY ${tickOrder(byId, order)} LIMIT ${limit})
     ORDER BY ${tickOrder(byId, 'ASC')}`,
  )
  const length = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
  const numbers = (column: number) => gather(chunks, column, new Float64Array(length))
  return {
    length,
    timestamp: numbers(TIMESTAMP),
    price: numbers(PRICE),
    volume: numbers(VOLUME),
    side: gather(chunks, SIDE, new Uint8Array(length)),
    tradeId: text ? texts(chunks) : integers(chunks, length),
    receivedAt: numbers(RECEIVED),
    seq: numbers(SEQ),
  }
}

// Of the cursor's time: what comes behind it.
function behind({ id, seq }: TickCursor, byId: boolean): string {
  if (!byId) return `seq > ${seq}`
  if (id === undefined) return `(trade_id IS NULL AND seq > ${seq})`
  return `(trade_id IS NULL OR trade_id > ${id} OR (trade_id = ${id} AND seq > ${seq}))`
}

// The values of one column over all chunks. No value is null: SQL has seen to that.
function gather<T extends Float64Array | Uint8Array | BigInt64Array>(
  chunks: readonly DuckDBDataChunk[],
  column: number,
  into: T,
): T {
  let at = 0
  for (const chunk of chunks) {
    const { items } = chunk.getColumnVector(column) as unknown as { items: T }
    into.set(items.subarray(0, chunk.rowCount) as never, at)
    at += chunk.rowCount
  }
  return into
}

function integers(chunks: readonly DuckDBDataChunk[], length: number): BigInt64Array | undefined {
  const ids = gather(chunks, ID, new BigInt64Array(length))
  return ids.some((id) => id !== BigInt(NO_ID)) ? ids : undefined
}

function texts(chunks: readonly DuckDBDataChunk[]): (string | undefined)[] | undefined {
  const ids = chunks.flatMap((chunk) => chunk.getColumnValues(ID))
  return ids.some((id) => id !== null) ? ids.map((id) => (id as string) ?? undefined) : undefined
}
