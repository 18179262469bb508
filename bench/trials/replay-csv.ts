// A Binance dump of spot trades into a pair's file: read, parsed, journaled, folded and stored, and
// its candles with it; against DuckDB's own CSV reader, which only inserts the rows. Both begin
// with an open database and end with a file that is checkpointed and closed.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { constants, createGzip } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { TickEngine } from '../../src/index.js'
import { pairFile } from '../answers.js'
import { MONDAY_US } from '../market.js'
import { Random } from '../random.js'
import type { Run, RunContext, Trial } from '../trial.js'

const ROWS = 1_500_000
const SMOKE_ROWS = 20_000
const LINES_AT_ONCE = 4096
/** Mean time between two trades: 1.5M are a day. */
const STEP_US = 57_600
const SYMBOL = 'BTCUSDT'
/** A price is whole cents, a quantity whole units of 0.00001. */
const CENT = 100
const UNIT = 100_000

/** What the file holds, in whole numbers. */
interface Sums {
  rows: number
  units: number
  soldUnits: number
  cents: number
}

interface Dump {
  readonly path: string
  readonly sums: Sums
}

/** Lines as Binance publishes them since 2025: no header, seven columns, times in µs. */
function* lines(rows: number, seed: number, sums: Sums): Generator<string> {
  const random = new Random(seed)
  let cents = 9_600_000
  let us = MONDAY_US
  let sold = false
  for (let id = 1; id <= rows; id++) {
    const roll = random.next()
    if (roll < 0.3) sold = !sold
    if (roll > 0.6) cents += random.below(5) - 2
    us += random.below(2 * STEP_US)
    const units = 1 + random.below(roll > 0.98 ? 5_000_000 : 50_000)
    sums.rows++
    sums.units += units
    if (sold) sums.soldUnits += units
    sums.cents += cents
    const [price, quantity] = [(cents / CENT).toFixed(8), (units / UNIT).toFixed(8)]
    const quote = ((cents * units) / CENT / UNIT).toFixed(8)
    const maker = sold ? 'True' : 'False'
    yield `${4_000_000_000 + id},${price},${quantity},${quote},${us},${maker},True\n`
  }
}

// Written bit by bit, so that what the process takes afterwards is the replay's.
async function writeDump({ dataDir, seed, smoke }: RunContext, zipped: boolean): Promise<Dump> {
  const path = join(dataDir, `${SYMBOL}-trades-2026-01-05.csv${zipped ? '.gz' : ''}`)
  const sums: Sums = { rows: 0, units: 0, soldUnits: 0, cents: 0 }
  const file = openSync(path, 'w')
  const gzip = createGzip({ level: constants.Z_DEFAULT_COMPRESSION })
  gzip.on('data', (chunk: Buffer) => writeSync(file, chunk))
  const write = (text: string) =>
    new Promise<void>((resolve) => {
      if (zipped) gzip.write(text, () => resolve())
      else resolve(void writeSync(file, text))
    })
  let held: string[] = []
  for (const line of lines(smoke ? SMOKE_ROWS : ROWS, seed, sums)) {
    held.push(line)
    if (held.length < LINES_AT_ONCE) continue
    await write(held.join(''))
    held = []
  }
  await write(held.join(''))
  if (zipped) await new Promise((resolve) => gzip.once('end', resolve).end())
  closeSync(file)
  return { path, sums }
}

async function check(path: string, table: string, { rows, units, soldUnits, cents }: Sums) {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`ATTACH '${path}' AS f (READ_ONLY)`)
  const one = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJS()[0]
  const found = await one(
    `SELECT count(*)::DOUBLE, sum(round(volume * ${UNIT})::BIGINT)::DOUBLE,
       sum(round(volume * ${UNIT})::BIGINT) FILTER (side = 'SELL')::DOUBLE,
       sum(round(price * ${CENT})::BIGINT)::DOUBLE, count(DISTINCT trade_id)::DOUBLE FROM f.ticks`,
  )
  same('ticks', found, [rows, units, soldUnits, cents, rows])
  if (table !== 'ticks') {
    const sums = await one(
      `SELECT sum(trades)::DOUBLE, sum(round(volume * ${UNIT})::BIGINT)::DOUBLE FROM f.${table}`,
    )
    same(table, sums, [rows, units])
  }
  connection.closeSync()
  instance.closeSync()
}

function same(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return
  throw new Error(`wrong answer: ${what}: ${JSON.stringify(found)} not ${JSON.stringify(expected)}`)
}

/** Largest memory of the process so far, MiB. */
const peakMb = () => process.resourceUsage().maxRSS / 1024

function replay(zipped: boolean): Run {
  return async (context) => {
    const { path, sums } = await writeDump(context, zipped)
    const before = peakMb()
    const dataDir = join(context.dataDir, 'data')
    const options = { clock: 'event', shards: 1, overflow: 'reject' } as const
    const engine = await TickEngine.open({ dataDir, closeTimeoutMs: 600_000, ...options })
    const started = performance.now()
    await engine.replay(path, { pair: `bench:spot:${SYMBOL}` })
    await engine.close()
    const seconds = (performance.now() - started) / 1000
    const figures = { rssMb: peakMb(), rssAddedMb: peakMb() - before }
    // The minutes hold them all, the last one included.
    await check(pairFile(dataDir, SYMBOL), 'candles_1m', sums)
    return { value: sums.rows / seconds, figures }
  }
}

const COLUMNS = `{id: 'BIGINT', price: 'DOUBLE', qty: 'DOUBLE', quote: 'DOUBLE', time: 'BIGINT',
  maker: 'BOOLEAN', best: 'BOOLEAN'}`

function readCsv(zipped: boolean): Run {
  return async (context) => {
    const { path, sums } = await writeDump(context, zipped)
    const before = peakMb()
    const file = join(context.dataDir, 'baseline.duckdb')
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
    const connection = await instance.connect()
    await connection.run(`ATTACH '${file}' AS f (BLOCK_SIZE 65536, STORAGE_VERSION 'v1.5.0')`)
    await connection.run(`CREATE TABLE f.ticks (timestamp TIMESTAMP, price DOUBLE, volume DOUBLE,
      side ENUM ('UNKNOWN', 'BUY', 'SELL'), trade_id BIGINT, received_at TIMESTAMP, seq BIGINT)`)
    await connection.run('CHECKPOINT f')
    const started = performance.now()
    await connection.run(`INSERT INTO f.ticks SELECT make_timestamp(time), price, qty,
      CASE WHEN maker THEN 'SELL' ELSE 'BUY' END, id, NULL, id
      FROM read_csv('${path}', header = false, auto_detect = false, delim = ',',
        columns = ${COLUMNS})`)
    await connection.run('CHECKPOINT f')
    await connection.run('DETACH f')
    const seconds = (performance.now() - started) / 1000
    const figures = { rssMb: peakMb(), rssAddedMb: peakMb() - before }
    connection.closeSync()
    instance.closeSync()
    await check(file, 'ticks', sums)
    return { value: sums.rows / seconds, figures }
  }
}

export const replayTrials: readonly Trial[] = [false, true].map((zipped) => ({
  name: zipped ? 'replay-csv-gz' : 'replay-csv',
  unit: 'rows/s',
  better: 'higher',
  mustReach: zipped ? [] : [{ figure: 'ratio', atLeast: 0.6 }],
  subject: replay(zipped),
  baseline: { name: 'DuckDB INSERT … SELECT FROM read_csv, two threads', run: readCsv(zipped) },
}))
