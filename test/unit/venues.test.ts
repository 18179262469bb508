import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Refusal, Side, TickEngine } from 'tickloom'
import * as feeds from 'tickloom/feeds'
import { ccxtPair, fromBinance, fromCcxt, fromSwap, fromTardis } from 'tickloom/feeds'
import { describe, expect, test } from 'vitest'
import { recorder } from '../support/recorder.js'
import { runs } from '../support/seed.js'

// What venues send, as trades: units, sides, ids and what is missing.

const CAPTURE = new URL(
  '../../../shared/data/binance/btcusdt-spot-20240808-raw.gz',
  import.meta.url,
)
const US = Date.UTC(2025, 2, 1) * 1000
const MS = US / 1000

test('tickloom/feeds exports these names, and no others', () => {
  expect(Object.keys(feeds).sort()).toEqual([
    'ccxtPair',
    'fromBinance',
    'fromCcxt',
    'fromSwap',
    'fromTardis',
    'swapFeed',
  ])
})

describe('fromCcxt', () => {
  // https://docs.ccxt.com/#/README?id=trade-structure
  const trade = {
    info: {},
    id: '12345',
    timestamp: MS,
    datetime: '2025-03-01T00:00:00.000Z',
    symbol: 'ETH/BTC',
    order: undefined,
    type: undefined,
    side: 'buy',
    takerOrMaker: 'taker',
    price: 0.06917684,
    amount: 1.5,
    cost: 0.10376526,
  } as const

  test('takes ms, sides and ids as the pair has them', () => {
    const { pair, calls } = recorder()
    fromCcxt(pair, trade)
    fromCcxt(pair, { ...trade, side: 'sell', id: '2290000000036455162' })
    fromCcxt(pair, { ...trade, side: undefined, id: undefined })
    expect(calls).toEqual([
      [US, 0.06917684, 1.5, Side.Buy, 12345],
      [US, 0.06917684, 1.5, Side.Sell, '2290000000036455162'],
      [US, 0.06917684, 1.5, Side.Unknown, undefined],
    ])
    const text = recorder({ tradeIds: 'text' })
    fromCcxt(text.pair, { ...trade, id: 'a-7' })
    fromCcxt(text.pair, trade)
    const none = recorder({ tradeIds: 'none' })
    fromCcxt(none.pair, trade)
    expect([...text.calls, ...none.calls].map((call) => call[4])).toEqual([
      'a-7',
      '12345',
      undefined,
    ])
  })

  test('turns contracts into base units where the pair wants them', () => {
    const volume = (options: object, market: string) => {
      const { pair, calls } = recorder(options, market)
      fromCcxt(pair, { ...trade, price: 50_000, amount: 30, cost: undefined })
      return calls[0][2]
    }
    expect(volume({ contractSize: 0.01 }, 'swap')).toBe(0.3)
    expect(volume({ contractSize: 100, inverse: true }, 'future')).toBe(0.06)
    expect(volume({ contractSize: 0.01 }, 'spot')).toBe(30)
    expect(volume({ contractSize: 0.01, volumeUnit: 'contracts' }, 'swap')).toBe(30)
    expect(volume({ volumeUnit: 'quote' }, 'spot')).toBe(1_500_000)
  })

  test('what is missing is refused by trade(), never thrown', () => {
    const { pair, calls } = recorder()
    fromCcxt(pair, { ...trade, timestamp: undefined })
    fromCcxt(pair, {
      ...trade,
      timestamp: undefined,
      datetime: undefined,
      price: undefined,
      cost: undefined,
    })
    fromCcxt(pair, { ...trade, amount: null })
    expect(calls.map((call) => call.slice(0, 3))).toEqual([
      [US, 0.06917684, 1.5],
      [Number.NaN, Number.NaN, 1.5],
      [US, 0.06917684, Number.NaN],
    ])
  })

  test('a market of a loaded exchange is a pair; another is refused with near names', () => {
    const markets = {
      'BTC/USDT:USDT': { symbol: 'BTC/USDT:USDT', type: 'swap', contractSize: 0.001 },
      'BTC/USD:BTC': { symbol: 'BTC/USD:BTC', type: 'swap', contractSize: 100, inverse: true },
      'BTC/USDT': { symbol: 'BTC/USDT', type: 'spot' },
    }
    expect(ccxtPair({ id: 'okx', markets }, 'BTC/USDT:USDT')).toEqual({
      exchange: 'okx',
      market: 'swap',
      symbol: 'BTC/USDT:USDT',
      options: { tradeIds: 'integer', volumeUnit: 'base', contractSize: 0.001 },
    })
    expect(ccxtPair({ id: 'phemex', markets }, 'BTC/USD:BTC').options).toEqual({
      tradeIds: 'text',
      volumeUnit: 'base',
      contractSize: 100,
      inverse: true,
    })
    expect(() => ccxtPair({ id: 'okx', markets }, 'BTC/USTD')).toThrow(/did you mean BTC\/USDT/)
    expect(() => ccxtPair({ id: 'okx' }, 'constructor')).toThrow(/call loadMarkets\(\) first/)
  })
})

