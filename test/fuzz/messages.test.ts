import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { pack } from 'msgpackr'
import { type EngineEvents, Side, type TickEngine } from 'tickloom'
import { fromBinance, fromCcxt, fromSwap, fromTardis, type Swap, swapFeed } from 'tickloom/feeds'
import { expect, test } from 'vitest'
import { Emitter } from '../../dist/src/post/emitter.js'
import type { ShardEvent } from '../../dist/src/post/message.js'
import { Subscriber } from '../../dist/src/post/subscriber.js'
import { Unanswered } from '../../dist/src/post/unanswered.js'
import { opened, T0, until, withDir, withEngine } from '../support/engine-dir.js'
import { cases, mutated, ODD, random, seed } from '../support/hostile.js'
import { recorder } from '../support/recorder.js'

// What crosses between threads and processes: bytes of any kind, handlers that throw, and what a
// process of a query is told of the host's environment.

console.log(`messages seed=${seed}`)

test('events of any bytes: delivered, or told as a fault; nothing is thrown', () => {
  const next = random(seed)
  const faults: string[] = []
  const emitter = new Emitter<EngineEvents>(() => undefined)
  let heard = 0
  for (const kind of ['gap', 'late', 'reject', 'candle'] as const) emitter.on(kind, () => heard++)
  const events: ShardEvent[] = Array.from({ length: 20 }, (_, i) => ({
    kind: (['gap', 'late', 'reject', 'candle', 'fault'] as const)[i % 5],
    pair: i % 3,
    seq: i,
    part: 0,
    body: { level: i % 5, count: i, reason: 'late', code: 'X', message: 'x'.repeat(i * 30) },
  }))
  const good = pack(events)
  for (let i = 0; i < cases(20_000); i++) {
    const subscriber = new Subscriber(emitter, {
      windowNames: ['60s'],
      nameOf: (id) => (id < 2 ? `venue:spot:${id}` : undefined),
      fault: (code) => faults.push(code),
    })
    subscriber.receive(0, {
      type: 'events',
      bytes: mutated(next, good, '\xc1\xdd\xff\xff\xff\x81'),
    })
  }
  expect(heard).toBeGreaterThan(0)
  expect(faults).toContain('SHARD_FAILED')
})

test('a request that cannot be sent is refused, and never asked again', async () => {
  const unanswered = new Unanswered()
  const asked = unanswered.ask({ type: 'flush', through: 0, stored: false }, () => {
    structuredClone(() => undefined)
  })
  await expect(asked).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
  expect(unanswered.again()).toEqual([])
})

test('handlers that throw stop nobody, and no secret of the environment is logged', async () => {
  process.env['SOME_API_SECRET'] = 'tell-nobody'
  const lines: string[] = []
  const write = (...told: unknown[]) =>
    lines.push(JSON.stringify(told.map((t) => String(t) + JSON.stringify(t))))
  const logger = { info: write, warn: write, error: write, debug: write, level: 'trace' }
  await withDir((dataDir) =>
    opened({ dataDir, shards: 1, clock: 'event', logger: logger as never }, async (engine) => {
      let after = 0
      for (const kind of ['flow', 'candle', 'gap', 'late', 'reject', 'loss', 'fault'] as const) {
        engine.on(kind, () => {
          throw new Error(`a handler of ${kind}`)
        })
        engine.on(kind, () => {
          after++
        })
      }
      const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
      for (let id = 1; id < 300; id += 3) pair.trade(T0 + id * 1e6, 100, 1, Side.Buy, id)
      pair.trade(T0 / 1000, 1, 1, Side.Buy, 1)
      pair.trade(T0 + 400e6, -1, 1, Side.Buy, 400)
      await engine.flush({ stored: true })
      await until('the events', () => after > 5)
      expect(await pair.stats()).toMatchObject({ stored: 100, rejected: 1 })
    }),
  )
  delete process.env['SOME_API_SECRET']
  expect(lines.join('\n')).toContain('a handler threw')
  expect(lines.join('\n')).not.toMatch(/tell-nobody|SOME_API_SECRET/)
})

// The environment a process was started with, as the kernel keeps it.
function environmentOfQueries(): string[] {
  const found: string[] = []
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      const parent = / (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) ./, ''))
      if (!line.includes('query.process') || Number(parent?.[1]) !== process.pid) continue
      found.push(readFileSync(`/proc/${pid}/environ`, 'utf8'))
    } catch {
      // Gone meanwhile.
    }
  }
  return found
}

