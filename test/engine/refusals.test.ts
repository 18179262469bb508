import { EngineError, type FaultEvent, type LossEvent, Refusal, Side, TickEngine } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, until, withDir, withEngine } from '../support/engine-dir.js'

// Bad data never throws: it is refused by name, or counted and kept. Bad use throws an EngineError.

const EVENT = { clock: 'event', shards: 1 } as const

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof EngineError) return error.code
    throw error
  }
  return 'nothing thrown'
}

async function rejectionOf(work: () => Promise<unknown>): Promise<EngineError> {
  const error = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof EngineError) return error
  throw new Error(`no EngineError: ${String(error)}`)
}

describe('trade()', () => {
  test('refuses what is no number, no µs and no exact id, each by name and in the account', async () => {
    await withEngine(EVENT, async (engine) => {
      const faults: FaultEvent[] = []
      const losses: LossEvent[] = []
      engine.on('fault', (fault) => faults.push(fault))
      engine.on('loss', (loss) => losses.push(loss))
      const pair = engine.pair('venue', 'spot', 'A')
      const refused: [number, number][] = [
        [pair.trade(T0, Number.NaN, 1, Side.Buy, 1), Refusal.NotFinite],
        [pair.trade(T0, 1, Number.POSITIVE_INFINITY, Side.Buy, 1), Refusal.NotFinite],
        [pair.trade(Number.NaN, 1, 1, Side.Buy, 1), Refusal.NotFinite],
        [pair.trade(T0 / 1e6, 1, 1, Side.Buy, 1), Refusal.TimeUnit],
        [pair.trade(T0 / 1e3, 1, 1, Side.Buy, 1), Refusal.TimeUnit],
        [pair.trade(T0 * 1e3, 1, 1, Side.Buy, 1), Refusal.TimeUnit],
        [pair.trade(T0, 1, 1, Side.Buy, 1, T0 / 1e3), Refusal.TimeUnit],
        [pair.trade(T0, 1, 1, Side.Buy, 1, Number.NaN), Refusal.NotFinite],
        // biome-ignore lint/correctness/noPrecisionLoss: that it is lost is the point
        [pair.trade(T0, 1, 1, Side.Buy, 2290000000036455162), Refusal.IdNotExact],
        [pair.trade(T0, 1, 1, Side.Buy, 1.5), Refusal.IdNotExact],
        [pair.trade(T0, 1, 1, Side.Buy, -1), Refusal.IdNotExact],
        [pair.trade(T0, 1, 1, Side.Buy, 'x'.repeat(257)), Refusal.IdNotExact],
        [pair.trade(T0, 1, 1, Side.Buy, 'lone \ud800'), Refusal.IdNotExact],
        [pair.trade(T0, 1, 1, Side.Buy, {} as never), Refusal.IdNotExact],
      ]
      expect(refused.map(([given]) => given)).toEqual(refused.map(([, wanted]) => wanted))
      const stats = await pair.stats()
      expect(stats).toMatchObject({ offered: 14, refused: 14, received: 0, stored: 0 })
      await until('losses told', () => losses.length >= 3)
      expect(new Set(losses.map((loss) => loss.reason))).toEqual(
        new Set(['not-finite', 'time-unit', 'id-not-exact']),
      )
      // The first of its kind comes with the value and the remedy; the others only count.
      expect(faults.map((fault) => fault.code).sort()).toEqual(['ID_NOT_EXACT', 'TIME_UNIT'])
      const [timeUnit] = faults.filter((fault) => fault.code === 'TIME_UNIT')
      expect(timeUnit.message).toContain(String(T0 / 1e6))
      expect(timeUnit.pair).toBe('venue:spot:A')
    })
  })

  test('keeps ids of 63 bits exactly, as bigint or digits, and tells them apart', async () => {
    await withDir(async (dataDir) => {
      const ids = [
        2290000000036455162n,
        2290000000036455163n,
        2n ** 63n - 1n,
        2n ** 53n,
        2n ** 53n + 1n,
      ]
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A')
        for (const [i, id] of ids.entries()) {
          const given = i % 2 === 0 ? id : String(id)
          expect(pair.trade(T0 + i, 1, 1, Side.Buy, given)).toBeGreaterThan(0)
        }
        for (const id of ids) pair.trade(T0, 1, 1, Side.Buy, id)
        for (const id of [0, 2 ** 32, 2 ** 32 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
          pair.trade(T0 + 10, 1, 1, Side.Buy, id)
          pair.trade(T0 + 10, 1, 1, Side.Buy, String(id))
        }
        expect(await pair.stats()).toMatchObject({ stored: 10, duplicates: 10 })
        const told = (await pair.recentTicks({ limit: 10 })).map((tick) => tick.tradeId)
        expect(told.slice(0, 5)).toEqual(ids.map(String))
        // Of one time: in the order of their ids.
        expect(told.slice(5)).toEqual([0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])
      })
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      const rows = await sql(path, 'SELECT trade_id::VARCHAR AS id FROM ticks ORDER BY seq LIMIT 5')
      expect(rows.map((row) => row['id'])).toEqual(ids.map(String))
    })
  })

  test('after close() refuses; reads and pair() throw ENGINE_CLOSED; close() is idempotent', async () => {
    await withDir(async (dataDir) => {
      const engine = await TickEngine.open({ dataDir, ...EVENT })
      const pair = engine.pair('venue', 'spot', 'A')
      pair.trade(T0, 1, 1, Side.Buy, 1)
      const closing = engine.close()
      expect(pair.trade(T0, 1, 1, Side.Buy, 2)).toBe(Refusal.Closed)
      await closing
      await engine.close()
      await engine[Symbol.asyncDispose]()
      expect(pair.trade(T0, 1, 1, Side.Buy, 3)).toBe(Refusal.Closed)
      expect(codeOf(() => engine.pair('venue', 'spot', 'B'))).toBe('ENGINE_CLOSED')
      expect(codeOf(() => engine.find('venue:spot:A'))).toBe('ENGINE_CLOSED')
      for (const late of [
        () => pair.stats(),
        () => pair.recentTicks(),
        () => engine.flush(),
        () => engine.cleanup(),
      ]) {
        expect((await rejectionOf(late)).code).toBe('ENGINE_CLOSED')
      }
      expect(engine.health().status).toBe('failed')
      const { offered, refused, received, stored } = engine.stats()
      expect([offered, refused, received, stored]).toEqual([3, 2, 1, 1])
    })
  })

  test('a handler that throws stops neither the engine nor the other handlers', async () => {
    await withEngine(EVENT, async (engine) => {
      let heard = 0
      engine.on('candle', () => {
        throw new Error('handler')
      })
      engine.on('candle', () => {
        heard++
      })
      const pair = engine.pair('venue', 'spot', 'A')
      for (let i = 0; i < 10; i++) pair.trade(T0 + i * 60e6, 1, 1, Side.Buy, i)
      await pair.stats()
      await until('candles heard', () => heard >= 9)
      expect(engine.health().status).toBe('ok')
    })
  })
})

