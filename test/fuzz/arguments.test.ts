import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EngineError, type Pair, TickEngine } from 'tickloom'
import { ccxtPair, fromBinance, fromCcxt, fromSwap, fromTardis } from 'tickloom/feeds'
import { afterAll, expect, test } from 'vitest'
import { resolveOptions } from '../../dist/src/options.js'
import { T0, withEngine } from '../support/engine-dir.js'
import { ODD } from '../support/hostile.js'

// Every argument of every call, and every option of it: what is no answer is an EngineError. The
// engine is there afterwards, and its account adds up.

const folder = mkdtempSync(join(tmpdir(), 'tickloom-arguments-'))
// Names without a folder end here too.
const before = process.cwd()
process.chdir(folder)
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true, force: true })
})

// The types are wrong on purpose.
type Any = never
type Call = (odd: Any) => unknown

const ticks = { exchange: 'venue', market: 'spot', symbol: 'A', timestamp: T0, price: 1, volume: 1 }
const trade = { ...ticks, side: 'buy' } as const

function each(names: readonly string[], call: (options: Any) => unknown): Record<string, Call> {
  return Object.fromEntries(names.map((name) => [name, (odd) => call({ [name]: odd } as Any)]))
}

function named(calls: Record<string, Record<string, Call>>): [string, Call][] {
  return Object.entries(calls).flatMap(([what, all]) =>
    Object.entries(all).map(([name, call]): [string, Call] => [`${what} ${name}`, call]),
  )
}

function engineCalls(engine: TickEngine): [string, Call][] {
  let count = 0
  const options = ['tradeIds', 'decimals', 'volumeUnit', 'contractSize', 'inverse', 'maxPrice']
  const group = () => engine.group('g', '*')
  return named({
    pair: {
      exchange: (odd) => engine.pair(odd, 'spot', 'B'),
      market: (odd) => engine.pair('venue', odd, 'B'),
      symbol: (odd) => engine.pair('venue', 'spot', odd),
      options: (odd) => engine.pair('venue', 'spot', 'B', odd),
      // A pair that was declared is one that its shard has heard of.
      ...each([...options, 'maxVolume'], (given) => {
        const pair = engine.pair('venue', 'spot', `P${count++}`, given)
        return (pair as Pair<'integer'>).trade(T0, 1, 1, 1, 1)
      }),
    },
    ingest: {
      trade: (odd) => engine.ingest(odd),
      ...each([...Object.keys(trade), 'tradeId', 'receivedAt'], (given) =>
        engine.ingest({ ...trade, ...(given as object) }),
      ),
    },
    engine: {
      on: (odd) => engine.on(odd, () => undefined)(),
      listener: (odd) => engine.on('flow', odd)(),
      find: (odd) => engine.find(odd),
      flush: (odd) => engine.flush(odd),
    },
    group: {
      name: (odd) => engine.group(odd, '*').flow(),
      members: (odd) => engine.group('g', odd).flow(),
      member: (odd) => engine.group('g', [odd]).flow(),
      on: (odd) => group().on(odd, () => undefined),
      listener: (odd) => group().on('flow', odd)(),
    },
    replay: {
      source: (odd) => engine.replay(odd),
      sources: (odd) => engine.replay([odd]),
      options: (odd) => engine.replay([], odd),
      onTick: (odd) => engine.replay([trade], {}, odd),
      ...each(['pair', 'symbol', 'speed', 'ids', 'format', 'map', 'lockstep'], (given) =>
        engine.replay(['/dev/null'], given),
      ),
    },
  })
}

