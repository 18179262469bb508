import { expect, test } from 'vitest'
import { ReadingCounts } from '../../dist/src/model/reading-counts.js'
import { withEngine } from '../support/engine-dir.js'

// What feeds and adapters say they made of their input.

test('sides by word, with what they were taken as, and those nobody knows', () => {
  const counts = new ReadingCounts()
  counts.side('buy', 1, 2)
  counts.side('BID', 1, 3)
  counts.side('buy', 1, 0.5)
  counts.side('N', 0, 7)
  counts.side('left', undefined, 11)
  counts.side('', 0, 1, 4)
  const { sides, ...told } = counts.counts()
  expect(sides).toEqual([
    { word: 'buy', side: 'buy', understood: true, count: 2, volume: 2.5 },
    { word: 'BID', side: 'buy', understood: true, count: 1, volume: 3 },
    { word: 'N', side: 'unknown', understood: true, count: 1, volume: 7 },
    { word: 'left', side: 'unknown', understood: false, count: 1, volume: 11 },
    { word: '', side: 'unknown', understood: true, count: 4, volume: 1 },
  ])
  expect(told).toMatchObject({ trades: 9, notUnderstood: 1, unknownSides: 6, unknownVolume: 19 })
})

test('what is passed over keeps its first three samples, short; everything is bounded', () => {
  const counts = new ReadingCounts()
  for (let i = 0; i < 10; i++) counts.skip('another stream', { i: BigInt(i) })
  counts.refuse('no price', 'x'.repeat(10_000))
  const ring: unknown[] = []
  ring.push(ring)
  counts.refuse('no price', ring)
  for (let i = 0; i < 500; i++) counts.side(`word ${i}`, undefined, 1)
  for (let i = 0; i < 500; i++) counts.refuse(`reason ${i}`, undefined)
  const { skipped, refused, sides, trades, notUnderstood } = counts.counts()
  expect(skipped).toEqual([
    { reason: 'another stream', count: 10, samples: ['{"i":"0"}', '{"i":"1"}', '{"i":"2"}'] },
  ])
  expect(refused[0]).toMatchObject({ reason: 'no price', count: 2 })
  expect(refused[0].samples[0].length).toBe(160)
  expect(refused.reduce((n, one) => n + one.count, 0)).toBe(502)
  expect([sides.length < 70, refused.length < 70, trades, notUnderstood]).toEqual([
    true,
    true,
    500,
    500,
  ])
})

test('a pair gives its counts out, and a copy of them', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    const before = pair.reading()
    pair.readingCounts.side('b', 1, 1)
    pair.readingCounts.time('ms')
    pair.readingCounts.volumeUnit = 'base'
    expect(before.trades).toBe(0)
    expect(pair.reading()).toMatchObject({
      trades: 1,
      timeUnits: { ms: 1 },
      volumeUnit: 'base',
    })
  })
})
