import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { EngineError, type Pair, Refusal } from 'tickloom'
import { fromBinance, fromCcxt, fromSwap, fromTardis } from 'tickloom/feeds'
import { afterAll, expect, test } from 'vitest'
import { openFeed } from '../../dist/src/feeds/feed.js'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import { decodeFrameHeader, decodeSegmentHeader } from '../../dist/src/journal/frame.js'
import { readSegment } from '../../dist/src/journal/journal-reader.js'
import { JournalWriter } from '../../dist/src/journal/journal-writer.js'
import { T0, withEngine } from '../support/engine-dir.js'
import { runs, SEED } from '../support/seed.js'

// Whatever is handed in: no crash, no hang, and every rejection is counted.

const seed = SEED
/** Each of the million or so cases of the trade() fuzz; fewer in a hurry. */
const TRADES = Number(process.env['TICKLOOM_CASES'] ?? 1_000_000)
console.log(`hostile-input seed=${seed}`)

const folder = mkdtempSync(join(tmpdir(), 'tickloom-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const thrower = {
  valueOf() {
    throw new Error('a getter that throws')
  },
}
const ODD: readonly unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  5e-324,
  -5e-324,
  Number.MAX_VALUE,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 53 - 1,
  -1,
  1e-9,
  0.1 + 0.2,
  T0,
  T0 / 1000,
  T0 / 1e6,
  T0 * 1000,
  undefined,
  null,
  true,
  '',
  '7',
  'NaN',
  '__proto__',
  'constructor',
  '\ud800',
  '\u0000',
  'x'.repeat(300),
  [],
  [1],
  {},
  thrower,
  Symbol('s'),
  10n,
  -1n,
  2n ** 63n,
  2n ** 64n,
  -(2n ** 63n),
  () => 1,
  new Date(Number.NaN),
]

// A small generator of our own: a million cases through fast-check's would take minutes.
function random(start: number) {
  let state = start >>> 0 || 1
  return (below: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

test(`trade(): ${TRADES.toLocaleString('en-US')} calls of anything`, async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const next = random(seed)
    const pairs = (['integer', 'sequential', 'text', 'none'] as const).map((tradeIds) =>
      engine.pair('venue', 'spot', tradeIds, { tradeIds }),
    )
    const good = [T0, 100, 1, 1, 7, 0] as const
    let received = 0
    let refused = 0
    for (let i = 0; i < TRADES; i++) {
      const args: unknown[] = [T0 + i, 100 + next(50), 1 + next(9), next(3), i, 0]
      // One to three of them are odd.
      for (let n = 1 + next(3); n > 0; n--) args[next(args.length)] = ODD[next(ODD.length)]
      if (next(50) === 0) args.length = next(6)
      const pair = pairs[next(pairs.length)] as unknown as { trade(...all: unknown[]): number }
      const receipt = pair.trade(...args)
      if (receipt > 0) received++
      else {
        refused++
        if (!Object.values(Refusal).includes(receipt as never)) {
          throw new Error(`neither receipt nor refusal: ${receipt} for ${String(args)}`)
        }
        if (receipt === Refusal.RingFull) await engine.drained()
      }
    }
    for (const pair of pairs) (pair as unknown as { trade(...a: unknown[]): number }).trade(...good)
    await engine.flush()
    const { offered, ...counts } = engine.stats()
    expect(offered).toBe(TRADES + pairs.length)
    expect(counts.refused + counts.received).toBe(offered)
    const { stored, duplicates, rejected, tooLate, noTrades } = counts
    expect(stored + duplicates + rejected + tooLate + noTrades).toBe(counts.received)
    expect(refused).toBeGreaterThan(0)
    expect(received).toBeGreaterThan(0)
  })
})

