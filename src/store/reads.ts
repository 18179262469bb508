// Reads of a pair's file, on the reading connection. Answers are plain numbers, strings and bytes.
import type { StoredGap, StoredTick } from '../model/answer.js'
import { INTERVALS } from '../model/interval.js'
import { Side } from '../model/side.js'
import type { Database } from './duckdb.js'
import { DuckDBBlobValue } from './duckdb-api.js'
import { isNewerSchema, type Meta } from './schema.js'

/** Ticks asked for at most that are first looked for among the rows that came last. */
const MOST_LOOKED_UP = 1024

export function bytesOf(value: unknown): Uint8Array {
  return value instanceof DuckDBBlobValue ? value.bytes : (value as Uint8Array)
}

/** What the last commit left in a file. */
export interface LastCommit {
  readonly seq: number
  readonly state: Uint8Array
  readonly meta: Meta
  /** Of all states in the file, superseded ones included. */
  readonly stateBytes: number
}

/** The last commit, undefined in a file without one. */
export async function readLastCommit(db: Database, alias: string): Promise<LastCommit | undefined> {
  const [row] = await db.rows(
    // The newest row, in half the time that a sort takes.
    `SELECT arg_max(seq, rowid)::DOUBLE AS seq, arg_max(state, rowid) AS state,
       arg_max(meta, rowid) AS meta, arg_max(bytes, rowid)::DOUBLE AS bytes,
       (SELECT max(value) FROM ${alias}.meta WHERE key = 'schema_version') AS schema
     FROM ${alias}.state`,
  )
  if (row.seq === null) return undefined
  return {
    seq: row.seq as number,
    state: bytesOf(row.state),
    meta: factsOf(row.meta as string, row.schema as string | null),
    stateBytes: row.bytes as number,
  }
}

// The table of facts has the last word on the schema: it is there in every release.
function factsOf(text: string, schema: string | null): Meta {
  const facts = JSON.parse(text) as Meta
  return isNewerSchema(schema ?? undefined) ? { ...facts, schema_version: String(schema) } : facts
}

export async function readMeta(db: Database, alias: string): Promise<Meta> {
  const rows = await db.rows(`SELECT key, value FROM ${alias}.meta`)
  return Object.fromEntries(rows.map((row) => [row.key, row.value])) as Meta
}

/** Stored candles of the levels asked for, each between its bounds (µs), in no order; one query. */
export async function readLevels(
  db: Database,
  alias: string,
  bounds: readonly (readonly [from: number, to: number])[],
  asked: readonly boolean[],
): Promise<Float64Array[][]> {
  const parts = bounds.map(
    ([from, to], level) => `SELECT ${level} AS level, record
      FROM ${alias}.candles_${INTERVALS[level]}
      WHERE timestamp >= make_timestamp(${from}) AND timestamp < make_timestamp(${to})`,
  )
  const levels: Float64Array[][] = bounds.map(() => [])
  const union = parts.filter((_, level) => asked[level]).join(' UNION ALL ')
  if (union === '') return levels
  const rows = await db.rows(union)
  for (const row of rows) levels[row.level as number].push(recordOf(row.record))
  return levels
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
  return rows.map((row) => recordOf(row.record))
}

