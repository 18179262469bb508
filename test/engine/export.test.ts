import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Side } from 'tickloom'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { T0, withEngine } from '../support/engine-dir.js'
import { rowsOf } from '../support/rows-of.js'

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'tickloom-out-'))
})
afterEach(() => rmSync(out, { recursive: true, force: true }))

test('a table in Parquet and CSV holds the rows of its range, in types anybody reads', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine, dataDir) => {
    const pair = engine.pair('venue', 'spot', 'BTC/USDT', { tradeIds: 'sequential' })
    for (let id = 1; id <= 1000; id++) {
      pair.trade(T0 + id * 1e6 + 123, 100 + id / 8, id / 1000, (id % 3) as Side, id)
    }
    const file = join(out, 'ticks.parquet')
    const range = { from: T0 + 101e6, to: T0 + 901e6 }
    const { rows, bytes } = await pair.export('ticks', { ...range, file })
    expect(rows).toBe(800)
    expect(bytes).toBe(readFileSync(file).length)
    expect(await rowsOf(`SELECT * FROM '${file}' LIMIT 2`)).toMatchObject([
      { timestamp: '2025-03-01 00:01:41.000123', price: 112.625, volume: 0.101, side: 'SELL' },
      { trade_id: '102', side: 'UNKNOWN', received_at: null },
    ])
    const [described] = await rowsOf(
      `SELECT list(column_type) AS types FROM (DESCRIBE SELECT * FROM '${file}')`,
    )
    expect(described['types']).toEqual([
      'TIMESTAMP',
      'DOUBLE',
      'DOUBLE',
      'VARCHAR',
      'BIGINT',
      'TIMESTAMP',
      'BIGINT',
    ])
    const csv = join(out, 'candles.csv')
    expect((await pair.export('candles_1m', { file: csv, format: 'csv' })).rows).toBe(16)
    const [heads, ...lines] = readFileSync(csv, 'utf8').trim().split('\n')
    expect(heads).toBe(
      'timestamp,open,high,low,close,volume,trades,buy_volume,sell_volume,quote_volume,vwap,delta,revision',
    )
    expect(lines.length).toBe(16)
    // Whatever is wrong leaves no half a file.
    const wrong: [Parameters<typeof pair.export>[0], string, string][] = [
      ['ticks', join(dataDir, 'ticks.parquet'), 'BAD_ARGUMENT'],
      ['ticks', join(dataDir, 'journal', 'x.parquet'), 'BAD_ARGUMENT'],
      ['ticks', join(out, 'nowhere', 'x.parquet'), 'STORE_FAILED'],
      ['state' as never, join(out, 'x.parquet'), 'BAD_ARGUMENT'],
    ]
    for (const [table, path, code] of wrong) {
      await expect(pair.export(table, { file: path })).rejects.toMatchObject({ code })
      expect(existsSync(path)).toBe(false)
    }
    const unknown = engine.pair('venue', 'spot', 'NEW')
    await expect(unknown.export('ticks', { file: join(out, 'n.parquet') })).rejects.toMatchObject({
      code: 'UNKNOWN_PAIR',
    })
  })
})