test('fromTardis: normalized trades with µs, receive times and unknown sides', () => {
  const { pair, calls } = recorder()
  const timestamp = Object.assign(new Date(MS), { μs: 123 })
  const message = { type: 'trade', symbol: 'XBTUSD', exchange: 'bitmex', price: 1, amount: 2 }
  const localTimestamp = new Date(MS + 5)
  fromTardis(pair, { ...message, id: '7', side: 'sell', timestamp, localTimestamp })
  fromTardis(pair, { ...message, side: 'unknown', timestamp: '2025-03-01T00:00:00.000123Z' })
  expect(fromTardis(pair, { ...message, type: 'book_change' } as never)).toBe(0)
  expect(calls).toEqual([
    [US + 123, 1, 2, Side.Sell, 7, US + 5000],
    [US + 123, 1, 2, Side.Unknown, undefined, 0],
  ])
})

describe('fromBinance', () => {
  // https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
  const raw = {
    e: 'trade',
    E: 1672515782136,
    s: 'BNBBTC',
    t: 12345,
    p: '0.001',
    q: '100',
    T: MS,
    m: true,
    M: true,
  }
  const agg = { ...raw, e: 'aggTrade', a: 999, f: 100, l: 105 }

  test('raw and aggregated trades, alone, combined, as text or bytes', () => {
    const { pair, calls } = recorder()
    const pairOf = (symbol: string) => (symbol === 'BNBBTC' ? pair : undefined)
    fromBinance(pairOf, JSON.stringify(raw))
    fromBinance(pairOf, Buffer.from(JSON.stringify({ stream: 'bnbbtc@trade', data: raw })))
    fromBinance(pairOf, { ...raw, m: false, t: 12346 })
    expect(calls).toEqual([
      [US, 0.001, 100, Side.Sell, 12345],
      [US, 0.001, 100, Side.Sell, 12345],
      [US, 0.001, 100, Side.Buy, 12346],
    ])
    const other = recorder()
    fromBinance(() => other.pair, JSON.stringify(agg))
    expect(other.calls).toEqual([[US, 0.001, 100, Side.Sell, 999]])
  })

  test('what is no trade of a pair wanted is 0, what cannot be read a refusal', () => {
    const { pair, calls } = recorder()
    const ticker = { u: 400900217, s: 'BNBUSDT', b: '25.35', B: '31.21', a: '25.36', A: '40.66' }
    for (const message of [ticker, { result: null, id: 1 }, { ...raw, s: 'ETHBTC' }, { data: 7 }]) {
      expect(fromBinance((s) => (s === 'BNBBTC' ? pair : undefined), message)).toBe(0)
    }
    expect(fromBinance(() => pair, '{"e":')).toBe(Refusal.BadMessage)
    expect(fromBinance(() => pair, '7')).toBe(Refusal.BadMessage)
    expect(calls).toEqual([])
    fromBinance(() => pair, { ...raw, p: 0.001, T: undefined })
    expect(calls).toEqual([[Number.NaN, Number.NaN, 100, Side.Sell, 12345]])
  })

  test.skipIf(!existsSync(CAPTURE))('a recorded session through an engine', async () => {
    const lines = gunzipSync(readFileSync(CAPTURE)).toString().trim().split('\n')
    const engine = await TickEngine.open({ dataDir: ':memory:', clock: 'event' })
    try {
      const pair = engine.pair('binance', 'spot', 'BTC/USDT', { tradeIds: 'sequential' })
      let trades = 0
      for (const line of lines) {
        const receipt = fromBinance(() => pair, line.slice(line.indexOf(' ') + 1))
        expect(receipt).toBeGreaterThanOrEqual(0)
        if (receipt > 0) trades++
      }
      expect(trades).toBe(9757)
      expect(await pair.stats()).toMatchObject({ stored: 9757, duplicates: 0, gaps: 0 })
    } finally {
      await engine.close()
    }
  })
})

