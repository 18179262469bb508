import { type Pair, Side, type StoredTick, type TickArrays } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { T0, withEngine } from '../support/engine-dir.js'

// Answers as columns: the same as rows, and in portions the same as at once.

const COUNT = 5000
const SIDES = ['unknown', 'buy', 'sell']

// Some ticks come late, many at one time, some without an id or a time of receipt.
function trade(pair: Pair, i: number) {
  const at = T0 + Math.floor(i / 7) * 90_000 - (i % 31 === 0 ? 200_000 : 0)
  const id = i % 5 === 0 ? undefined : i + 1
  return pair.trade(at, 100 + (i % 13), (i % 9) + 0.5, (i % 3) as Side, id, i % 2 ? at + 5 : 0)
}

function rowsOf(a: TickArrays): StoredTick[] {
  return Array.from({ length: a.length }, (_, i) => {
    const id = a.tradeId?.[i]
    return {
      timestamp: a.timestamp[i],
      price: a.price[i],
      volume: a.volume[i],
      side: SIDES[a.side[i]] as StoredTick['side'],
      tradeId: id === -1n ? undefined : typeof id === 'bigint' ? Number(id) : id,
      receivedAt: a.receivedAt[i] === 0 ? undefined : a.receivedAt[i],
      seq: a.seq[i],
    }
  })
}

describe('ticks as columns', () => {
  test('are the rows, of any range', async () => {
    await withEngine({ clock: 'event' }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A') as Pair
      for (let i = 0; i < COUNT; i++) trade(pair, i)
      const middle = T0 + 20e6
      for (const range of [
        {},
        { limit: 1 },
        { limit: COUNT },
        { limit: 3 * COUNT },
        { from: middle },
        { to: middle },
        { from: middle, to: middle + 7e6, limit: 77 },
        { from: T0 + 1e12 },
      ]) {
        // The first of these are in memory: columns have them stored.
        const rows = await pair.recentTicks(range)
        const columns = await pair.recentTicks({ ...range, columns: true })
        expect(rowsOf(columns)).toEqual(rows)
      }
      // Memory of its own, not a copy's view.
      const { price } = await pair.recentTicks({ columns: true, limit: 10 })
      expect(price.buffer.byteLength).toBe(80)
    })
  })

  test('come in portions, all of them, each as large as asked for', async () => {
    await withEngine({ clock: 'event' }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A') as Pair
      for (let i = 0; i < COUNT; i++) trade(pair, i)
      const all = await pair.recentTicks({ limit: COUNT })
      for (const limit of [999, 2500, COUNT, COUNT + 1]) {
        const lengths: number[] = []
        const rows: StoredTick[] = []
        for await (const part of pair.ticks({ limit })) {
          lengths.push(part.length)
          rows.push(...rowsOf(part))
        }
        expect(rows).toEqual(all)
        const full = Array.from({ length: Math.floor(COUNT / limit) }, () => limit)
        expect(lengths).toEqual(COUNT % limit > 0 ? [...full, COUNT % limit] : full)
      }
      const [from, to] = [T0 + 10e6, T0 + 30e6]
      const some: StoredTick[] = []
      for await (const part of pair.ticks({ from, to, limit: 100 })) some.push(...rowsOf(part))
      expect(some).toEqual(all.filter((t) => t.timestamp >= from && t.timestamp < to))
      // What arrives meanwhile comes at the end.
      let seen = 0
      for await (const part of pair.ticks({ limit: 4000 })) {
        if (seen === 0) pair.trade(T0 + 3600e6, 1, 1, Side.Buy, 999_999)
        seen += part.length
      }
      expect(seen).toBe(COUNT + 1)
    })
  })

  test('can be traded again as they are', async () => {
    await withEngine({ clock: 'event' }, async (engine) => {
      for (const ids of ['integer', 'text', 'none'] as const) {
        const pair = engine.pair('venue', 'spot', `from-${ids}`, { tradeIds: ids })
        for (let i = 0; i < 300; i++) {
          const id = ids === 'none' ? undefined : ids === 'text' ? `id-${i}` : i + 1
          pair.trade(T0 + i, 100 + i, 1, Side.Buy, id as never)
        }
        const staged = await pair.recentTicks()
        expect(staged.map(({ tradeId }) => tradeId)).toEqual(
          Array.from({ length: 300 }, (_, i) => {
            return ids === 'none' ? undefined : ids === 'text' ? `id-${i}` : i + 1
          }),
        )
        const columns = await pair.recentTicks({ columns: true })
        const copy = engine.pair('venue', 'spot', `to-${ids}`, { tradeIds: ids })
        expect(copy.tradeBatch(columns as never)).toMatchObject({ received: 300, refused: 0 })
        const without = (rows: StoredTick[]) => rows.map(({ seq, ...rest }) => rest)
        expect(without(await copy.recentTicks())).toEqual(without(await pair.recentTicks()))
      }
    })
  })

  test('rows in memory are those of the file: ids of 63 bits, none, and times of receipt', async () => {
    await withEngine({ clock: 'event' }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A') as Pair
      const ids = ['9223372036854775807', 2n ** 53n + 1n, 7, undefined, 0]
      for (const [i, id] of ids.entries()) {
        const at = i % 2 ? T0 + i + 9 : 0
        expect(
          pair.trade(T0 + i, 100.5 - i, i + 0.25, (i % 3) as Side, id as never, at),
        ).toBeGreaterThan(0)
      }
      const staged = await pair.recentTicks()
      expect(staged.map(({ tradeId }) => tradeId)).toEqual([
        '9223372036854775807',
        '9007199254740993',
        7,
        undefined,
        0,
      ])
      await engine.flush({ stored: true })
      expect(await pair.recentTicks()).toEqual(staged)
      expect(await pair.last()).toEqual(staged[4])
    })
  })

  test('of a pair without ticks are empty', async () => {
    await withEngine({ clock: 'event' }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A') as Pair
      pair.trade(T0, -1, 1, Side.Buy, 1)
      expect((await pair.recentTicks({ columns: true })).length).toBe(0)
      for await (const part of pair.ticks()) expect(part).toBe('nothing')
    })
  })
})

test('candles as columns are the rows', async () => {
  await withEngine({ clock: 'event' }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A') as Pair
    for (let i = 0; i < 2000; i++) pair.trade(T0 + i * 1e6, 100 + (i % 13), 1, (i % 3) as Side, i)
    for (const range of [{}, { limit: 3 }, { includeOpen: true, fill: 'zero' as const }]) {
      const rows = await pair.candles('1m', range)
      const {
        length,
        pair: name,
        interval,
        closed,
        ...columns
      } = await pair.candles('1m', {
        ...range,
        columns: true,
      })
      expect(rows.length).toBeGreaterThan(2)
      const again = Array.from({ length }, (_, i) => ({
        pair: name,
        interval,
        closed: closed[i] === 1,
        ...Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, column[i]])),
      }))
      expect(again).toEqual(rows)
    }
  })
})
