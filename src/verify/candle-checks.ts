// Candles against a fresh rollup: minutes of the ticks that are kept, every other level of the
// candles below. Volumes are compared as whole units of the pair's grid.
import { DAY_US, INTERVAL_US, INTERVALS, MINUTE_US } from '../model/interval.js'
import { formatMicros } from '../model/time.js'
import { isStoredById } from '../model/trade-order.js'
import {
  type CandleValues,
  candleValues,
  FLAGS_WORD,
  OFF_GRID_FLAG,
  START_WORD,
} from '../rollup/candle-record.js'
import { isRecordLength, isShortRecord, unpackRecord } from '../rollup/stored-record.js'
import { tickOrder } from '../store/reads.js'
import { rowsOf } from './tick-checks.js'
import type { CheckedFile } from './verify.js'

/** Quote volumes, and volumes off the grid, agree to this part. */
const CLOSE = 1e-9
/** The last bit or two of a double. */
const LAST_BITS = 2 ** -51
/** A start that nothing has: where retention has left nothing to compare with. */
const NEVER = '9223372036854775807'
const PAGE_ROWS = 20_000
const COLUMNS: Readonly<Record<string, keyof CandleValues>> = {
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
  trades: 'trades',
  buy_volume: 'buyVolume',
  sell_volume: 'sellVolume',
  quote_volume: 'quoteVolume',
  vwap: 'vwap',
  delta: 'delta',
}
const VOLUMES = ['volume', 'buy_volume', 'sell_volume']

/** Checks a file's candles; returns how many there are, of all levels. */
export async function checkCandles(file: CheckedFile): Promise<number> {
  let count = 0
  for (const [level, interval] of INTERVALS.entries()) {
    const table = `candles_${interval}`
    const [row] = await rowsOf(file, `SELECT count(*)::DOUBLE AS n FROM ${table}`)
    count += row['n'] as number
    if (row['n'] === 0) continue
    await checkDelta(file, table)
    await checkRecords(file, table)
    if (level > 0) await checkLevel(file, level)
  }
  await checkMinutes(file)
  return count
}

// What the engine goes on from is the record: its exact sums, and its first and last tick. The
// other columns say the same. Read in pages: there can be years of minutes.
async function checkRecords(file: CheckedFile, table: string): Promise<void> {
  const scale = 10 ** Number(file.meta['decimals'] ?? 8)
  const wrong: number[] = []
  for (let after = -1; ; ) {
    const rows = await rowsOf(
      file,
      `SELECT epoch_us(timestamp)::DOUBLE AS start, * REPLACE (trades::DOUBLE AS trades)
       FROM ${table} WHERE timestamp > make_timestamp(${after})
       ORDER BY timestamp LIMIT ${PAGE_ROWS}`,
    )
    for (const row of rows) if (!agrees(row, scale)) wrong.push(row['start'] as number)
    if (rows.length < PAGE_ROWS) break
    after = rows[rows.length - 1]['start'] as number
  }
  if (wrong.length === 0) return
  const first = formatMicros(wrong[0])
  file.problem('delta', `${table}: ${wrong.length} records say something else: first=${first}`)
}

function agrees(row: Record<string, unknown>, scale: number): boolean {
  const bytes = new Uint8Array(row['record'] as Uint8Array)
  if (bytes.length % 8 !== 0 || !isRecordLength(bytes.length / 8)) return false
  const record = unpackRecord(new Float64Array(bytes.buffer), scale)
  const values = candleValues(record, scale)
  // Builds that summed off the grid to the last bit or two wrote no rest.
  const near = isShortRecord(bytes.length / 8) && (record[FLAGS_WORD] & OFF_GRID_FLAG) !== 0
  const same = Object.entries(COLUMNS).every(([column, field]) => {
    const [stored, value] = [row[column] as number, values[field]]
    return stored === value || (near && Math.abs(stored - value) <= Math.abs(value) * LAST_BITS)
  })
  return same && record[START_WORD] === row['start']
}

function unitsOf(file: CheckedFile, volume: string): string {
  return `round(${volume} * 1e${file.meta['decimals'] ?? 8})::HUGEINT`
}

async function checkDelta(file: CheckedFile, table: string): Promise<void> {
  const units = (column: string) => unitsOf(file, column)
  // Beyond 2^53 units a double is coarser than one.
  const rounded = `greatest(2, ${units('volume')} * 1e-15)`
  const [row] = await rowsOf(
    file,
    `SELECT count(*)::DOUBLE AS n, min(timestamp)::VARCHAR AS first FROM ${table} WHERE
       abs(${units('delta')} - (${units('buy_volume')} - ${units('sell_volume')})) > ${rounded}
       OR ${units('buy_volume')} + ${units('sell_volume')} > ${units('volume')} + ${rounded}
       OR NOT (low <= least(open, close) AND high >= greatest(open, close)) OR trades <= 0`,
  )
  if (row['n'] === 0) return
  file.problem(
    'delta',
    `${table}: ${row['n']} candles contradict themselves: first=${row['first']}`,
  )
}

