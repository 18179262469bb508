import { INTERVALS, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { CANDLE_TABLES, candlesOf, filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir, withEngine } from '../support/engine-dir.js'

// One tick closes its minute, five minutes and more; then a late one comes, and nothing after it.

const HOUR = 3600e6

test('a late tick is in the candles of every level at once', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    pair.trade(T0, 100, 1, Side.Buy, 1)
    pair.trade(T0 + 3 * HOUR, 110, 1, Side.Buy, 2)
    pair.trade(T0 + HOUR, 105, 1, Side.Sell, 3)
    for (const interval of INTERVALS) {
      const candles = await pair.candles(interval, { includeOpen: true })
      const trades = candles.reduce((n, candle) => n + candle.trades, 0)
      expect([interval, trades]).toEqual([interval, 3])
    }
  })
})

for (const how of ['close() alone', 'flush({ stored }) and close()']) {
  test(`after ${how} the file's candles agree over all levels, and with the last events`, async () => {
    await withDir(async (dataDir) => {
      const revisions = new Map<string, number>()
      const settings = { dataDir, clock: 'event', shards: 1 } as const
      await opened(settings, async (engine) => {
        engine.on('candle', (c) => revisions.set(`${c.interval} ${c.timestamp}`, c.revision))
        const pair = engine.pair('venue', 'spot', 'A')
        pair.trade(T0 + 1, 100, 1, Side.Buy, 1)
        pair.trade(T0 + 30 * HOUR, 110, 1, Side.Buy, 2)
        engine.settle()
        pair.trade(T0, 105, 1, Side.Sell, 3)
        if (how !== 'close() alone') await engine.flush({ stored: true })
      })
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      for (const [i, [table]] of CANDLE_TABLES.entries()) {
        const [first] = await candlesOf(path, table)
        expect([table, first?.['trades'], first?.['open']]).toEqual([table, 2, 105])
        const [row] = await sql(path, `SELECT revision FROM ${table} ORDER BY timestamp LIMIT 1`)
        const told = revisions.get(`${INTERVALS[i]} ${T0}`)
        expect([table, row?.['revision']]).toEqual([table, told])
        expect([table, told]).toEqual([table, 1])
      }
      // Opened again, nothing is revised a second time.
      await opened(settings, async (engine) => {
        const told: number[] = []
        engine.on('candle', (c) => told.push(c.timestamp))
        const pair = engine.pair('venue', 'spot', 'A')
        pair.trade(T0 + 30 * HOUR + 1, 110, 1, Side.Buy, 4)
        engine.settle()
        await pair.stats()
        expect(told).toEqual([])
      })
    })
  })
}
