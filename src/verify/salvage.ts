// What can still be read of a broken file goes into a new one: its rows, part by part, and candles
// that are missing from the evidence that is left, minutes from ticks and longer ones from shorter.
import { isNewer, newerFormat } from '../errors.js'
import { ROW_GROUP_ROWS } from '../limits.js'
import { INTERVALS } from '../model/interval.js'
import { isStoredById } from '../model/trade-order.js'
import { tellLoss } from '../shard/broken-file.js'
import { checkState, stateCodec } from '../shard/pair-batch.js'
import { damageOf } from '../store/damage.js'
import { quoteName, quoteText } from '../store/duckdb.js'
import { type DuckDBConnection, DuckDBInstance } from '../store/duckdb-api.js'
import { createTables, isNewerSchema, SCHEMA_VERSION } from '../store/schema.js'
import { ATTACH_OPTIONS } from '../store/template.js'
import { wholeAnswer } from '../store/whole-answer.js'
import { presentTables } from './present-tables.js'
import { type RebuildFacts, rebuildCandles } from './rebuild-candles.js'

/** What a salvage brought over. */
export interface Salvaged {
  readonly rows: number
  /** Tables of which rows are lost, candles that could be made again not counted. */
  readonly lost: readonly string[]
  /** Candles made again. */
  readonly rebuilt: number
}

interface Facts extends RebuildFacts {
  readonly meta: Readonly<Record<string, string>>
  readonly textIds: boolean
}

/**
 * Makes the file `to` of what can be read of the file `from`, which is left as it is. Undefined
 * where the state of its last commit cannot be read: rows without it would be counted twice. Throws
 * what is no damage, a full disk say, and NEWER_FORMAT.
 */
export async function salvage(from: string, to: string): Promise<Salvaged | undefined> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const facts = await attachOld(connection, from)
    if (facts === undefined) return undefined
    await connection.run(`ATTACH ${quoteText(to)} AS fresh ${ATTACH_OPTIONS}`)
    await connection.run(createTables('fresh', facts.textIds ? 'VARCHAR' : 'BIGINT'))
    const lost = new Set<string>()
    // Behind which sequences rows are lost.
    const behind = new Set<number>()
    let rows = 0
    for (const table of await presentTables(connection, 'broken')) {
      // The last commit's facts say the same, and could be read.
      if (table === 'meta') continue
      const copied = await copyTable(connection, quoteName(table))
      rows += copied.rows
      if (copied.lostBehind.length > 0) lost.add(table)
      if (table === 'ticks') for (const seq of copied.lostBehind) behind.add(seq)
    }
    for (const [key, value] of Object.entries(facts.meta)) {
      if (key === 'schema_version') continue
      await connection.run('INSERT INTO fresh.meta VALUES (?, ?)', [key, value])
    }
    let rebuilt = 0
    for (const [level, interval] of INTERVALS.entries()) {
      if (!lost.has(`candles_${interval}`)) continue
      const below = level === 0 ? 'ticks' : `candles_${INTERVALS[level - 1]}`
      if (lost.has(below)) continue
      const made = await rebuildCandles(connection, 'fresh', level, facts)
      rebuilt += made.candles
      if (made.whole) lost.delete(`candles_${interval}`)
    }
    // Of candles, those are lost that are older than the ticks.
    if (lost.size > 0 && !lost.has('ticks')) behind.add(0)
    for (const seq of behind) await connection.run(tellLoss('fresh', seq))
    await connection.run('CHECKPOINT fresh')
    return { rows, lost: [...lost], rebuilt }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

// The state of the last commit and the facts that go with it; undefined where they cannot be read.
async function attachOld(connection: DuckDBConnection, path: string): Promise<Facts | undefined> {
  let rows: Record<string, unknown>[]
  try {
    await connection.run(`ATTACH ${quoteText(path)} AS broken (READ_ONLY)`)
    const newest = 'SELECT state, meta FROM broken.state ORDER BY rowid DESC LIMIT 1'
    rows = (await wholeAnswer(connection, newest)).getRowObjectsJS()
  } catch (cause) {
    if (damageOf(cause) === undefined) throw cause
    return undefined
  }
  try {
    return factsOf(rows[0], path)
  } catch (cause) {
    if (isNewer(cause)) throw cause
    // Bytes that are no state.
    return undefined
  }
}

function factsOf(row: Record<string, unknown> | undefined, path: string): Facts | undefined {
  if (row === undefined) return undefined
  const meta = JSON.parse(String(row['meta'])) as Record<string, string>
  const version = meta['schema_version']
  const facts = { version, reads: SCHEMA_VERSION, path }
  if (isNewerSchema(version)) throw newerFormat('the file', facts)
  if (version !== String(SCHEMA_VERSION)) return undefined
  const state = stateCodec.unpack(row['state'] as Uint8Array)
  checkState(state, path)
  const { rollup } = state
  return {
    meta,
    textIds: meta['trade_ids'] === 'text',
    ticksFrom: Number(meta['ticks_from'] ?? 0),
    decimals: Number(meta['decimals'] ?? 8),
    byId: isStoredById(meta),
    watermark: rollup.watermark as number,
    shown: (rollup.shown ?? []) as number[][],
    firstDay: rollup.days.from as number,
  }
}

// By row groups, as DuckDB keeps them: one that is broken does not take the others with it.
async function copyTable(connection: DuckDBConnection, table: string) {
  const lostBehind: number[] = []
  let rows = 0
  let end: number
  try {
    end = await numberOf(connection, `SELECT max(rowid) + 1 FROM broken.${table}`)
    // One that it got with its first row.
    await connection.run(
      `CREATE TABLE IF NOT EXISTS fresh.${table} AS FROM broken.${table} WHERE false`,
    )
  } catch (cause) {
    if (damageOf(cause) === undefined) throw cause
    return { rows, lostBehind: [0] }
  }
  for (let at = 0; at < end; at += ROW_GROUP_ROWS) {
    try {
      const part = `rowid >= ${at} AND rowid < ${at + ROW_GROUP_ROWS}`
      const copy = `INSERT INTO fresh.${table} SELECT * FROM broken.${table} WHERE ${part}`
      rows += (await connection.run(copy)).rowsChanged
    } catch (cause) {
      // A full disk is no fault of what is read.
      if (damageOf(cause) === undefined) throw cause
      lostBehind.push(await numberOf(connection, 'SELECT max(seq) FROM fresh.ticks'))
    }
  }
  return { rows, lostBehind }
}

/** The one number of a query; 0 for NULL. */
async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const [row] = (await wholeAnswer(connection, sql)).getRowsJS()
  return Number(row?.[0] ?? 0)
}
