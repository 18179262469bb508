import { Side, TickEngine } from 'tickloom'
import { afterEach, expect, test, vi } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { candlesOf, closedNaive, filePath, ticksOf } from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'

// The machine's clock is set an hour forth or back while a venue goes on as before: nothing is
// deleted that should be there, nothing of the venue is shut out, and candles are of its time.

const HOUR_MS = 3600e3
const STEP_US = 20_000
const OPTIONS = {
  shards: 1,
  retention: { ticks: '5m' },
  windows: ['10s', '60s'],
  retentionEveryMs: 100,
} as const

afterEach(() => vi.restoreAllMocks())

const [wallNow, monotonicNow] = [Date.now.bind(Date), performance.now.bind(performance)]
let passedMs = 0

/** Sets the wall clock; a second passes, so that the next tick brings a clock record. */
function setClock(byMs: number): void {
  passedMs += 1000
  const passed = passedMs
  vi.spyOn(Date, 'now').mockImplementation(() => wallNow() + byMs)
  vi.spyOn(performance, 'now').mockImplementation(() => monotonicNow() + passed)
}

for (const [what, jumps] of [
  ['forth', [0, HOUR_MS, HOUR_MS]],
  ['back', [0, -HOUR_MS, -HOUR_MS]],
  ['forth, and right again', [0, HOUR_MS, 0]],
  ['back, and right again', [0, -HOUR_MS, 0]],
] as const) {
  test(`the clock jumps an hour ${what}: every tick is there, and its candles`, async () => {
    await withDir(async (dataDir) => {
      const from = (Math.floor(Date.now() / 60_000) - 3) * 60e6
      let id = 0
      const trade = (engine: TickEngine, count: number) => {
        const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
        for (let n = 0; n < count; n++) {
          id++
          const receipt = pair.trade(from + id * STEP_US, 100 + (id % 9), 1, (id % 3) as Side, id)
          expect(receipt).toBeGreaterThan(0)
        }
        return pair
      }
      for (const session of [1, 2]) {
        const engine = await TickEngine.open({ dataDir, ...OPTIONS })
        for (const byMs of jumps) {
          setClock(byMs)
          const pair = trade(engine, 1000)
          // Its clock records pass, candles close and retention runs by the clock that is wrong.
          await engine.flush({ stored: true })
          await engine.cleanup()
          trade(engine, 200)
          await engine.flush({ stored: true })
          await engine.cleanup()
          expect((await pair.stats()).rejected, `session ${session}`).toBe(0)
          expect(await pair.gaps()).toEqual([])
        }
        await engine.close()
      }
      vi.restoreAllMocks()
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      const ticks = await ticksOf(path)
      expect(ticks.map((tick) => tick.tradeId)).toEqual(Array.from({ length: id }, (_, i) => i + 1))
      const stored = await candlesOf(path, 'candles_1m')
      const through = Number(stored[stored.length - 1].start) + 60e6
      expect(stored).toEqual(closedNaive(ticks, 60e6, through))
      expect(through).toBeGreaterThanOrEqual(from + 60e6)
      expect((await verify(dataDir)).problems).toEqual([])
    })
  })
}

test('ticks of another age, before and after: kept aside, and nothing else is touched', async () => {
  await withDir(async (dataDir) => {
    const now = Date.now() * 1000
    const year = 365 * 86_400e6
    const engine = await TickEngine.open({ dataDir, ...OPTIONS })
    const pair = engine.pair('venue', 'spot', 'A')
    const long = Date.UTC(2005, 0, 1) * 1000
    const times = [now, now + 10 * year, now + 1000, now - 10 * year, now + 2000, long, now + 3000]
    for (const [i, time] of times.entries()) {
      expect(pair.trade(time, 100, 1, Side.Buy, i + 1), `time ${time}`).toBeGreaterThan(0)
    }
    await engine.flush({ stored: true })
    await engine.cleanup()
    const { received, stored, rejected, tooLate, duplicates } = await pair.stats()
    expect([received, duplicates]).toEqual([7, 0])
    expect(stored + rejected + tooLate).toBe(7)
    expect(rejected).toBe(1)
    const kept = (await pair.recentTicks({ limit: 10 })).map((tick) => tick.timestamp)
    expect(kept).toEqual([now, now + 1000, now + 2000, now + 3000])
    await engine.close()
    expect((await verify(dataDir)).problems).toEqual([])
  })
})

test('a venue that is an hour ahead is believed, and what our clock still keeps is kept', async () => {
  await withDir(async (dataDir) => {
    const from = Date.now() * 1000 - 60e6
    for (const aheadUs of [0, 3600e6]) {
      const engine = await TickEngine.open({ dataDir, ...OPTIONS })
      const pair = engine.pair('venue', 'spot', 'A')
      for (let i = 0; i < 100; i++) {
        expect(
          pair.trade(from + aheadUs + i * 1000, 100, 1, Side.Buy, aheadUs + i),
        ).toBeGreaterThan(0)
      }
      await engine.flush({ stored: true })
      await engine.cleanup()
      await engine.close()
    }
    const times = (await ticksOf(filePath(dataDir, 'venue', 'spot', 'A'))).map((t) => t.timestamp)
    expect(times.filter((time) => time < from + 3600e6).length).toBe(100)
    expect(times.length).toBeGreaterThan(190)
  })
})
