// The tables of a pair's file. No index and no key: appends would be half as fast and retention
// would never give space back (docs/ARCHITECTURE.md has the measurements).
import { INTERVALS } from '../model/interval.js'

/**
 * Raised with a change of the tables that every file has. A table that is made at its first row
 * (added-tables.ts) needs none.
 */
export const SCHEMA_VERSION = 2

const SIDE = "ENUM ('UNKNOWN', 'BUY', 'SELL')"

/** The type of `trade_id`: numbers, or text where a venue's ids are. */
export type IdType = 'BIGINT' | 'VARCHAR'

function tickColumns(id: IdType): string[] {
  return [
    'timestamp TIMESTAMP',
    'price DOUBLE',
    'volume DOUBLE',
    `side ${SIDE}`,
    `trade_id ${id}`,
    'received_at TIMESTAMP',
    'seq BIGINT',
  ]
}

const CANDLE_COLUMNS = [
  'timestamp TIMESTAMP',
  'open DOUBLE',
  'high DOUBLE',
  'low DOUBLE',
  'close DOUBLE',
  'volume DOUBLE',
  'trades BIGINT',
  'buy_volume DOUBLE',
  'sell_volume DOUBLE',
  'quote_volume DOUBLE',
  'vwap DOUBLE',
  'delta DOUBLE',
  'revision INTEGER',
  // The candle's exact sums and its first and last tick, so that it can be revised for good.
  'record BLOB',
]

const TABLES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(INTERVALS.map((interval) => [`candles_${interval}`, CANDLE_COLUMNS])),
  order_flow: [
    'timestamp TIMESTAMP',
    '"window" VARCHAR',
    'buy_volume DOUBLE',
    'sell_volume DOUBLE',
    'delta DOUBLE',
    'imbalance DOUBLE',
    'trades BIGINT',
  ],
  gaps: [
    'first_id BIGINT',
    'last_id BIGINT',
    'missing BIGINT',
    'timestamp_before TIMESTAMP',
    'timestamp_after TIMESTAMP',
    'opened_seq BIGINT',
    'closed_seq BIGINT',
  ],
  // The fold state that goes with the rows: the newest row counts, older ones go now and then. With
  // it the facts of `meta` as JSON and the bytes of all states: all of opening a file is one row.
  state: ['seq BIGINT', 'state BLOB', 'meta VARCHAR', 'bytes BIGINT'],
  meta: ['key VARCHAR', 'value VARCHAR'],
}

/** Whether a newer release has made the file; its table `meta` says so in every release. */
export function isNewerSchema(version: string | undefined): boolean {
  return Number(version) > SCHEMA_VERSION
}

/** Facts about a file, kept in its `meta` table. */
export type Meta = Readonly<Record<string, string>>

function allTables(id: IdType): Readonly<Record<string, readonly string[]>> {
  const ticks = tickColumns(id)
  return { ticks, late_ticks: ticks, rejected_ticks: [...ticks, 'reason VARCHAR'], ...TABLES }
}

/** The names of the tables that every file has. */
export function tableNames(): string[] {
  return Object.keys(allTables('BIGINT'))
}

/** The statements that make a fresh file's tables. */
export function createTables(alias: string, id: IdType): string {
  const tables = Object.entries(allTables(id)).map(
    ([name, columns]) => `CREATE TABLE ${alias}.${name} (${columns.join(', ')});`,
  )
  // A checkpoint right after DDL: a log that holds DDL is the one that fails to replay.
  return [
    'BEGIN;',
    ...tables,
    `INSERT INTO ${alias}.meta VALUES ('schema_version', '${SCHEMA_VERSION}');`,
    'COMMIT;',
    `CHECKPOINT ${alias};`,
  ].join('\n')
}
