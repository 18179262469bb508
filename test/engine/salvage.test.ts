import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Side, TickEngine } from 'tickloom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repair } from '../../dist/src/verify/repair.js'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, filePath, type SqlRow, sql } from '../support/closed-file.js'
import { opened, T0 } from '../support/engine-dir.js'
import { IS_LONG } from '../support/seed.js'

// A file with a broken block in the middle: repair() saves the rest, and makes candles again from
// what lies below them.

const EVENT = { shards: 1, clock: 'event', retention: 'off' } as const
const COUNT = 150_000
/** Bytes in front of the first block, and of a block. */
const HEADERS = 3 * 4096
const BLOCK = 65_536

const folder = mkdtempSync(join(tmpdir(), 'tickloom-salvage-'))
const whole = join(folder, 'whole')
const pathIn = (dataDir: string) => filePath(dataDir, 'venue', 'spot', 'A')
afterAll(() => rmSync(folder, { recursive: true }))

// Nine days of ticks, five seconds apart: two row groups, and candles of every length.
beforeAll(async () => {
  await opened({ dataDir: whole, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    for (let i = 1; i <= COUNT; i++) {
      const volume = (1 + ((i * 37) % 900)) / 1000
      while (pair.trade(T0 + i * 5e6, 100 + (i % 97) / 10, volume, (i % 3) as Side, i) < 0) {
        await engine.drained()
      }
    }
  })
})

/** The blocks that hold rows of a table and of no other, by row group. */
async function blocksOf(table: string): Promise<number[]> {
  const path = pathIn(whole)
  const tables = await sql(path, 'SELECT table_name AS name FROM duckdb_tables()')
  const blocks = new Map<string, Set<number>>()
  for (const { name } of tables) {
    const info = await sql(
      path,
      `SELECT DISTINCT block_id AS id FROM pragma_storage_info('${name}') WHERE block_id >= 0`,
    )
    blocks.set(String(name), new Set(info.map(({ id }) => Number(id))))
  }
  const others = [...blocks].filter(([name]) => name !== table)
  const own = [...(blocks.get(table) ?? [])]
  return own.filter((id) => others.every(([, ids]) => !ids.has(id))).sort((a, b) => a - b)
}

let copies = 0

function brokenAt(blocks: readonly number[]): string {
  const dataDir = join(folder, `copy-${++copies}`)
  cpSync(whole, dataDir, { recursive: true })
  const bytes = readFileSync(pathIn(dataDir))
  for (const block of blocks) bytes[HEADERS + block * BLOCK + 1000] ^= 4
  writeFileSync(pathIn(dataDir), bytes)
  return dataDir
}

async function candles(dataDir: string): Promise<Record<string, SqlRow[]>> {
  const all: Record<string, SqlRow[]> = {}
  for (const [table] of CANDLE_TABLES) all[table] = await candlesOf(pathIn(dataDir), table)
  return all
}

test('a broken block of ticks: the other row group and every candle are there, the loss is told', async () => {
  const [block] = await blocksOf('ticks')
  const dataDir = brokenAt([block])
  expect((await verify(dataDir)).problems).toMatchObject([{ check: 'file' }])
  const { repairs, report } = await repair(dataDir)
  expect(repairs.length).toBe(1)
  expect(repairs[0].done).toMatch(/rows saved; rows of ticks are lost, told in gaps$/)
  expect(report.problems).toEqual([])
  const ids = await sql(pathIn(dataDir), 'SELECT trade_id AS id FROM ticks ORDER BY seq')
  expect(ids.map(({ id }) => id)).toEqual(
    Array.from({ length: COUNT - 122_880 }, (_, i) => 122_880 + i + 1),
  )
  expect(await candles(dataDir)).toEqual(await candles(whole))
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    expect(pair.trade(T0 + (COUNT + 1) * 5e6, 100, 1, 1, COUNT + 1)).toBeGreaterThan(0)
    expect(await pair.gaps()).toMatchObject([
      { firstId: null, timestampBefore: null, timestampAfter: T0 + 122_881 * 5e6 },
    ])
    expect((await pair.stats()).stored).toBe(1)
  })
})

for (const table of IS_LONG ? ['candles_1m', 'candles_1h', 'candles_1d'] : ['candles_1h']) {
  test(`broken blocks of ${table}: made again from what lies below, and nothing is lost`, async () => {
    const blocks = await blocksOf(table)
    // Few rows share a block with others: then there is nothing that breaks this table alone.
    if (blocks.length === 0) {
      console.log(`salvage.test: ${table} has no block of its own in this file`)
      return
    }
    const dataDir = brokenAt(blocks)
    expect((await verify(dataDir)).problems).toMatchObject([{ check: 'file' }])
    const { repairs, report } = await repair(dataDir)
    expect(repairs[0].done).toMatch(
      /candles made again from what lies below them; nothing is lost$/,
    )
    expect(report.problems).toEqual([])
    expect(await candles(dataDir)).toEqual(await candles(whole))
    const engine = await TickEngine.open({ dataDir, ...EVENT })
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    // Into a candle that was made again: a late tick revises it.
    expect(pair.trade(T0 + 7 * 5e6, 5, 1, 1, COUNT + 1)).toBeGreaterThan(0)
    const [first] = await pair.candles('1m', { from: T0, to: T0 + 60e6 })
    await engine.close()
    expect(first).toMatchObject({ low: 5 })
    expect((await verify(dataDir)).problems).toEqual([])
  })
}

test('a state that cannot be read: all is set aside, and the pair begins anew', async () => {
  const dataDir = brokenAt(await blocksOf('state'))
  const { problems } = await verify(dataDir)
  const { repairs, report } = await repair(dataDir)
  expect(problems.length).toBe(1)
  expect(repairs[0].done).toMatch(
    /: all it held, but for what the journal has; to be told in gaps$/,
  )
  expect(report.problems).toEqual([])
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    expect(pair.trade(T0 + (COUNT + 1) * 5e6, 100, 1, 1, COUNT + 1)).toBeGreaterThan(0)
    expect(await pair.gaps()).toMatchObject([{ firstId: null, timestampBefore: null }])
  })
})