function readCalls(pair: Pair): [string, Call][] {
  const file = join(folder, 'out.csv')
  return named({
    ticks: {
      range: (odd) => pair.recentTicks(odd),
      ...each(['limit', 'from', 'to', 'columns'], (given) => pair.recentTicks(given)),
      portions: (odd) => pair.ticks(odd).next(),
      ...each(['limit'], (given) => pair.ticks(given).next()),
    },
    candles: {
      interval: (odd) => pair.candles(odd),
      range: (odd) => pair.candles('1m', odd),
      ...each(['from', 'to', 'limit', 'includeOpen', 'fill', 'at', 'columns'], (given) =>
        pair.candles('1m', given),
      ),
    },
    flow: {
      cvd: (odd) => pair.cvd(odd),
      imbalance: (odd) => pair.imbalance(odd),
      ...each(['lookback', 'at'], (given) => pair.cvd({ lookback: '1m', ...(given as object) })),
      ...each(['window', 'at'], (given) => pair.imbalance({ window: '1m', ...(given as object) })),
      gaps: (odd) => pair.gaps(odd),
      ...each(['open'], (given) => pair.gaps(given)),
    },
    query: {
      sql: (odd) => pair.query(odd),
      params: (odd) => pair.query('SELECT 1', odd),
      param: (odd) => pair.query('SELECT $1', [odd]),
      options: (odd) => pair.query('SELECT 1', [], odd),
      ...each(['maxRows', 'timeoutMs', 'memoryMb'], (given) => pair.query('SELECT 1', [], given)),
      // Isolated for true alone.
      isolated: (odd) => odd !== true && pair.query('SELECT 1', [], { isolated: odd }),
    },
    export: {
      table: (odd) => pair.export(odd, { file }),
      options: (odd) => pair.export('ticks', odd),
      ...each(['file', 'format', 'from', 'to'], (given) =>
        pair.export('ticks', { file, format: 'csv', ...(given as object) }),
      ),
    },
    shared: {
      flow: (odd) => pair.flow(odd),
      candle: (odd) => pair.candle(odd),
      durable: (odd) => pair.durable(odd),
      on: (odd) => pair.on(odd, () => undefined)(),
      listener: (odd) => pair.on('candle', odd)(),
      'listener of an interval': (odd) => pair.on('candle', '1m', odd)(),
    },
  })
}

function venueCalls(pair: Pair, text: Pair): [string, Call][] {
  const swap = { amount0: '5', amount1: '-5', decimals0: 0, decimals1: 0, timestamp: T0 }
  const swapped = { ...swap, baseToken: 0, transactionHash: 'x', logIndex: 1 }
  const ccxt = { timestamp: T0 / 1000, side: 'buy', price: 1, amount: 1 }
  const tardis = { price: 1, amount: 1, side: 'buy', timestamp: new Date(T0 / 1000) }
  const binance = { e: 'trade', s: 'A', t: 1, a: 1, p: '1', q: '1', T: T0 / 1000, m: true }
  return named({
    binance: {
      pairOf: (odd) => fromBinance(odd, binance),
      pair: (odd) => fromBinance(() => odd, binance),
      message: (odd) => fromBinance(() => pair, odd),
      ...each(Object.keys(binance), (given) =>
        fromBinance(() => pair, { ...binance, ...(given as object) }),
      ),
    },
    ccxt: {
      pair: (odd) => fromCcxt(odd, ccxt),
      trade: (odd) => fromCcxt(pair, odd),
      ...each([...Object.keys(ccxt), 'id', 'datetime', 'cost'], (given) =>
        fromCcxt(pair, { ...ccxt, ...(given as object) }),
      ),
      exchange: (odd) => ccxtPair(odd, 'A'),
      symbol: (odd) => ccxtPair({ id: 'x', markets: {} }, odd),
    },
    swap: {
      pair: (odd) => fromSwap(odd, swapped as Any),
      given: (odd) => fromSwap(pair, odd),
      ...each(Object.keys(swapped), (given) =>
        fromSwap(text, { ...swapped, ...(given as object) } as Any),
      ),
    },
    tardis: {
      pair: (odd) => fromTardis(odd, tardis as Any),
      message: (odd) => fromTardis(pair, odd),
      ...each([...Object.keys(tardis), 'type', 'id', 'localTimestamp'], (given) =>
        fromTardis(pair, { ...tardis, ...(given as object) } as Any),
      ),
    },
  })
}

// What is wrong with how a call ended; undefined where nothing is.
async function wrongOf(call: Call, odd: unknown): Promise<string | undefined> {
  const ended = await Promise.resolve()
    .then(() => call(odd as Any))
    .then(
      () => undefined,
      (cause: unknown) => cause,
    )
  if (ended === undefined) return undefined
  if (!(ended instanceof EngineError)) return String((ended as Error).stack).slice(0, 300)
  return ended.message.length > 2100 ? `a message of ${ended.message.length}` : undefined
}