describe('fromSwap', () => {
  // WETH/USDC of Uniswap v3: token0 = USDC (6), token1 = WETH (18).
  const swap = {
    timestamp: MS / 1000,
    amount0: 3_456_789_012n,
    amount1: -1_000_000_000_000_000_001n,
    decimals0: 6,
    decimals1: 18,
    baseToken: 1,
    transactionHash: '0xabc',
    logIndex: 7,
  } as const

  test('direction and price from the signed amounts; two swaps of a transaction stay two', () => {
    const { pair, calls } = recorder({ tradeIds: 'text' }, 'dex')
    fromSwap(pair, swap)
    fromSwap(pair, { ...swap, amount0: '-3000000000', amount1: '1000000000000000000', logIndex: 8 })
    expect(calls).toEqual([
      [US, 3456.789012, 1, Side.Buy, '0xabc:7'],
      [US, 3000, 1, Side.Sell, '0xabc:8'],
    ])
    const quote = recorder({ volumeUnit: 'quote' }, 'dex')
    fromSwap(quote.pair, { ...swap, timestamp: new Date(MS) })
    expect(quote.calls).toEqual([[US, 3456.789012, 3456.789012, Side.Buy, undefined]])
  })

  test('amounts that make no swap are refused', () => {
    const { pair, calls } = recorder()
    for (const odd of [{ amount0: 0n }, { amount1: 5n }, { amount0: 'many' }, { decimals0: 1.5 }]) {
      fromSwap(pair, { ...swap, ...odd } as never)
    }
    expect(calls.every(([, price]) => Number.isNaN(price))).toBe(true)
    expect(calls.length).toBe(4)
  })
})

test('none of them throws, whatever it is given', () => {
  const value = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true })
  const odd = fc.oneof(
    value,
    fc.record(
      Object.fromEntries(
        ['e', 's', 't', 'p', 'q', 'T', 'm', 'id', 'timestamp', 'price', 'amount', 'side', 'cost']
          .concat(['datetime', 'amount0', 'amount1', 'decimals0', 'baseToken', 'localTimestamp'])
          .map((key) => [key, fc.oneof(value, fc.constantFrom('trade', 1, '1', MS))]),
      ),
      { requiredKeys: [] },
    ),
  )
  const options = fc.record({
    tradeIds: fc.constantFrom('integer', 'sequential', 'text', 'none'),
    volumeUnit: fc.constantFrom('base', 'quote', 'contracts'),
    inverse: fc.boolean(),
  })
  fc.assert(
    fc.property(odd, options, fc.constantFrom('spot', 'swap'), (message, given, market) => {
      const { pair } = recorder(given, market)
      fromCcxt(pair, message as never)
      fromTardis(pair, message as never)
      fromSwap(pair, message as never)
      fromBinance(() => pair, message as never)
    }),
    runs(5000),
  )
})