test('tradeBatch(), ingest() and the feeds: EngineError or a number, nothing else', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A') as Pair
    const odd = fc.oneof(
      fc.constantFrom(...ODD.filter((one) => typeof one !== 'symbol')),
      fc.anything({ withTypedArray: true, withBigInt: true, withNullPrototype: true }),
    )
    const detached = new Float64Array(4)
    structuredClone(detached, { transfer: [detached.buffer] })
    const shared = new Float64Array(new SharedArrayBuffer(32)).fill(T0)
    const column = fc.oneof(
      odd,
      fc.constantFrom('detached', 'shared', new Float64Array([T0, T0 + 1])),
    )
    const calls: ((a: unknown, b: unknown, c: unknown) => unknown)[] = [
      (a, b, c) => pair.tradeBatch({ timestamp: a, price: b, volume: c, side: a } as never),
      (a, b, c) => pair.noTrade(a as never, b as never, c as never),
      (a, b, c) => engine.ingest({ exchange: a, market: b, symbol: c } as never),
      (a, b, c) =>
        engine.ingest({
          exchange: 'v',
          market: 'spot',
          symbol: 'S',
          timestamp: a,
          price: b,
          volume: c,
          side: 'buy',
        } as never),
      (a, b, c) => fromCcxt(pair, { timestamp: a, price: b, amount: c, side: 'buy' } as never),
      (a) => fromCcxt(pair, a as never),
      (a) => fromBinance(() => pair, a as never),
      (a, b, c) =>
        fromBinance(() => pair, JSON.stringify({ e: 'trade', s: 'A', p: a, q: b, T: c }, big)),
      (a, b, c) => fromTardis(pair, { type: 'trade', price: a, amount: b, timestamp: c } as never),
      (a, b, c) => fromSwap(pair, { amount0: a, amount1: b, txHash: c } as never),
    ]
    await fc.assert(
      fc.property(fc.nat(calls.length - 1), column, column, column, (which, a, b, c) => {
        const given = [a, b, c].map((one) =>
          one === 'detached' ? detached : one === 'shared' ? shared : one,
        )
        try {
          const answer = calls[which](given[0], given[1], given[2])
          return typeof answer === 'number' || typeof answer === 'object'
        } catch (cause) {
          if (cause instanceof EngineError) return true
          // A value that throws when it is looked at is its giver's.
          if ((cause as Error).message === 'a getter that throws') return true
          throw new Error(`call ${which}: ${(cause as Error).stack}`)
        }
      }),
      runs(20_000),
    )
    await engine.flush()
    const { offered, refused, received } = engine.stats()
    expect(refused + received).toBe(offered)
  })
})

function big(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

test('files: real ones with bytes changed, cut off, doubled', async () => {
  const csv = Buffer.from([...generateCsv({ pairs: 2, ticks: 400, seed: 3 } as never)].join(''))
  const bases = [csv, gzipSync(csv), Buffer.concat([Buffer.from('\ufeff'), csv])]
  const path = join(folder, 'mutated')
  const next = random(seed + 1)
  for (let i = 0; i < 1500; i++) {
    let bytes: Buffer = Buffer.from(bases[next(bases.length)])
    for (let n = next(8); n >= 0; n--) {
      const at = next(Math.max(1, bytes.length))
      const how = next(5)
      if (how === 0) bytes[at] = next(256)
      if (how === 1) bytes = bytes.subarray(0, Math.max(1, at))
      if (how === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at / 2)])
      if (how === 3) bytes.fill(next(256), at, Math.min(bytes.length, at + next(200)))
      if (how === 4)
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(',"\r\n,;\t'),
          bytes.subarray(at),
        ])
    }
    writeFileSync(path, bytes)
    const feed = openFeed(path)
    let rows = 0
    try {
      for await (const batch of feed) rows += batch.count
    } catch (cause) {
      if (!(cause instanceof EngineError)) throw cause
    }
    if (rows > feed.tally.rows) throw new Error(`${rows} rows of ${feed.tally.rows}`)
  }
})

test('a gzip bomb goes through in bounded memory', async () => {
  const path = join(folder, 'bomb.csv.gz')
  // 600 MB of one line that never ends, in 600 KB.
  const part = gzipSync(Buffer.alloc(60_000_000, 49))
  writeFileSync(path, Buffer.concat(Array.from({ length: 10 }, () => part)))
  const before = process.memoryUsage.rss()
  let rows = 0
  try {
    for await (const batch of openFeed(path)) rows += batch.count
  } catch (cause) {
    expect(cause).toBeInstanceOf(EngineError)
  }
  expect(rows).toBe(0)
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(300)
})

test('journal bytes of any kind are read to a verdict', async () => {
  const directory = join(folder, 'journal')
  const { mkdirSync, readdirSync, readFileSync } = await import('node:fs')
  mkdirSync(directory)
  const writer = JournalWriter.open({ directory, shard: 0, firstSequence: 1, epoch: 1 })
  writer.appendDirectory(Buffer.from('pairs'))
  for (let i = 0; i < 20; i++) {
    writer.slots.fill(i)
    writer.appendSlots(30, 1 + i * 30, 5)
  }
  writer.close({ final: false })
  const good = readFileSync(join(directory, readdirSync(directory)[0]))
  const path = join(folder, 'segment')
  const next = random(seed + 2)
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(good.subarray(0, next(3) === 0 ? next(good.length) : good.length))
    for (let n = next(4); n > 0 && bytes.length > 0; n--) bytes[next(bytes.length)] = next(256)
    writeFileSync(path, bytes)
    let slots = 0
    const report = await readSegment(path, {
      slots: (_words, count) => {
        slots += count
      },
    })
    expect(['clean', 'torn', 'broken']).toContain(report.end)
    expect(report.slots).toBe(slots)
    expect(slots).toBeLessThanOrEqual(600)
  }
  await fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeSegmentHeader(Buffer.from(bytes))
      if (bytes.length >= 64) decodeFrameHeader(Buffer.from(bytes))
    }),
    runs(20_000),
  )
})