// A minute that retention has cut into cannot be compared: the one of the oldest tick, where its
// candle has more trades than are kept.
async function checkMinutes(file: CheckedFile): Promise<void> {
  const units = unitsOf(file, 'volume')
  const side = (name: string) => `coalesce(sum(${units}) FILTER (side = '${name}'), 0)`
  const order = tickOrder(isStoredById(file.meta), 'ASC')
  const fresh = `SELECT start, count(*) AS trades,
      first(price ORDER BY ${order}) AS open, max(price) AS high, min(price) AS low,
      last(price ORDER BY ${order}) AS close, sum(${units}) AS volume,
      ${side('BUY')} AS buy_volume, ${side('SELL')} AS sell_volume,
      fsum(price * volume) AS quote_volume, sum(abs(price * volume)) AS quote_size
    FROM (SELECT *, ${bucket(MINUTE_US)} AS start FROM ticks) GROUP BY start`
  const oldest = `(SELECT ${bucket(MINUTE_US)} FROM ticks ORDER BY timestamp LIMIT 1)`
  const from = `coalesce(${oldest} + CASE WHEN
      (SELECT trades FROM candles_1m WHERE ${bucket(MINUTE_US)} = ${oldest}) >
      (SELECT count(*) FROM ticks WHERE ${bucket(MINUTE_US)} = ${oldest})
    THEN ${MINUTE_US} ELSE 0 END, ${NEVER})`
  // Late ticks can be older than what retention took; minutes can be kept shorter than ticks.
  const cut = Math.ceil(Number(file.meta['ticks_from'] ?? 0) / MINUTE_US) * MINUTE_US
  const day = `coalesce((SELECT min(${bucket(DAY_US)}) FROM candles_1m), ${NEVER})`
  const least = `greatest(${from}, ${cut}, ${day})`
  // Where a file could not be read, ticks are missing and their candles may be there.
  const except = `SELECT 1 FROM gaps WHERE first_id IS NULL
    AND start + ${MINUTE_US} > coalesce(epoch_us(timestamp_before), 0)
    AND start <= coalesce(epoch_us(timestamp_after),
      (SELECT epoch_us(min(timestamp)) FROM ticks WHERE seq > opened_seq), ${NEVER})`
  await compare(file, { what: 'candles', table: 'candles_1m', fresh, from: least, except })
}

// Candles go by whole days: from the day of the oldest candle below on, none is missing below.
async function checkLevel(file: CheckedFile, level: number): Promise<void> {
  const below = `candles_${INTERVALS[level - 1]}`
  const sums = VOLUMES.map((column) => `sum(${unitsOf(file, column)}) AS ${column}`)
  const fresh = `SELECT start, sum(trades) AS trades, first(open ORDER BY timestamp) AS open,
      max(high) AS high, min(low) AS low, last(close ORDER BY timestamp) AS close,
      ${sums.join(', ')}, fsum(quote_volume) AS quote_volume,
      sum(abs(quote_volume)) AS quote_size
    FROM (SELECT *, ${bucket(INTERVAL_US[level])} AS start FROM ${below}) GROUP BY start`
  const from = `coalesce((SELECT min(${bucket(DAY_US)}) FROM ${below}), ${NEVER})`
  await compare(file, { what: 'levels', table: `candles_${INTERVALS[level]}`, fresh, from })
}

function bucket(lengthUs: number): string {
  return `(epoch_us(timestamp) // ${lengthUs}) * ${lengthUs}`
}

interface Comparison {
  readonly what: 'candles' | 'levels'
  readonly table: string
  /** A SELECT of fresh candles, volumes in units; quote_size: price × volume without signs. */
  readonly fresh: string
  /** SQL of the start of the first that can be compared, µs. */
  readonly from: string
  /** A SELECT that has a row where the candle at `start` cannot be compared. */
  readonly except?: string
}

// One that is not stored may still be open, if none behind it is stored.
async function compare(file: CheckedFile, asked: Comparison): Promise<void> {
  const { what, table, fresh, from, except = 'SELECT 1 WHERE false' } = asked
  const rounded = (await isOnGrid(file)) ? '1' : 'f.trades'
  const differs = [
    ...['open', 'high', 'low', 'close', 'trades'].map((column) => `c.${column} <> f.${column}`),
    // A sum is rounded once where it is stored, and once more where it is taken apart again; where
    // volumes lie on no grid, each of them is.
    ...VOLUMES.map(
      (column) => `abs(${unitsOf(file, `c.${column}`)} - f.${column}) >
        greatest(${rounded}, f.${column} * ${CLOSE})`,
    ),
    // Against the size of what was added up: prices below 0 cancel others.
    `abs(c.quote_volume - f.quote_volume) > ${CLOSE} * greatest(f.quote_size, 1e-300)`,
  ]
  const [row] = await rowsOf(
    file,
    `WITH fresh AS (${fresh}), kept AS
       (SELECT *, epoch_us(timestamp) AS start FROM ${table} WHERE epoch_us(timestamp) >= ${from})
     SELECT count(*)::DOUBLE AS n, make_timestamp(min(start))::VARCHAR AS first FROM (
       SELECT coalesce(c.start, f.start) AS start
       FROM kept c FULL JOIN (SELECT * FROM fresh WHERE start >= ${from}) f ON c.start = f.start
       WHERE (f.start IS NULL) OR (c.start IS NULL AND f.start < (SELECT max(start) FROM kept))
         OR ${differs.join('\n         OR ')})
     WHERE NOT EXISTS (${except})`,
  )
  if (row['n'] === 0) return
  const than = what === 'candles' ? 'the ticks kept' : 'the candles below'
  file.problem(what, `${table}: ${row['n']} differ from ${than}: first=${row['first']}`)
}

async function isOnGrid(file: CheckedFile): Promise<boolean> {
  const scale = `1e${file.meta['decimals'] ?? 8}`
  const [row] = await rowsOf(
    file,
    `SELECT count(*)::DOUBLE AS n FROM ticks WHERE round(volume * ${scale}) / ${scale} <> volume`,
  )
  return row['n'] === 0
}