test('every argument of every call: an answer or an EngineError', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const faults: string[] = []
    engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
    const pair = engine.pair('venue', 'spot', 'A') as Pair
    const text = engine.pair('venue', 'spot', 'T', { tradeIds: 'text' }) as unknown as Pair
    for (let i = 0; i < 50; i++) engine.ingest({ ...trade, timestamp: T0 + i * 1e6, tradeId: i })
    const calls = [...engineCalls(engine), ...readCalls(pair), ...venueCalls(pair, text)]
    const found: string[] = []
    for (const [name, call] of calls) {
      for (const [odd, value] of Object.entries(ODD)) {
        const wrong = await wrongOf(call, value)
        if (wrong !== undefined) found.push(`${name}, ${odd}: ${wrong}`)
      }
    }
    expect(found).toEqual([])
    await engine.flush({ stored: true })
    expect(
      faults.filter(
        (fault) =>
          !/^(ID_NOT_EXACT|TIME_UNIT|PRICE_REJECTED|NO_ID|NO_SIDE|SIDE_WORD|VOLUME_DIFFERS) /.test(
            fault,
          ),
      ),
    ).toEqual([])
    const { offered, refused, received, ...counts } = engine.stats()
    expect(refused + received).toBe(offered)
    const { stored, duplicates, rejected, tooLate, noTrades } = counts
    expect(stored + duplicates + rejected + tooLate + noTrades).toBe(received)
  })
})

test('every option of open(): taken, or an EngineError; what is taken opens', async () => {
  const names = ['shards', 'clock', 'latenessMs', 'maxFutureMs', 'windows', 'anchor', 'retention']
  names.push('retentionEveryMs', 'overflow', 'blockTimeoutMs', 'waitStrategy', 'durability')
  names.push('ringSlots', 'spillSlots', 'flowIntervalMs', 'closeTimeoutMs', 'attachedFiles')
  names.push('logger', 'journal', 'dataDir', 'nobodyKnowsThis', String(ODD['10 MB']), '__proto__')
  const found: string[] = []
  const tried = async (name: string, options: object, call: Call) => {
    const wrong = await wrongOf(call, options)
    if (wrong !== undefined) found.push(`${name.slice(0, 30)}: ${wrong}`)
  }
  const taken = { dataDir: join(folder, 'data'), shards: 1, clock: 'event' }
  for (const name of names) {
    for (const [odd, value] of Object.entries(ODD)) {
      await tried(`${name}, ${odd}`, { ...taken, [name]: value }, (given) => {
        const options = resolveOptions(given)
        if (name !== 'dataDir') expect(options.dataDir).toBe(taken.dataDir)
      })
    }
  }
  for (const [odd, value] of Object.entries(ODD)) {
    await tried(`options, ${odd}`, value as object, (given) => TickEngine.open(given))
    if (typeof value !== 'string') continue
    // As folders, too: each is made, or refused by name.
    const dataDir = `${folder}/as a 'folder'; --/${value}`
    await tried(`folder, ${odd}`, { ...taken, dataDir }, async (given) => {
      const engine = await TickEngine.open(given)
      engine.ingest(trade)
      await engine.flush({ stored: true })
      const [row] = await engine.find('venue:spot:A').query('SELECT count(*) AS n FROM ticks')
      expect(row['n']).toBe(1)
      await engine.close()
    })
  }
  expect(found).toEqual([])
})

test('a clock that fails later fails no trade', async () => {
  const odd = Object.values(ODD)
  let asked = 0
  const now = () => {
    asked++
    if (asked === 1) return T0
    const value = odd[asked % odd.length]
    if (asked % 3 === 0) throw new Error('no time')
    return value as number
  }
  await withEngine({ clock: { now }, shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    for (let i = 0; i < 200; i++) {
      expect(pair.trade(T0 + i, 1, 1, 1, i)).toBeGreaterThan(0)
      await undefined
    }
    expect(asked).toBeGreaterThan(100)
    await engine.flush()
    expect(engine.stats()).toMatchObject({ received: 200 })
  })
})
