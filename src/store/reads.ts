// Reads of a pair's file, on the reading connection. Answers are plain numbers, strings and bytes.
import { DuckDBBlobValue } from '@duckdb/node-api'
import type { StoredGap, StoredTick } from '../model/answer.js'
import { INTERVALS } from '../model/interval.js'
import type { Database } from './duckdb.js'

function bytesOf(value: unknown): Uint8Array {
  return value instanceof DuckDBBlobValue ? value.bytes : (value as Uint8Array)
}

/** The state of the last commit, undefined in a file without one. */
export async function readState(
  db: Database,
  alias: string,
): Promise<{ seq: number; state: Uint8Array } | undefined> {
  const [row] = await db.rows(
    `SELECT seq::DOUBLE AS seq, state FROM ${alias}.state ORDER BY rowid DESC LIMIT 1`,
  )
  return row === undefined ? undefined : { seq: row.seq as number, state: bytesOf(row.state) }
}

/** Bytes of all states in the file, superseded ones included. */
export async function readStateBytes(db: Database, alias: string): Promise<number> {
  const [row] = await db.rows(
    `SELECT coalesce(sum(octet_length(state)), 0)::DOUBLE AS bytes FROM ${alias}.state`,
  )
  return row.bytes as number
}

/** Records of stored candles, ascending; from and to (exclusive) in µs. */
export async function readRecords(
  db: Database,
  alias: string,
  level: number,
  from: number,
  to: number,
): Promise<Float64Array[]> {
  const where = [
    from > 0 ? `timestamp >= make_timestamp(${from})` : '',
    to < Number.MAX_SAFE_INTEGER ? `timestamp < make_timestamp(${to})` : '',
  ].filter((s) => s !== '')
  const rows = await db.rows(
    `SELECT record FROM ${alias}.candles_${INTERVALS[level]}
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY timestamp`,
  )
  // A copy of its own: the bytes may stand in a pool that many buffers share.
  return rows.map((row) => new Float64Array(new Uint8Array(bytesOf(row.record)).buffer))
}

/** Start of the `limit`-th newest candle before `to`, or `from` where there are fewer. */
export async function readLimitStart(
  db: Database,
  alias: string,
  level: number,
  from: number,
  to: number,
  limit: number,
): Promise<number> {
  const rows = await db.rows(
    `SELECT epoch_us(timestamp)::DOUBLE AS t FROM ${alias}.candles_${INTERVALS[level]}
     WHERE timestamp >= make_timestamp(${from}) AND timestamp < make_timestamp(${to})
     ORDER BY timestamp DESC LIMIT 1 OFFSET ${Math.max(0, limit - 1)}`,
  )
  return rows.length === 0 ? from : (rows[0].t as number)
}

/** The newest `limit` ticks of a range, ascending by (timestamp, seq). */
export async function readTicks(
  db: Database,
  alias: string,
  from: number,
  to: number,
  limit: number,
): Promise<StoredTick[]> {
  const rows = await db.rows(
    `SELECT epoch_us(timestamp)::DOUBLE AS timestamp, price, volume, lower(side::VARCHAR) AS side,
       trade_id, epoch_us(received_at)::DOUBLE AS received, seq::DOUBLE AS seq
     FROM ${alias}.ticks t
     WHERE t.timestamp >= make_timestamp(${from}) AND t.timestamp < make_timestamp(${to})
     ORDER BY t.timestamp DESC, t.seq DESC LIMIT ${limit}`,
  )
  return rows.reverse().map((row) => ({
    timestamp: row.timestamp as number,
    price: row.price as number,
    volume: row.volume as number,
    side: row.side as StoredTick['side'],
    tradeId: plainId(row.trade_id),
    receivedAt: row.received === null ? undefined : (row.received as number),
    seq: row.seq as number,
  }))
}

/** The newest ids that are text, of ticks from sequence `since` on; oldest first. */
export async function readTextIds(
  db: Database,
  alias: string,
  since: number,
  limit: number,
): Promise<string[]> {
  const from = (table: string) =>
    `SELECT seq, trade_id FROM ${alias}.${table} WHERE trade_id IS NOT NULL AND seq >= ${since}`
  const rows = await db.rows(
    `SELECT trade_id FROM (${from('ticks')} UNION ALL ${from('late_ticks')})
     ORDER BY seq DESC LIMIT ${limit}`,
  )
  return rows.reverse().map((row) => row.trade_id as string)
}

function plainId(id: unknown): number | string | undefined {
  if (id === null || id === undefined) return undefined
  if (typeof id === 'string') return id
  const exact = Number(id)
  return Number.isSafeInteger(exact) ? exact : String(id)
}

/** Volumes of a range of ticks; `oldest` is the oldest tick still kept, µs. */
export interface Volumes {
  readonly buy: number
  readonly sell: number
  /** buy − sell and buy + sell, each rounded once. */
  readonly delta: number
  readonly total: number
  readonly trades: number
  readonly oldest: number | undefined
}

/**
 * Sides' volumes of ticks in a range, exact on the grid of `decimals` places where the pair is on
 * it.
 */
export async function readVolumes(
  db: Database,
  alias: string,
  from: number,
  to: number,
  offGrid: boolean,
  decimals: number,
): Promise<Volumes> {
  const exact = `volume::DECIMAL(38, ${decimals})`
  const sum = (side: string) =>
    offGrid
      ? `coalesce(fsum(volume) FILTER (side = '${side}'), 0)`
      : `coalesce(sum(${exact}) FILTER (side = '${side}'), 0)`
  const [row] = await db.rows(
    `SELECT ${sum('BUY')}::VARCHAR AS buy, ${sum('SELL')}::VARCHAR AS sell,
       (${sum('BUY')} - ${sum('SELL')})::VARCHAR AS delta,
       (${sum('BUY')} + ${sum('SELL')})::VARCHAR AS total, count(*)::DOUBLE AS trades
     FROM ${alias}.ticks
     WHERE timestamp >= make_timestamp(${from}) AND timestamp < make_timestamp(${to})`,
  )
  const [first] = await db.rows(
    `SELECT epoch_us(min(timestamp))::DOUBLE AS oldest FROM ${alias}.ticks`,
  )
  return {
    buy: Number(row.buy),
    sell: Number(row.sell),
    delta: Number(row.delta),
    total: Number(row.total),
    trades: row.trades as number,
    oldest: first.oldest === null ? undefined : (first.oldest as number),
  }
}

export async function readGaps(
  db: Database,
  alias: string,
  open: boolean | undefined,
): Promise<StoredGap[]> {
  const where = open === undefined ? 'true' : `closed_seq IS ${open ? '' : 'NOT '}NULL`
  const rows = await db.rows(
    `SELECT first_id::DOUBLE AS f, last_id::DOUBLE AS l, missing::DOUBLE AS m,
       epoch_us(timestamp_before)::DOUBLE AS b, epoch_us(timestamp_after)::DOUBLE AS a,
       closed_seq IS NOT NULL AS closed
     FROM ${alias}.gaps WHERE ${where} ORDER BY first_id`,
  )
  return rows.map((row) => ({
    firstId: row.f as number,
    lastId: row.l as number,
    missing: row.m as number,
    timestampBefore: row.b as number,
    timestampAfter: row.a as number,
    closed: row.closed as boolean,
  }))
}