describe('options', () => {
  test.each([
    [{ shardz: 2 }, 'shardz'],
    [{ datadir: 'x' }, 'dataDir'],
    [{ LatenessMs: 1 }, 'latenessMs'],
    [{ shards: 0 }, 'shards'],
    [{ shards: 1.5 }, 'shards'],
    [{ ringSlots: 1000 }, 'ringSlots'],
    [{ clock: 'wal' }, 'clock'],
    [{ windows: [] }, 'windows'],
    [{ windows: ['60s', '60s'] }, 'windows'],
    [{ overflow: 'drop' }, 'overflow'],
    [{ anchor: 'week' }, 'anchor'],
    [{ latenessMs: Number.NaN }, 'latenessMs'],
    [{ retention: { tick: '15m' } }, 'ticks'],
    [{ retention: { ticks: '1s' } }, 'retention.ticks'],
    [{ journal: 'yes' }, 'journal'],
  ])('%j is refused, naming %s', async (options, named) => {
    const error = await rejectionOf(() =>
      TickEngine.open({ dataDir: '/nowhere', ...options } as never),
    )
    expect(error.code).toBe('BAD_OPTION')
    expect(error.message).toContain(named)
  })

  test.each([
    [{ windows: ['ten'] }, 'windows'],
    [{ retention: { ticks: 'soon' } }, 'retention.ticks'],
  ])('a duration nobody can read is a bad option: %j', async (options, named) => {
    const error = await rejectionOf(() =>
      TickEngine.open({ dataDir: '/nowhere', ...options } as never),
    )
    expect([error.code, error.message.includes(named)]).toEqual(['BAD_OPTION', true])
  })

  test('of a pair: unknown ones are refused, other ones than it is open with are a mismatch', async () => {
    await withEngine(EVENT, async (engine) => {
      expect(codeOf(() => engine.pair('venue', 'spot', 'A', { tradeid: 'none' } as never))).toBe(
        'BAD_OPTION',
      )
      const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
      expect(engine.pair('venue', 'spot', 'A')).toBe(pair)
      expect(engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })).toBe(pair)
      expect(codeOf(() => engine.pair('venue', 'spot', 'A', { tradeIds: 'none' }))).toBe(
        'PAIR_MISMATCH',
      )
      for (const bad of ['', '..', 'a\0b', ' x', 'x'.repeat(200)]) {
        expect([bad, codeOf(() => engine.pair('venue', 'spot', bad))]).toEqual([bad, 'BAD_NAME'])
      }
      expect(codeOf(() => engine.pair('../x', 'spot', 'A'))).toBe('BAD_NAME')
      expect(codeOf(() => engine.pair('venue', 'spots', 'A'))).toBe('BAD_NAME')
    })
  })
})

