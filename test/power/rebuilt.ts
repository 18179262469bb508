import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { TickEngine } from 'tickloom'
import { expect } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, closedNaive, filePath } from '../support/closed-file.js'
import { madeTick } from '../support/made-tick.mjs'

// What is looked at after a power cut: the real engine opens what is left.

/** The highest id of each pair that was promised. */
export type Told = Readonly<Record<string, number>>

const LATENESS_US = 500_000

/**
 * Opens what a cut has left; everything promised must be there once. `resend`: so a feed comes back.
 * Returns the codes of the faults that were told.
 */
export async function checkAfterCut(dataDir: string, told: Told, shards: number, resend: boolean) {
  mkdirSync(dataDir, { recursive: true })
  if (Object.values(told).some((id) => id > 0)) expect(keptAnchor(dataDir)).toBe('none')
  const engine = await TickEngine.open({ dataDir, shards, clock: 'event', retention: 'off' })
  const faults: string[] = []
  engine.on('fault', ({ code }) => faults.push(code))
  const watermarks = new Map<string, number>()
  const highest = new Map<string, number>()
  try {
    for (const [name, promised] of Object.entries(told)) {
      const pair = engine.pair('venue', 'spot', name, { tradeIds: 'sequential' })
      const newest = await pair.recentTicks({ limit: 20 }).catch((error) => {
        if (error.code === 'UNKNOWN_PAIR') return []
        throw error
      })
      const last = Math.max(0, ...newest.map((tick) => Number(tick.tradeId)))
      expect(last, `newest of ${name}`).toBeGreaterThanOrEqual(promised)
      highest.set(name, resend ? last + 20 : last)
      if (!resend) continue
      for (let id = promised + 1; id <= last + 20; id++) {
        const t = madeTick(name, id)
        expect(pair.trade(t.timestamp, t.price, t.volume, t.side, id)).toBeGreaterThan(0)
      }
    }
    await engine.flush()
    for (const name of Object.keys(told)) {
      const pair = engine.pair('venue', 'spot', name, { tradeIds: 'sequential' })
      const last = await pair.last()
      if (last !== undefined) watermarks.set(name, last.timestamp - LATENESS_US)
      // A log that was cut at a hole says that something may be missing; that nothing is, is next.
      const gaps = await pair.gaps({ open: true })
      expect(
        gaps.filter(({ firstId }) => firstId !== null),
        `gaps of ${name}`,
      ).toEqual([])
    }
  } finally {
    await engine.close()
  }
  await checkFiles(dataDir, highest, watermarks)
  expect((await verify(dataDir)).problems).toEqual([])
  return faults
}

function keptAnchor(dataDir: string): string {
  return JSON.parse(readFileSync(join(dataDir, 'engine.json'), 'utf8')).anchor
}

async function checkFiles(
  dataDir: string,
  highest: ReadonlyMap<string, number>,
  watermarks: ReadonlyMap<string, number>,
) {
  // One instance for all of them: making it takes longer than asking it.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS()
  try {
    for (const [name, watermark] of watermarks) {
      await connection.run(`ATTACH '${filePath(dataDir, 'venue', 'spot', name)}' AS f (READ_ONLY)`)
      await connection.run('USE f')
      const ticks = (await rows(TICKS)).map(asTick)
      const ids = ticks.map((tick) => tick.tradeId).sort((a, b) => a - b)
      const every = Array.from({ length: highest.get(name) as number }, (_, i) => i + 1)
      expect(ids, `ids of ${name}, each once`).toEqual(every)
      const made = ticks.map(({ tradeId, seq }) => ({ ...madeTick(name, tradeId), seq }))
      expect(ticks, `ticks of ${name}`).toEqual(made)
      const candles = await rows(CANDLES)
      for (const [table, lengthUs] of CANDLE_TABLES) {
        const own = candles.filter((candle) => candle['table'] === table)
        const stored = own.map(({ table: _, ...candle }) => candle)
        const newest = Number(stored[stored.length - 1]?.['start'] ?? 0) + lengthUs
        const naive = closedNaive(ticks, lengthUs, Math.max(watermark, newest))
        expect(stored, `${table} of ${name}`).toEqual(naive)
      }
      await connection.run('USE memory')
      await connection.run('DETACH f')
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function asTick(row: Record<string, unknown>) {
  return row as { timestamp: number; seq: number; price: number; volume: number; side: number } & {
    tradeId: number
  }
}

const TICKS = `SELECT epoch_us(timestamp)::DOUBLE AS timestamp, seq::DOUBLE AS seq, price, volume,
  CASE side WHEN 'UNKNOWN' THEN 0 WHEN 'BUY' THEN 1 ELSE 2 END AS side,
  trade_id::DOUBLE AS "tradeId" FROM ticks ORDER BY ticks.timestamp, ticks.seq`
const CANDLES = CANDLE_TABLES.map(
  ([table]) => `SELECT '${table}' AS "table", epoch_us(timestamp)::DOUBLE AS start, open, high, low,
    close, volume, trades::DOUBLE AS trades, buy_volume AS "buyVolume",
    sell_volume AS "sellVolume", quote_volume AS "quoteVolume", vwap, delta FROM ${table}`,
)
  .join(' UNION ALL ')
  .concat(' ORDER BY "table", start')
