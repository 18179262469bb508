import { type Candle, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'

// CVD without an anchor runs on for ever, so that what retention takes must be carried forward; and
// the fold state of thousands of commits must neither pile up nor get lost.

const DAY = 86_400e6
const HOUR = 3600e6

/** Every three hours for nine days, sides and volumes uneven; volumes off any short grid's end. */
const ticks = Array.from({ length: 72 }, (_, i) => ({
  timestamp: T0 + i * 3 * HOUR,
  price: 100 + (i % 7),
  volume: (1 + ((i * 37) % 101)) / 1000,
  side: i % 3 === 0 ? Side.Sell : Side.Buy,
  id: i + 1,
}))

function cvdAt(timestamp: number): number {
  const thousandths = ticks
    .filter((tick) => tick.timestamp < timestamp)
    .reduce((sum, t) => sum + (t.side === Side.Buy ? 1 : -1) * Math.round(t.volume * 1000), 0)
  return thousandths / 1000
}

test('CVD without an anchor is carried over what retention took, also after a reopening', async () => {
  await withDir(async (dataDir) => {
    const options = {
      dataDir,
      shards: 1,
      clock: 'event',
      anchor: 'none',
      retention: { ticks: '1d', '1m': '2d', '5m': '2d', '15m': '2d', '1h': '3d', '1d': '5d' },
    } as const
    const right = (candles: readonly Candle[], lengthUs: number) => {
      expect(candles.length).toBeGreaterThan(1)
      expect(candles.map((candle) => [candle.timestamp, candle.cvd])).toEqual(
        candles.map((candle) => [candle.timestamp, cvdAt(candle.timestamp + lengthUs)]),
      )
    }
    let kept = Number.POSITIVE_INFINITY
    for (const part of [ticks.slice(0, 40), ticks.slice(40)]) {
      await opened(options, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A')
        for (const t of part) pair.trade(t.timestamp, t.price, t.volume, t.side, t.id)
        right(await pair.candles('1h', { includeOpen: true }), HOUR)
        await engine.cleanup()
        await engine.cleanup()
        const hours = await pair.candles('1h', { includeOpen: true })
        right(hours, HOUR)
        right(await pair.candles('1d', { includeOpen: true }), DAY)
        right(await pair.candles('1m', { includeOpen: true }), 60e6)
        kept = hours[0].timestamp
        expect(pair.flow()?.cvd).toBe(cvdAt(part[part.length - 1].timestamp + 1))
      })
    }
    const last = ticks[ticks.length - 1].timestamp
    expect(kept).toBeGreaterThan(last - 5 * DAY)
    const [{ oldest, n }] = await sql(
      filePath(dataDir, 'venue', 'spot', 'A'),
      'SELECT epoch_us(min(timestamp)) AS oldest, count(*) AS n FROM ticks',
    )
    expect(oldest).toBeGreaterThanOrEqual(last - DAY)
    expect(n).toBeGreaterThan(5)
  })
})

test('the states of many commits are shed, and the newest is the one taken up', async () => {
  await withDir(async (dataDir) => {
    const options = { dataDir, shards: 1, clock: 'event' } as const
    const commits = 400
    const step = 100_000
    await opened(options, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      // Sparse ids and full windows make a state of several kilobytes.
      for (let i = 0; i < 3000; i++) pair.trade(T0 + i * step, 1, 1, Side.Buy, i * 10)
      for (let n = 0; n < commits; n++) {
        pair.trade(T0 + (3000 + n) * step, 1, 1, Side.Buy, (3000 + n) * 10)
        await engine.flush({ stored: true })
      }
    })
    const path = filePath(dataDir, 'venue', 'spot', 'A')
    const [{ states, bytes, largest }] = await sql(
      path,
      'SELECT count(*) AS states, sum(octet_length(state)) AS bytes, max(octet_length(state)) AS largest FROM state',
    )
    expect(Number(largest) * commits, 'more was written than is kept').toBeGreaterThan(2 ** 21)
    expect(Number(bytes)).toBeLessThan(Math.max(2 ** 18, 16 * Number(largest)) + Number(largest))
    expect(Number(states)).toBeGreaterThan(1)
    await opened(options, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      await pair.ready()
      expect(pair.flow()).toMatchObject({ cvd: 3000 + commits })
      for (const i of [0, 1500, 2999 + commits]) pair.trade(T0 + i * step, 1, 1, Side.Buy, i * 10)
      expect(await pair.stats()).toMatchObject({ received: 3, duplicates: 3, stored: 0 })
    })
  })
})