describe('a pair that is reopened', () => {
  async function stored(dataDir: string) {
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'BTC/USDT', { tradeIds: 'sequential', decimals: 6 })
      for (let id = 1; id <= 10; id++) pair.trade(T0 + id, 1, 1, Side.Buy, id)
    })
  }

  test('with another id mode is refused; its neighbours go on', async () => {
    await withDir(async (dataDir) => {
      await stored(dataDir)
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const faults: string[] = []
        engine.on('fault', (fault) => faults.push(fault.code))
        const ready = async () => {
          const pair = engine.pair('venue', 'spot', 'BTC/USDT', { tradeIds: 'none' })
          pair.trade(T0 + 100, 1, 1, Side.Buy)
          await pair.ready()
        }
        expect((await rejectionOf(ready)).code).toBe('PAIR_MISMATCH')
        const other = engine.pair('venue', 'spot', 'ETH/USDT')
        expect(other.trade(T0, 1, 1, Side.Buy, 1)).toBeGreaterThan(0)
        expect(await other.stats()).toMatchObject({ stored: 1 })
        engine.settle()
        const { offered, refused, received, stored, rejected } = engine.stats()
        expect(offered).toBe(refused + received)
        expect(received).toBe(stored + rejected)
        expect(engine.health().status).toBe('ok')
      })
    })
  })

  test('without options is what its file says', async () => {
    await withDir(async (dataDir) => {
      await stored(dataDir)
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.find('venue:spot:BTC/USDT')
        expect(pair.options.tradeIds).toBe('sequential')
        expect((await pair.recentTicks()).length).toBe(10)
        const receipt = engine.ingest({
          exchange: 'venue',
          market: 'spot',
          symbol: 'BTC/USDT',
          timestamp: T0 + 5,
          price: 1,
          volume: 1,
          side: 'buy',
          tradeId: 5,
        })
        expect(receipt).toBeGreaterThan(0)
        expect(await pair.stats()).toMatchObject({ duplicates: 1, stored: 0 })
      })
    })
  })

  test('is unknown by a name near it, which is offered', async () => {
    await withDir(async (dataDir) => {
      await stored(dataDir)
      await opened({ dataDir, ...EVENT }, async (engine) => {
        expect(codeOf(() => engine.find('venue:spot:BTC/USD'))).toBe('UNKNOWN_PAIR')
        expect(() => engine.find('venue:spot:btcusdt')).toThrow('venue:spot:BTC/USDT')
        expect(engine.pairs().map((key) => key.name)).toEqual(['venue:spot:BTC/USDT'])
      })
    })
  })
})

describe('ingest()', () => {
  test('takes Date, ISO text and µs, and words for sides', async () => {
    await withEngine(EVENT, async (engine) => {
      const trade = { exchange: 'venue', market: 'spot', symbol: 'A', price: 1, volume: 1 } as const
      const times = [new Date(T0 / 1000), '2025-03-01T00:00:00.000001Z', T0 + 2]
      for (const [i, timestamp] of times.entries()) {
        const side = (['buy', 'sell', 'unknown'] as const)[i]
        const receipt = engine.ingest({
          ...trade,
          timestamp,
          side,
          tradeId: i,
          receivedAt: new Date(T0 / 1000 + 5),
        })
        expect(receipt).toBeGreaterThan(0)
      }
      const ticks = await engine.pair('venue', 'spot', 'A').recentTicks()
      expect(ticks.map((tick) => tick.timestamp)).toEqual([T0, T0 + 1, T0 + 2])
      expect(ticks.map((tick) => tick.side)).toEqual(['buy', 'sell', 'unknown'])
      expect(ticks.map((tick) => tick.receivedAt)).toEqual([T0 + 5000, T0 + 5000, T0 + 5000])
      const ms = engine.ingest({ ...trade, timestamp: T0 / 1000, side: 'buy' })
      expect(ms).toBe(Refusal.TimeUnit)
      expect(codeOf(() => engine.ingest({ ...trade, timestamp: T0, side: 'BUY' as never }))).toBe(
        'BAD_ARGUMENT',
      )
      // Bad data is refused and counted, never thrown.
      const noon = engine.ingest({ ...trade, timestamp: 'noon', side: 'buy' })
      expect(noon).toBe(Refusal.NotFinite)
      const received = engine.ingest({
        ...trade,
        timestamp: T0,
        receivedAt: T0 / 1000,
        side: 'buy',
      })
      expect(received).toBe(Refusal.TimeUnit)
      const big = { ...trade, timestamp: 1n as unknown as number, side: 'buy' } as const
      expect(engine.ingest(big)).toBe(Refusal.NotFinite)
    })
  })
})
