import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Refusal, Side, type TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { filePath, sql, ticksOf } from '../support/closed-file.js'
import { opened, T0, until, withDir } from '../support/engine-dir.js'

// A pair whose file cannot be used takes nothing more and loses nothing: what was received of it is
// in the journal until a session can store it, and the other pairs never notice.

const EVENT = { shards: 1, clock: 'event' } as const
const tick = (id: number) => [T0 + id * 1000, 100, 1, Side.Buy, id] as const
const idsOf = async (path: string) => (await ticksOf(path)).map((t) => t.tradeId)
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

/** Ticks 1 to `n` of a pair that are durable and, for the deadline of close(), stored nowhere. */
async function journaledOnly(dataDir: string, name: string, n: number) {
  await opened({ dataDir, ...EVENT, closeTimeoutMs: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', name)
    for (let id = 1; id <= n; id++) pair.trade(...tick(id))
    const full = engine.pair('venue', 'spot', 'FULL')
    for (let id = 1; id <= 60_000; id++) full.trade(...tick(id))
    await engine.flush()
  })
}

async function faultsOf(engine: TickEngine, count: number): Promise<string[]> {
  const faults: string[] = []
  engine.on('fault', (fault) => faults.push(`${fault.code} ${fault.pair}`))
  await until('the faults', () => faults.length >= count)
  return faults
}

test('a file that cannot be opened: refused by name, kept in the journal, stored when it is gone', async () => {
  await withDir(async (dataDir) => {
    const path = filePath(dataDir, 'venue', 'spot', 'A')
    let before = 500
    // On a machine with other things to do, the deadline may come when all of it is stored.
    while (before === 500) {
      rmSync(dataDir, { recursive: true })
      await opened({ dataDir, ...EVENT }, async (engine) => {
        engine.pair('venue', 'spot', 'A').trade(...tick(1))
      })
      await journaledOnly(dataDir, 'A', 500)
      before = existsSync(path) ? (await idsOf(path)).length : 0
    }
    // Nothing says that the file is broken: it is not set aside.
    rmSync(path, { force: true })
    mkdirSync(path, { recursive: true })
    for (const again of [1, 2]) {
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A')
        await expect(pair.ready(), `again ${again}`).rejects.toThrow()
        await until('trade() refuses', () => pair.trade(...tick(501)) === Refusal.PairRefused)
        const other = engine.pair('venue', 'spot', 'FULL')
        expect(other.trade(...tick(60_000 + again))).toBeGreaterThan(0)
        await engine.flush()
      })
    }
    rmSync(path, { recursive: true })
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const ticks = await engine.pair('venue', 'spot', 'A').recentTicks({ limit: 1000 })
      expect(ticks.length).toBeGreaterThanOrEqual(500 - before)
      expect(ticks[ticks.length - 1].tradeId).toBeGreaterThanOrEqual(500)
      // Nothing holds the old segments back any more.
      const other = await engine.pair('venue', 'spot', 'FULL').last()
      expect(other?.tradeId).toBe(60_002)
    })
    expect(readdirSync(join(dataDir, 'journal')).length).toBe(1)
  })
})

test('a path that cannot be made: the others are stored, the engine opens again', async () => {
  await withDir(async (dataDir) => {
    writeFileSync(join(dataDir, 'kraken'), 'in the way')
    await opened({ dataDir, ...EVENT, attachedFiles: 4 }, async (engine) => {
      const bad = engine.pair('kraken', 'spot', 'K')
      const good = engine.pair('venue', 'spot', 'G')
      const told = faultsOf(engine, 1)
      for (let id = 1; id <= 50; id++) {
        bad.trade(...tick(id))
        good.trade(...tick(id))
      }
      await expect(engine.flush({ stored: true })).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(await told).toEqual(['STORE_FAILED kraken:spot:K'])
      expect((await good.last())?.tradeId).toBe(50)
      expect(await good.stats()).toMatchObject({ stored: 50, staged: 0 })
    })
    await opened({ dataDir, ...EVENT }, async (engine) => {
      expect((await engine.pair('venue', 'spot', 'G').last())?.tradeId).toBe(50)
    })
    rmSync(join(dataDir, 'kraken'))
    await opened({ dataDir, ...EVENT }, async () => undefined)
    expect(await idsOf(filePath(dataDir, 'kraken', 'spot', 'K'))).toEqual(upTo(50))
  })
})

test('another anchor sums CVD anew from the candles kept; none given goes on with the last', async () => {
  await withDir(async (dataDir) => {
    const day = 86_400e6
    const trade = (engine: TickEngine, n: number, volume: number, side: Side) =>
      engine.pair('venue', 'spot', 'A').trade(T0 + n * (day / 4), 100, volume, side, n)
    const cvd = async (engine: TickEngine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      await pair.ready()
      engine.settle()
      return [pair.flow()?.cvd, pair.flow()?.anchor]
    }
    await opened({ dataDir, ...EVENT, anchor: 'none' }, async (engine) => {
      for (let n = 1; n <= 6; n++) trade(engine, n, n / 10, n % 3 === 0 ? Side.Sell : Side.Buy)
      expect(await cvd(engine)).toEqual([0.3, 0])
    })
    // 0.1 + 0.2 - 0.3 of the first day, 0.4 + 0.5 - 0.6 of the second.
    await opened({ dataDir, ...EVENT }, async (engine) => {
      expect(await cvd(engine)).toEqual([0.3, 0])
    })
    await opened({ dataDir, ...EVENT, anchor: 'utc-day' }, async (engine) => {
      expect(await cvd(engine)).toEqual([0.3, T0 + day])
      trade(engine, 7, 2, Side.Sell)
      engine.settle()
      expect(await cvd(engine)).toEqual([-1.7, T0 + day])
    })
    await opened({ dataDir, ...EVENT, anchor: 'none' }, async (engine) => {
      expect(await cvd(engine)).toEqual([-1.7, 0])
    })
  })
})

test('a file from another directory: what comes now is taken, whatever sequence it had there', async () => {
  await withDir(async (dataDir) => {
    const there = join(dataDir, 'there')
    const here = join(dataDir, 'here')
    mkdirSync(there)
    mkdirSync(here)
    await opened({ dataDir: there, ...EVENT }, async (engine) => {
      const filler = engine.pair('venue', 'spot', 'FILLER')
      for (let id = 1; id <= 5000; id++) filler.trade(...tick(id))
      for (let id = 1; id <= 50; id++) engine.pair('venue', 'spot', 'A').trade(...tick(id))
    })
    const { renameSync } = await import('node:fs')
    const folder = dirname(filePath(here, 'venue', 'spot', 'A'))
    mkdirSync(dirname(folder), { recursive: true })
    renameSync(dirname(filePath(there, 'venue', 'spot', 'A')), folder)
    await opened({ dataDir: here, ...EVENT }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      for (let id = 41; id <= 100; id++) pair.trade(...tick(id))
      expect(await pair.stats()).toMatchObject({ received: 60, stored: 50, duplicates: 10 })
    })
    const rows = await sql(filePath(here, 'venue', 'spot', 'A'), 'SELECT count(*) AS n FROM ticks')
    expect(rows).toEqual([{ n: 100 }])
  })
})