// A copy of its own: the bytes may stand in a pool that many buffers share.
function recordOf(blob: unknown): Float64Array {
  return new Float64Array(new Uint8Array(bytesOf(blob)).buffer)
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

/**
 * SQL for a time at or before the `limit`-th newest tick of a range: that of the same place among
 * the rows that came last, where they are enough. Rows come nearly in order, so that it leaves few
 * others to be sorted; right it is in any order.
 */
export function newestFrom(
  alias: string,
  { from, to, through }: StoredSpan,
  limit: number,
): string {
  const least = `make_timestamp(${from})`
  if (limit > MOST_LOOKED_UP) return least
  return `(SELECT CASE WHEN count(*) >= ${limit} THEN min(timestamp) ELSE ${least} END
    FROM (SELECT timestamp FROM ${alias}.ticks
      WHERE rowid > (SELECT max(rowid) FROM ${alias}.ticks) - ${4 * MOST_LOOKED_UP}
        AND timestamp >= ${least} AND timestamp < make_timestamp(${to}) AND seq <= ${through}
      ORDER BY timestamp DESC LIMIT ${limit}))`
}

/**
 * The order of ticks (trade-order.ts) as SQL; `byId`: where their ids count. `table` is 't.' in a
 * SELECT that gives the names of these columns to others.
 */
export function tickOrder(byId: boolean, direction: 'ASC' | 'DESC', table = ''): string {
  const nulls = direction === 'ASC' ? 'NULLS LAST' : 'NULLS FIRST'
  const id = byId ? `${table}trade_id ${direction} ${nulls}, ` : ''
  return `${table}timestamp ${direction}, ${id}${table}seq ${direction}`
}

/** Ticks of [from, to), µs, up to the sequence `through`. */
export interface StoredSpan {
  readonly from: number
  readonly to: number
  readonly through: number
}

/** The newest `limit` ticks of a span, ascending in the order of trade-order.ts. */
export async function readTicks(
  db: Database,
  alias: string,
  { from, to, through }: StoredSpan,
  limit: number,
  byId: boolean,
): Promise<StoredTick[]> {
  const rows = await db.rows(
    `SELECT epoch_us(timestamp)::DOUBLE AS timestamp, price, volume, lower(side::VARCHAR) AS side,
       trade_id, epoch_us(received_at)::DOUBLE AS received, seq::DOUBLE AS seq
     FROM ${alias}.ticks t
     WHERE t.timestamp >= ${newestFrom(alias, { from, to, through }, limit)}
       AND t.timestamp < make_timestamp(${to}) AND t.seq <= ${through}
     ORDER BY ${tickOrder(byId, 'DESC', 't.')} LIMIT ${limit}`,
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

function plainId(id: unknown): number | string | undefined {
  if (id === null || id === undefined) return undefined
  if (typeof id === 'string') return id
  const exact = Number(id)
  return Number.isSafeInteger(exact) ? exact : String(id)
}

/** Volumes of a range of ticks. */
export interface Volumes {
  readonly buy: number
  readonly sell: number
  /** buy − sell and buy + sell, each rounded once. */
  readonly delta: number
  readonly total: number
  readonly trades: number
}

/** What ticks of a range come to: units of the grid by side, and volumes that are on none. */
export interface StoredSides {
  readonly buy: bigint
  readonly sell: bigint
  readonly trades: number
  /** Volumes, bought or sold, that the sums of units leave out: off the grid, or too large. */
  readonly others: readonly { readonly side: Side; readonly volume: number }[]
}

/**
 * Sides' volumes of ticks in a range. Those on the grid of `decimals` places are summed in units:
 * exact, and several times as fast as decimals.
 */
export async function readSides(
  db: Database,
  alias: string,
  { from, to, through }: StoredSpan,
  decimals: number,
): Promise<StoredSides> {
  const scale = 10 ** decimals
  // As gridUnits() has it.
  const units = `round(volume * ${scale})`
  const onGrid = `${units} < ${2 ** 52} AND ${units} / ${scale} = volume`
  const range = `${alias}.ticks WHERE timestamp >= make_timestamp(${from})
    AND timestamp < make_timestamp(${to}) AND seq <= ${through}`
  const of = (side: string) =>
    `coalesce(sum(units) FILTER (side = '${side}'), 0)::VARCHAR AS ${side.toLowerCase()}`
  const [row] = await db.rows(
    `SELECT ${of('BUY')}, ${of('SELL')}, count(*)::DOUBLE AS trades,
       (count(*) FILTER (units IS NULL AND side <> 'UNKNOWN'))::DOUBLE AS others
     FROM (SELECT side, CASE WHEN ${onGrid} THEN ${units}::HUGEINT END AS units
       FROM ${range})`,
  )
  const sums = { buy: BigInt(row.buy as string), sell: BigInt(row.sell as string) }
  const trades = row.trades as number
  if (row.others === 0) return { ...sums, trades, others: [] }
  const others = await db.rows(
    `SELECT side = 'BUY' AS bought, volume FROM ${range}
       AND NOT (${onGrid}) AND side <> 'UNKNOWN'`,
  )
  return {
    ...sums,
    trades,
    others: others.map(({ bought, volume }) => ({
      side: bought === true ? Side.Buy : Side.Sell,
      volume: volume as number,
    })),
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
       epoch_us(timestamp_before)::DOUBLE AS b, epoch_us(coalesce(timestamp_after,
         (SELECT min(timestamp) FROM ${alias}.ticks WHERE seq > opened_seq)))::DOUBLE AS a,
       closed_seq IS NOT NULL AS closed
     FROM ${alias}.gaps WHERE ${where} ORDER BY first_id NULLS FIRST`,
  )
  return rows.map((row) => ({
    firstId: row.f as number | null,
    lastId: row.l as number | null,
    missing: row.m as number | null,
    timestampBefore: row.b as number | null,
    timestampAfter: row.a as number | null,
    closed: row.closed as boolean,
  }))
}