test.skipIf(process.platform !== 'linux')(
  'the process of a query has no secret of the host',
  async () => {
    process.env['SOME_API_SECRET'] = 'tell-nobody'
    await withEngine({ shards: 1, clock: 'event' }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      for (let i = 0; i < 2000; i++) pair.trade(T0 + i, 100, 1, Side.Buy, i)
      const endless =
        'SELECT count(*) FROM ticks a, ticks b, ticks c, ticks d WHERE a.seq + d.seq < 0'
      const asked = pair
        .query(endless, [], { isolated: true, timeoutMs: 3000 })
        .catch((e) => e.code)
      let found: string[] = []
      await until('its process', () => {
        found = environmentOfQueries().filter((all) => all.includes('PATH='))
        return found.length > 0
      })
      expect(found.join('\n')).not.toMatch(/tell-nobody|SOME_API_SECRET|HOME=|TICKLOOM_/)
      expect(await asked).toBe('TIMEOUT')
    })
    delete process.env['SOME_API_SECRET']
  },
)

test('SQL that is deep, long or holds what no text should: refused', async () => {
  const n = (text: string, times: number) => text.repeat(times)
  const deep = [
    `SELECT ${n('(', 30_000)}1${n(')', 30_000)}`,
    `SELECT ${n('NOT ', 16_000)}true`,
    `SELECT 1${n('+1', 30_000)}`,
    `SELECT 1${n(' UNION ALL SELECT 1', 3400)}`,
    `SELECT 1${n(' UNION SELECT 1', 100)}`,
    `SELECT 1${n(' EXCEPT SELECT 1', 4000)}`,
    `${n('SELECT * FROM (', 4000)}SELECT 1${n(')', 4000)}`,
    `SELECT ${n('CASE WHEN true THEN ', 2500)}1${n(' END', 2500)}`,
    `${n('WITH a AS (', 3000)}SELECT 1${n(') SELECT 1', 3000)}`,
    `SELECT 1 FROM ticks${n(' JOIN ticks USING (seq)', 2800)}`,
    `SELECT 1${n('::INT', 13_000)}`,
    `SELECT 1::INT${n('[]', 30_000)}`,
    `SELECT a${n('.a', 30_000)}`,
    `SELECT 1 ${n('/*', 30_000)}`,
    `SELECT 1 ${n('/**/', 200)}`,
    `SELECT ${n('9', 60_000)}`,
    'SELECT 1\0; DROP TABLE ticks',
    "SELECT count(*) FROM ticks\0 WHERE getenv('HOME') = 'x'",
    "SELECT 1 --\nFROM read_text('/etc/passwd')",
    `SELECT${n(' ', 65_000)}x FROM y`,
    n('x', 10_000_000),
    n('\ud800', 60_000),
    n("'", 60_001),
    n('"', 60_001),
    n('$$', 30_001),
  ]
  await withEngine({ shards: 1, clock: 'event' }, async (engine: TickEngine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    pair.trade(T0, 1, 1, Side.Buy, 1)
    for (const sql of deep) {
      const ended = await pair.query(sql).catch((cause) => cause)
      expect([sql.slice(0, 40), ended.code]).toEqual([sql.slice(0, 40), 'QUERY_REFUSED'])
      expect(ended.message.length).toBeLessThan(2100)
    }
    expect(await pair.query('SELECT count(*) AS n FROM ticks')).toEqual([{ n: 1 }])
  })
})

