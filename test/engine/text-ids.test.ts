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
        for (const id of [...ids, 'new']) text.trade(T0 + 30, 1, 1, Side.Buy, id)
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
      const pair = engine.pair('venue', 'spot', 'A', TEXT) as unknown as Pair<'integer'>
      for (const id of ['', 'a'.repeat(257), 'é'.repeat(129), 'lone \ud800', 7n, {} as never]) {
        expect(pair.trade(T0, 1, 1, Side.Buy, id)).toBe(Refusal.IdNotExact)
      }
      pair.trade(T0, 1, 1, Side.Buy, 9007199254740991)
      pair.trade(T0, 1, 1, Side.Buy, '9007199254740991')
      expect(await pair.stats()).toMatchObject({ refused: 6, stored: 1, duplicates: 1 })
      const bad = engine.pair('venue', 'spot', 'B', TEXT)
      bad.trade(T0, -1, 1, Side.Buy, 'kept aside')
      await engine.flush({ stored: true })
      expect(await bad.stats()).toMatchObject({ rejected: 1 })
    })
  })

  test('an id that comes again with a newer time is a venue’s reset, once', async () => {
    await withDir(async (dataDir) => {
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', TEXT)
        for (let n = 0; n < 5; n++) pair.trade(T0 + n, 1, 1, Side.Buy, uuid(n))
        for (let n = 0; n < 3; n++) pair.trade(T0 + 60e6 + n, 1, 1, Side.Buy, uuid(n))
        expect(await pair.stats()).toMatchObject({ stored: 8, duplicates: 0, idResets: 1 })
      })
      await opened({ dataDir, ...EVENT }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A', TEXT)
        // Of the time before the reset, and not seen since.
        pair.trade(T0 + 60e6 + 3, 1, 1, Side.Buy, uuid(3))
        pair.trade(T0 + 60e6 + 3, 1, 1, Side.Buy, uuid(2))
        expect(await pair.stats()).toMatchObject({ stored: 1, duplicates: 1, idResets: 0 })
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

  test('cost a pair with whole numbers nothing: not even the memory', async () => {
    await withEngine(EVENT, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      expect(pair.trade(T0, 1, 1, Side.Buy, 'no number')).toBe(Refusal.IdNotExact)
      // @ts-expect-error numbers on a pair whose ids are text
      const misuse = (p: Pair<'text'>) => p.trade(1, 2, 3, Side.Buy, 4)
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
