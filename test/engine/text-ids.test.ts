import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { type Pair, Refusal, Side } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { TextWriter } from '../../dist/src/ring/text-ring.js'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir, withEngine } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// Ids that are text: kept as they are, deduped over reconnects and restarts, through ring, spill,
// journal and file; and only in the files of pairs that have them.

const EVENT = { shards: 1, clock: 'event' } as const
const TEXT = { tradeIds: 'text' } as const
const uuid = (n: number) => `${(n * 2654435761) >>> 0}-${n}-0f8c-4b6e-9a7d-${n.toString(36)}`

async function idsIn(dataDir: string, symbol: string) {
  const path = filePath(dataDir, 'venue', 'spot', symbol)
  const rows = await sql(
    path,
    'SELECT trade_id AS id, typeof(trade_id) AS t FROM ticks ORDER BY seq',
  )
  return rows.map((row) => [row['id'], row['t']])
}

describe('text ids', () => {
  test('are stored as they came; what comes again is a duplicate, also after a reopening', async () => {
    await withDir(async (dataDir) => {
      const ids = ['ETH-169110812', '0xabc:7', '0xabc:8', 'é✓ — ok', '𝒳', '42', 'a'.repeat(256)]
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const text = engine.pair('venue', 'spot', 'TEXT', TEXT)
        const whole = engine.pair('venue', 'spot', 'WHOLE')
        for (const [i, id] of [...ids, ...ids].entries()) {
          expect(text.trade(T0 + (i % 7), 1, 1, Side.Buy, id)).toBeGreaterThan(0)
          whole.trade(T0 + i, 1, 1, Side.Buy, i)
        }
        text.trade(T0 + 20, 1, 1, Side.Buy)
        expect(await text.stats()).toMatchObject({ received: 15, stored: 8, duplicates: 7 })
        const ticks = await text.recentTicks()
        expect(ticks.map((tick) => tick.tradeId)).toEqual([...ids, undefined])
      })
      await opened({ dataDir, ...EVENT, shards: 2 }, async (engine) => {
        const text = engine.pair('venue', 'spot', 'TEXT', TEXT)
        for (const [i, id] of [...ids, 'new'].entries()) text.trade(T0 + i, 1, 1, Side.Buy, id)
        expect(await text.stats()).toMatchObject({ received: 8, stored: 1, duplicates: 7 })
      })
      expect(await idsIn(dataDir, 'TEXT')).toEqual(
        [...ids, null, 'new'].map((id) => [id, 'VARCHAR']),
      )
      expect((await idsIn(dataDir, 'WHOLE'))[0]).toEqual([0, 'BIGINT'])
    })
  })

  test('that cannot be kept are refused by name; numbers are taken by their digits', async () => {
    await withEngine(EVENT, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A', TEXT)
      for (const id of ['a'.repeat(257), 'é'.repeat(129), 'lone \ud800', {} as never]) {
        expect(pair.trade(T0, 1, 1, Side.Buy, id)).toBe(Refusal.IdNotExact)
      }
      expect(pair.trade(T0, 1, 1, Side.Buy, 2 ** 53)).toBe(Refusal.IdNotExact)
      pair.trade(T0, 1, 1, Side.Buy, 9007199254740991)
      pair.trade(T0, 1, 1, Side.Buy, '9007199254740991')
      for (const id of [2n ** 53n, 2n ** 64n, 10n ** 30n]) {
        pair.trade(T0, 1, 1, Side.Buy, id)
        pair.trade(T0, 1, 1, Side.Buy, String(id))
      }
      expect(await pair.stats()).toMatchObject({ refused: 5, stored: 4, duplicates: 4 })
      const bad = engine.pair('venue', 'spot', 'B', TEXT)
      bad.trade(T0, -1, 1, Side.Buy, 'kept aside')
      await engine.flush({ stored: true })
      expect(await bad.stats()).toMatchObject({ rejected: 1 })
    })
  })

  test('an id that comes again with another time is another trade, and is told', async () => {
    await withDir(async (dataDir) => {
      const HOUR = 3600e6
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', TEXT)
        for (let n = 0; n < 5; n++) pair.trade(T0 + n, 1, 1, Side.Buy, uuid(n))
        for (let n = 0; n < 3; n++) pair.trade(T0 + 60e6 + n, 1, 1, Side.Buy, uuid(n))
        for (let n = 0; n < 2; n++) pair.trade(T0 + HOUR + n, 1, 1, Side.Buy, uuid(n))
        // Those of the same hour are told.
        expect(await pair.stats()).toMatchObject({ stored: 10, duplicates: 0, idsShared: 3 })
      })
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', TEXT)
        for (let n = 0; n < 5; n++) pair.trade(T0 + n, 1, 1, Side.Buy, uuid(n))
        for (let n = 0; n < 3; n++) pair.trade(T0 + 60e6 + n, 1, 1, Side.Buy, uuid(n))
        for (let n = 0; n < 2; n++) pair.trade(T0 + HOUR + n, 1, 1, Side.Buy, uuid(n))
        pair.trade(T0 + HOUR + 2, 1, 1, Side.Buy, uuid(2))
        expect(await pair.stats()).toMatchObject({ stored: 1, duplicates: 10 })
      })
    })
  })

  test('on a pair of whole numbers are kept beside them, deduped and read', async () => {
    await withDir(async (dataDir) => {
      const ids = [1, 'x-7', 2, '0xdeadbeef:1', 2n ** 63n, 3, 2n ** 62n, 'None']
      const times = ids.map((_, i) => T0 + i)
      const told = [1, 'x-7', 2, '0xdeadbeef:1', String(2n ** 63n), 3, String(2n ** 62n), undefined]
      const sequential = { tradeIds: 'sequential' } as const
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', sequential)
        for (let turn = 0; turn < 2; turn++) {
          for (const [i, id] of ids.entries()) pair.trade(times[i], 1, 1, Side.Buy, id)
        }
        pair.trade(T0, -1, 1, Side.Buy, 'bad')
        // 'None' is no id: what has none can't be told from the same again.
        const expected = { stored: 9, duplicates: 7, rejected: 1, refused: 0, gaps: 0 }
        expect(await pair.stats()).toMatchObject(expected)
        const staged = await pair.recentTicks()
        expect(staged.map((tick) => tick.tradeId)).toEqual([...told, undefined])
        await engine.flush({ stored: true })
        expect((await pair.recentTicks()).map((tick) => tick.tradeId)).toEqual([...told, undefined])
        const arrays = await pair.recentTicks({ columns: true })
        expect(arrays.tradeId).toEqual(
          [...told, undefined].map((id) => (id === undefined ? id : String(id))),
        )
      })
      const beside = await sql(filePath(dataDir, 'venue', 'spot', 'A'), 'SELECT * FROM text_ids')
      expect(beside.map((row) => row['trade_id']).sort()).toEqual(
        ['x-7', '0xdeadbeef:1', String(2n ** 63n), 'bad'].sort(),
      )
      await opened({ dataDir, ...EVENT, shards: 2 }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', sequential)
        for (const [i, id] of ids.entries()) pair.trade(times[i], 1, 1, Side.Buy, id)
        // What was rejected was not seen.
        pair.trade(T0, 1, 1, Side.Buy, 'bad')
        expect(await pair.stats()).toMatchObject({ stored: 2, duplicates: 7 })
      })
    })
  })

  test('of a burst beyond the ring come through the spill in order, in runs of any length', async () => {
    await withDir(async (dataDir) => {
      const tiny = { dataDir, ...EVENT, ringSlots: 1024, spillSlots: 65_536 }
      // Long ids fill the room of a frame before its slots do.
      const id = (n: number) => (n % 3 === 0 ? `${n}:${'x'.repeat(n % 240)}` : uuid(n))
      await opened({ ...tiny, closeTimeoutMs: 1 }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', TEXT)
        for (let n = 0; n < 40_000; n++) pair.trade(T0 + n, 1, 1, Side.Buy, id(n))
        expect(pair.refused).toBe(0)
      })
      await opened({ ...tiny, shards: 3 }, async (engine) => {
        await engine.pair('venue', 'spot', 'A', TEXT).ready()
      })
      const stored = (await idsIn(dataDir, 'A')).map(([text]) => text)
      expect(stored).toEqual(Array.from({ length: 40_000 }, (_, n) => id(n)))
    })
  })

  test('are taken in any form on any pair; one without ids takes none', async () => {
    await withEngine(EVENT, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      for (const id of [1, 2n, '3', 'four'])
        expect(pair.trade(T0, 1, 1, Side.Buy, id)).toBeGreaterThan(0)
      // @ts-expect-error an id on a pair that has none
      const misuse = (p: Pair<'none'>) => p.trade(1, 2, 3, Side.Buy, 4)
      expect(misuse).toBeTypeOf('function')
    })
  })
})

