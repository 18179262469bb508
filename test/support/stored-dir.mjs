// A data directory as one small file, and all that can be read of a pair, as plain values: for the
// directories that releases before have left.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { pack, unpack } from 'msgpackr'
import { pairKey, pairPath } from '../../dist/src/model/pair-key.js'

const SMALLEST = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
  },
}
const INTERVALS = ['1m', '5m', '15m', '1h', '1d']
/** Columns that a release may add to are named: of each table, what was there in the first. */
const TICK = `epoch_us(timestamp) AS timestamp, price, volume, side::VARCHAR AS side, trade_id,
  epoch_us(received_at) AS received_at, seq`
const CANDLE = `epoch_us(timestamp) AS timestamp, open, high, low, close, volume, trades, buy_volume,
  sell_volume, quote_volume, vwap, delta, revision`
const TABLES = {
  ticks: [TICK, 'seq'],
  late_ticks: [TICK, 'seq'],
  rejected_ticks: [`${TICK}, reason`, 'seq'],
  order_flow: [
    `epoch_us(timestamp) AS timestamp, "window", buy_volume, sell_volume, delta, imbalance, trades`,
    'timestamp, "window"',
  ],
  gaps: [
    `first_id, last_id, missing, epoch_us(timestamp_before) AS before,
      epoch_us(timestamp_after) AS after, opened_seq, closed_seq`,
    'first_id, opened_seq',
  ],
  ...Object.fromEntries(INTERVALS.map((i) => [`candles_${i}`, [CANDLE, 'timestamp']])),
}

/** Packs any plain value into a file; returns its size. */
export function writePacked(file, value) {
  const bytes = brotliCompressSync(pack(value), SMALLEST)
  writeFileSync(file, bytes)
  return bytes.length
}

export function readPacked(file) {
  return unpack(brotliDecompressSync(readFileSync(file)))
}

/** Packs every file of a directory but the owner's, which says whose machine it was. */
export function packDirectory(dataDir, file) {
  const entries = readdirSync(dataDir, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && !/^(owner|template)/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  return writePacked(
    file,
    paths.map((path) => [relative(dataDir, path), readFileSync(path)]),
  )
}

export function unpackDirectory(file, dataDir) {
  for (const [path, bytes] of readPacked(file)) {
    mkdirSync(dirname(join(dataDir, path)), { recursive: true })
    writeFileSync(join(dataDir, path), bytes)
  }
}

/** All that an engine answers of a pair. */
export async function readAll(pair) {
  await pair.ready()
  const candles = {}
  for (const interval of INTERVALS) {
    candles[interval] = await pair.candles(interval, { includeOpen: true })
  }
  const open = Object.fromEntries(INTERVALS.map((i) => [i, pair.candle(i) ?? null]))
  return plain({
    ticks: await pair.recentTicks({ limit: 10_000 }),
    candles,
    open,
    flow: pair.flow(),
    cvd: [await pair.cvd({ lookback: '17m' }), await pair.cvd({ lookback: '3d' })],
    imbalance: await pair.imbalance({ window: '90s' }),
    gaps: await pair.gaps(),
    stats: await pair.stats(),
  })
}

/** All that is in a closed pair's file, by DuckDB alone. */
export async function rawTables(dataDir, name) {
  const path = join(dataDir, ...pairPath(pairKey(...name)), 'trading.duckdb')
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    const found = {}
    for (const [table, [columns, order]] of Object.entries(TABLES)) {
      const sql = `SELECT ${columns} FROM ${table} t ORDER BY ${order}`
      found[table] = plain((await connection.runAndReadAll(sql)).getRowObjectsJS())
    }
    return found
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

// JSON's values, so that what is written down and what is found are compared alike; −0 is 0.
function plain(value) {
  const text = JSON.stringify(value, (_key, v) => (typeof v === 'bigint' ? String(v) : v))
  return JSON.parse(text)
}