// Messages of venues, right ones, by the adapter that reads them.
const TIME = T0 / 1000
const EVENT = { e: 'trade', s: 'BTCUSDT', t: 7, p: '100.5', q: '2', T: TIME, m: true }
const UNIFIED = {
  id: '7',
  timestamp: TIME,
  side: 'buy',
  price: 100.5,
  amount: 2,
  cost: 201,
  info: {},
}
const NORMALIZED = {
  type: 'trade',
  id: '7',
  price: 100.5,
  amount: 2,
  side: 'buy',
  timestamp: new Date(TIME).toISOString(),
}
const SWAP = {
  timestamp: TIME,
  amount0: 3_000_000_000n,
  amount1: -1_000_000_000_000_000_000n,
  decimals0: 6,
  decimals1: 18,
  baseToken: 1,
  transactionHash: '0xabc',
  logIndex: 7,
  blockNumber: 20,
}
const ADAPTERS: Record<string, [object, (r: ReturnType<typeof recorder>, m: object) => number]> = {
  binance: [EVENT, ({ pair }, message) => fromBinance(() => pair, message)],
  ccxt: [UNIFIED, ({ pair }, message) => fromCcxt(pair, message)],
  tardis: [
    NORMALIZED,
    ({ pair }, message) => fromTardis(pair, message as typeof NORMALIZED & { side: 'buy' }),
  ],
  swap: [SWAP, ({ pair }, message) => fromSwap(pair, message as Swap)],
  swapFeed: [
    SWAP,
    ({ pair }, message) => swapFeed(pair, { confirmations: 0 }).take(message as Swap),
  ],
}
// Things that stand in messages where a value should.
const BROKEN: readonly unknown[] = [
  ...Object.values(ODD),
  ...['-', 'NaN', 'null', '0x', '1,5', '1e999', 'maker', 'left', '2-5', ' ', 10n ** 40n, -1n],
  ...[undefined, true, {}, [1], Object.create(null), new Date(Number.NaN), new Blob(['{}'])],
]

test.each(Object.keys(ADAPTERS))('%s: one thing broken is never taken without a word', (name) => {
  const [right, read] = ADAPTERS[name]
  const whole = recorder({ tradeIds: 'text' }, 'spot')
  expect(read(whole, right)).toBeGreaterThan(0)
  for (const field of Object.keys(right)) {
    for (const odd of BROKEN) {
      const broken = recorder({ tradeIds: 'text' }, 'spot')
      const result = read(broken, { ...right, [field]: odd })
      const what = `${field}: ${kindOf(odd)}`
      expect(Number.isFinite(result), what).toBe(true)
      const { counts, calls, refused, warned, noTrades } = broken
      const { notUnderstood, unknownSides, noted, skipped } = counts.counts()
      const told = notUnderstood + unknownSides + noted.length + skipped.length + warned.length
      const [call = []] = calls
      // trade() itself refuses what is no number, no time in µs and no id.
      const unfit =
        !call.slice(0, 3).every((n) => Number.isFinite(n)) || Math.abs((call[0] ?? 0) - T0) > 1e15
      const zero = call[1] === 0 || call[2] === 0
      const id = call[4] === undefined || typeof call[4] === 'string' ? 0 : 1
      const same = isDeepStrictEqual(call, whole.calls[0])
      const quiet = told + refused.length + noTrades.length === 0
      // Another value of the right form is another trade, which nobody can tell.
      const another = ANOTHER[field]?.(odd) ?? false
      expect(result <= 0 || same || unfit || zero || id > 0 || !quiet || another, what).toBe(true)
    }
  }
})

const kindOf = (odd: unknown) => (typeof odd === 'string' ? odd.slice(0, 20) : typeof odd)
// Values that are right in their fields, however odd: other prices, ids, flags.
const isId = (odd: unknown) =>
  typeof odd === 'string' || typeof odd === 'number' || typeof odd === 'bigint'
const isNumber = (odd: unknown) => typeof odd === 'number' || typeof odd === 'bigint'
const ANOTHER: Record<string, (odd: unknown) => boolean> = {
  t: isId,
  id: isId,
  transactionHash: isId,
  logIndex: isId,
  blockNumber: isId,
  p: isNumber,
  q: isNumber,
  price: isNumber,
  amount: isNumber,
  amount0: isNumber,
  amount1: isNumber,
  decimals0: isNumber,
  decimals1: isNumber,
  baseToken: (odd) => odd !== 1,
}

test('bytes of any kind: a receipt, a refusal or no trade; nothing is thrown', () => {
  const next = random(seed)
  const good = [EVENT, { stream: 'x@trade', data: EVENT }, NORMALIZED].map((m) =>
    Buffer.from(JSON.stringify(m)),
  )
  const results = new Set<number>()
  for (let i = 0; i < cases(30_000); i++) {
    const { pair } = recorder({ tradeIds: (['integer', 'text', 'none'] as const)[i % 3] }, 'spot')
    const bytes = mutated(next, good[i % 3], '{}[]",:\\u0000e-+.')
    const form = [bytes, bytes.toString(), [bytes.subarray(0, 9), bytes.subarray(9)]][i % 3]
    results.add(Math.sign(fromBinance(() => pair, form)))
    results.add(Math.sign(fromTardis(pair, bytes)))
  }
  expect([...results].sort()).toEqual([-1, 0, 1])
})