const CHILD = fileURLToPath(new URL('../support/text-child.mjs', import.meta.url))

test('a worker that dies with text ids in its ring: each is stored once', async () => {
  await withDir(async (dataDir) => {
    const child = await runChild([CHILD, dataDir])
    expect([child.status, child.stderr]).toEqual([0, ''])
    const { sent, stored } = JSON.parse(child.stdout)
    expect(stored).toBe(sent)
    const ids = (await idsIn(dataDir, 'A')).map(([id]) => id)
    expect(ids).toEqual(Array.from({ length: sent }, (_, n) => `id-${n}`))
  })
})

test('the byte ring gives back what was written, whatever the lengths, and refuses when full', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' })), (texts) => {
      const writer = new TextWriter()
      const bytes = Buffer.from(writer.buffer, 256)
      for (const text of texts) {
        expect(writer.put(text)).toBe(true)
        const at = writer.at & (bytes.length - 1)
        expect(bytes.toString('utf8', at, at + writer.length)).toBe(text)
      }
    }),
  )
  const writer = new TextWriter()
  let written = 0
  while (writer.put('x'.repeat(200))) written++
  expect(written).toBeGreaterThan(80_000)
  expect(written).toBeLessThan(2 ** 24 / 200)
  // The reader has taken the first half.
  Atomics.store(new Int32Array(writer.buffer), 32, 100_000 * 80)
  expect(writer.put('y')).toBe(true)
})
