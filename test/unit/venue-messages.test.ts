import { Refusal, Side } from 'tickloom'
import { fromBinance, fromCcxt, fromSwap, fromTardis } from 'tickloom/feeds'
import { describe, expect, test } from 'vitest'
import { recorder } from '../support/recorder.js'

// Forms, times, ids, sides and flags of messages, in the shapes that venues and their clients
// document; all values are made up.

const MS = Date.UTC(2025, 2, 1)
const US = MS * 1000

const binance = {
  e: 'trade',
  E: MS,
  s: 'BTCUSDT',
  t: 7,
  p: '100.5',
  q: '2',
  T: MS,
  m: false,
  M: true,
}
const unified = { id: '7', timestamp: MS, side: 'buy', price: 100.5, amount: 2 }

describe('forms of a message', () => {
  const text = JSON.stringify({ stream: 'btcusdt@trade', data: binance })
  const bytes = Buffer.from(text)
  const alone = Uint8Array.from(bytes)
  const shared = new Uint8Array(new SharedArrayBuffer(alone.length))
  shared.set(alone)

  test.each<[string, unknown]>([
    ['text', text],
    ['a Buffer', bytes],
    ['a Uint8Array that is part of more', new Uint8Array([0, ...alone, 0]).subarray(1, -1)],
    ['an ArrayBuffer', alone.buffer],
    ['a SharedArrayBuffer', shared.buffer],
    ['a DataView', new DataView(alone.buffer)],
    ['Buffers in pieces', [bytes.subarray(0, 9), bytes.subarray(9, 40), bytes.subarray(40)]],
    ['ArrayBuffers in pieces', [alone.slice(0, 30).buffer, alone.slice(30).buffer]],
    ["a browser's event", new MessageEvent('message', { data: text })],
    ['an event with bytes', { type: 'message', data: bytes, target: {} }],
    ['an event with pieces', { type: 'message', data: [bytes] }],
    ['parsed', binance],
    ['parsed, of a combined stream', { stream: 'btcusdt@trade', data: binance }],
  ])('%s is read', (_, message) => {
    const { pair, calls } = recorder()
    expect(fromBinance(() => pair, message as string)).toBeGreaterThan(0)
    expect(calls).toEqual([[US, 100.5, 2, Side.Buy, 7]])
  })

  test.each<[string, unknown]>([
    ['a Blob', new Blob([text])],
    ['an event with a Blob', new MessageEvent('message', { data: new Blob([text]) })],
    ['a list of trades', [binance, binance]],
    ['a list of trades as text', JSON.stringify([binance])],
    ['half a message', text.slice(0, -9)],
    ['no bytes', new ArrayBuffer(0)],
    ['nothing', undefined],
    ['a number', 7],
    [
      'an event in an event in an event in an event',
      [0, 1, 2, 3].reduce((data: unknown) => ({ type: 'message', data }), text),
    ],
  ])('%s is refused', (_, message) => {
    const { pair, calls } = recorder()
    expect(fromBinance(() => pair, message as string)).toBe(Refusal.BadMessage)
    expect(calls).toEqual([])
  })

  test('a list that holds no trade is no trade', () => {
    const { pair } = recorder()
    expect(fromBinance(() => pair, [{ e: '24hrTicker', s: 'BTCUSDT' }])).toBe(0)
    expect(fromBinance(() => pair, { stream: '!ticker@arr', data: [{ e: '24hrTicker' }] })).toBe(0)
  })

  test('tardis-machine sends text and bytes', () => {
    const { pair, calls, refused } = recorder()
    const message = { type: 'trade', price: 1, amount: 2, side: 'sell', timestamp: '2025-03-01' }
    fromTardis(pair, JSON.stringify(message))
    fromTardis(pair, Buffer.from(JSON.stringify({ ...message, localTimestamp: new Date(MS + 1) })))
    expect(fromTardis(pair, '{"type":')).toBe(Refusal.BadMessage)
    expect(calls).toEqual([
      [US, 1, 2, Side.Sell, undefined, 0],
      [US, 1, 2, Side.Sell, undefined, US + 1000],
    ])
    expect(refused).toEqual([[Refusal.BadMessage, 'no JSON']])
  })
})

describe('times', () => {
  test.each<[unknown, number]>([
    [MS, US],
    [US + 123_456, US + 123_456],
    [String(MS), US],
    [String(US + 7), US + 7],
    [BigInt(MS), US],
    [BigInt(US) * 1000n + 999n, US],
    [String(BigInt(US) * 1000n + 1999n), US + 1],
    [MS / 1000, US],
    [`0x${(MS / 1000).toString(16)}`, US],
    ['2025-03-01T00:00:00.000123Z', US + 123],
  ])("Binance's T of %s", (T, us) => {
    const { pair, calls } = recorder()
    fromBinance(() => pair, { ...binance, T })
    expect(calls[0][0]).toBe(us)
  })

  test('a fraction is told by its digits', () => {
    const { pair, calls } = recorder()
    // Gate's create_time_ms and create_time, as numbers and as text.
    for (const timestamp of [1_740_787_200_123.456, '1740787200.123456', '1740787200123.4569']) {
      fromCcxt(pair, { ...unified, timestamp })
    }
    fromCcxt(pair, { ...unified, timestamp: 1_740_787_200.000001 })
    expect(calls.map(([us]) => us - US)).toEqual([123_456, 123_456, 123_456, 1])
  })

  test('what is no time is refused as what it is', () => {
    const { pair, calls } = recorder()
    for (const T of [undefined, null, 'soon', '', 5, 1e30, {}, -MS, '0xzz']) {
      fromBinance(() => pair, { ...binance, T })
    }
    const times = calls.map(([us]) => us)
    expect(times.map((us) => us > US / 2 && us < 2 * US)).toEqual(times.map(() => false))
  })

  const exchange = (id: string) => ({ exchange: id, market: 'spot', symbol: 'BTC/USD' })
  test.each<[string, object, object, number]>([
    ['coinbase', { datetime: '2025-03-01T00:00:00.123456Z' }, {}, 123_456],
    ['kraken', { datetime: '2025-03-01T00:00:00.123987Z' }, {}, 123_987],
    ['kraken', {}, ['100.5', '2', 1_740_787_200.123_45, 'b', 'l', '', 7], 123_450],
    ['independentreserve', {}, { TradeTimestampUtc: '2025-03-01T00:00:00.1234567Z' }, 123_456],
    ['coinbaseexchange', {}, { time: '2025-03-01T00:00:00.123456Z' }, 123_456],
    ['gate', {}, { create_time_ms: '1740787200123.456' }, 123_456],
    // Another time is none of this trade.
    ['coinbase', { datetime: '2025-03-01T00:00:09.123456Z' }, {}, 123_000],
    ['coinbase', { datetime: '2025-03-01T00:00:00.123000Z' }, {}, 123_000],
    ['other', {}, { time: '2025-03-01T00:00:00.123456Z' }, 123_000],
  ])('%s: the finer of %j and %j', (id, more, info, us) => {
    const { pair, calls } = recorder({}, exchange(id))
    fromCcxt(pair, {
      ...unified,
      timestamp: MS + 123,
      datetime: '2025-03-01T00:00:00.123Z',
      info,
      ...more,
    })
    expect(calls[0][0] - US).toBe(us)
  })

  test('units are counted', () => {
    const { pair, counts } = recorder()
    for (const T of [MS, MS, US, '2025-03-01']) fromBinance(() => pair, { ...binance, T })
    expect(counts.counts().timeUnits).toEqual({ ms: 2, us: 1, iso: 1 })
  })
})

describe('ids', () => {
  test("ccxt's made-up ones identify nothing: two equal trades are two", () => {
    const { pair, calls, warned, counts } = recorder({ tradeIds: 'text' })
    const made = { ...unified, id: `${MS}-buy-2-100.5-taker` }
    for (const trade of [made, made, { ...unified, id: 'a7f' }]) fromCcxt(pair, trade)
    expect(calls.map((call) => call[4])).toEqual([undefined, undefined, 'a7f'])
    expect(warned.map(([code]) => code)).toEqual(['NO_ID'])
    expect(counts.counts().noted).toMatchObject([
      { reason: expect.stringMatching(/^no id/), count: 2 },
    ])
  })

  test('an id of any form goes on as it is', () => {
    const { pair, calls } = recorder()
    const ids = [
      '7',
      '5ce40e89edcd8c77',
      '92233720368547758080',
      '9007199254740993',
      '',
      null,
      undefined,
    ]
    for (const id of ids) fromCcxt(pair, { ...unified, id })
    const read = [7, ids[1], ids[2], ids[3], undefined, undefined, undefined]
    expect(calls.map((call) => call[4])).toEqual(read)
    const text = recorder({ tradeIds: 'text' })
    fromBinance(() => text.pair, { ...binance, t: 12n })
    expect(text.calls[0][4]).toBe('12')
  })

  const aggregated = {
    e: 'aggTrade',
    s: 'BTCUSDT',
    a: 3,
    f: 5,
    l: 7,
    p: '100.5',
    q: '2',
    T: MS,
    m: false,
  }
  const rest = { a: 3, p: '100.5', q: '2', f: 5, l: 7, T: MS, m: true, M: true }
  const restRaw = { id: 7, price: '1', qty: '2', quoteQty: '2', time: MS, isBuyerMaker: true }
  const okx = { instId: 'BTC-USDT', tradeId: '7', px: '1', sz: '2', side: 'buy', ts: String(MS) }

  test.each<[string, object, object]>([
    ['binance: watch against fetch', binance, rest],
    ['binance: fetch against watch', rest, binance],
    ['binance: REST kinds', restRaw, rest],
    ['binance: websocket kinds', aggregated, binance],
    ['okx: channel trades against REST', { ...okx, count: '3' }, okx],
    ['okx: trades-all against trades', okx, { ...okx, count: '1' }],
  ])('%s does not mix on a pair', (_, first, second) => {
    const { pair, calls, refused, counts } = recorder()
    expect(fromCcxt(pair, { ...unified, info: first })).toBeGreaterThan(0)
    expect(fromCcxt(pair, { ...unified, info: second })).toBe(Refusal.MixedIds)
    expect(fromCcxt(pair, { ...unified, info: first })).toBeGreaterThan(0)
    expect(fromCcxt(pair, unified)).toBeGreaterThan(0)
    expect([calls.length, refused.length]).toEqual([3, 1])
    expect(counts.counts().refused).toMatchObject([
      { reason: expect.stringMatching(/^mixed-ids: /) },
    ])
  })

  test('nor over two adapters', () => {
    const { pair } = recorder()
    fromBinance(() => pair, binance)
    expect(fromBinance(() => pair, aggregated)).toBe(Refusal.MixedIds)
    expect(fromCcxt(pair, { ...unified, info: rest })).toBe(Refusal.MixedIds)
  })
})

describe('sides', () => {
  test("the maker's is turned round, where one says so", () => {
    const sidesOf = (options?: { sideOf: 'maker' | 'taker' }) => {
      const { pair, calls } = recorder()
      for (const side of ['buy', 'sell', 'unknown']) {
        fromCcxt(pair, { ...unified, side }, options)
        const timestamp = new Date(MS)
        fromTardis(pair, { price: 1, amount: 1, side: side as 'buy', timestamp }, options)
      }
      return calls.map((call) => call[3])
    }
    const { Buy, Sell, Unknown } = Side
    expect(sidesOf({ sideOf: 'maker' })).toEqual([Sell, Sell, Buy, Buy, Unknown, Unknown])
    expect(sidesOf({ sideOf: 'taker' })).toEqual([Buy, Buy, Sell, Sell, Unknown, Unknown])
    expect(sidesOf()).toEqual(sidesOf({ sideOf: 'taker' }))
  })

  test('words are counted, and those nobody knows told', () => {
    const { pair, calls, warned, counts } = recorder()
    for (const side of ['buy', 'SELL', 'Bid', undefined, 'left', 'left', 2]) {
      fromCcxt(pair, { ...unified, side: side as string })
    }
    fromBinance(() => pair, { ...binance, m: 'yes' })
    const { Buy, Sell, Unknown } = Side
    expect(calls.map((call) => call[3])).toEqual([Buy, Sell, Buy, ...Array(5).fill(Unknown)])
    const { sides, notUnderstood, unknownSides, unknownVolume } = counts.counts()
    expect([notUnderstood, unknownSides, unknownVolume]).toEqual([4, 5, 10])
    expect(sides.find(({ word }) => word === 'left')).toMatchObject({ count: 2, understood: false })
    expect(warned.map(([code]) => code)).toEqual(['NO_SIDE', 'SIDE_WORD'])
  })

  test("Coinbase's are the maker's in ccxt: told until one has said whose they are", () => {
    const coinbase = { exchange: 'coinbase', market: 'spot', symbol: 'BTC/USD' }
    const { pair, warned } = recorder({}, coinbase)
    fromCcxt(pair, unified, { sideOf: 'maker' })
    expect(warned).toEqual([])
    fromCcxt(pair, unified)
    fromCcxt(pair, unified)
    expect(warned.map(([code]) => code)).toEqual(['MAKER_SIDE'])
  })

  test('options that nobody knows are bad use', () => {
    const { pair } = recorder()
    const bad = (options: object) => () => fromCcxt(pair, unified, options)
    expect(bad({ sideof: 'maker' })).toThrow(/did you mean sideOf/)
    expect(bad({ sideOf: 'both' })).toThrow(/sideOf must be one of taker, maker: sideOf=both/)
    expect(() => fromBinance(() => pair, binance, { offBook: true as never })).toThrow(/offBook/)
  })
})

describe('trades off the book', () => {
  test("Binance's X: nothing but their ids is taken", () => {
    const { pair, calls, noTrades, counts } = recorder()
    const x = ['INSURANCE_FUND', 'ADL', 'NA', 'MARKET', undefined]
    for (const [i, X] of x.entries()) fromBinance(() => pair, { ...binance, t: i, X })
    expect(calls.map((call) => call[4])).toEqual([3, 4])
    expect(noTrades.map(([us, id]) => [us, id])).toEqual([0, 1, 2].map((id) => [US, id]))
    const reasons = ['INSURANCE_FUND', 'ADL', 'NA'].map((name) => `off the book: ${name}`)
    expect(counts.counts().skipped.map(({ reason }) => reason)).toEqual(reasons)
    expect(fromBinance(() => pair, { ...binance, t: 9, X: 'ADL' }, { offBook: 'trade' })).toBe(3)
  })

  test.each<[string, object, object]>([
    ['deribit', { block_trade_id: '66' }, { block_trade_id: null }],
    ['deribit', { block_rfq_id: 3 }, { liquidation: 'T' }],
    ['bybit', { isBlockTrade: true }, { isBlockTrade: false, isRPITrade: true }],
    ['bybit', { BT: true }, { BT: false, RPI: true }],
    ['okx', { groupId: '4' }, { source: '1', count: '2' }],
    ['gate', { is_internal: true }, { is_internal: false }],
    ['gateio', { is_internal: 'true' }, {}],
    ['bitmex', { trdType: 'Referential' }, { trdType: 'Regular' }],
    ['krakenfutures', { type: 'block' }, { type: 'liquidation' }],
    ['krakenfutures', { type: 'assignment' }, { type: 'fill' }],
    ['gemini', { broken: true }, { broken: false, type: 'buy' }],
    ['paradex', { trade_type: 'BLOCK_TRADE' }, { trade_type: 'RPI' }],
    ['dydx', { type: 'DELEVERAGED' }, { type: 'LIQUIDATED' }],
    ['lighter', { type: 'deleverage' }, { type: 'trade' }],
    ['derive', { rfq_id: '81' }, { rfq_id: null }],
    ['grvt', { venue: 'RFQ' }, { venue: 'ORDERBOOK' }],
    ['binanceusdm', { e: 'trade', X: 'ADL' }, { e: 'trade', X: 'MARKET' }],
    ['binanceusdm', { e: 'trade', X: 'NA' }, { e: 'ORDER_TRADE_UPDATE', X: 'FILLED' }],
  ])('%s: %j is, %j is not', (id, off, on) => {
    const { pair, calls, noTrades } = recorder({}, { exchange: id, market: 'spot', symbol: 'A/B' })
    fromCcxt(pair, { ...unified, info: off })
    fromCcxt(pair, { ...unified, info: on })
    expect([calls.length, noTrades.length]).toEqual([1, 1])
    fromCcxt(pair, { ...unified, info: off }, { offBook: 'trade' })
    expect(calls.length).toBe(2)
  })
})

test('a pair that is none is bad use', () => {
  for (const pair of [undefined, null, {}, 'binance:spot:A']) {
    expect(() => fromCcxt(pair as never, unified)).toThrow(/pair must be what engine.pair/)
    expect(() => fromTardis(pair as never, {} as never)).toThrow(/pair must be/)
    expect(() => fromSwap(pair as never, {} as never)).toThrow(/pair must be/)
  }
})

test('a message that finds the ring full is counted when it is offered again, and once', () => {
  const { pair, counts } = recorder()
  const full = { trade: () => Refusal.RingFull, noTrade: () => Refusal.RingFull }
  const stuck = Object.assign(Object.create(pair), full)
  for (const X of ['MARKET', 'ADL']) {
    for (const to of [stuck, stuck, pair]) fromBinance(() => to, { ...binance, X })
  }
  const { trades, skipped, refused, timeUnits } = counts.counts()
  expect([trades, skipped.map(({ count }) => count), refused, timeUnits]).toEqual([
    1,
    [1],
    [],
    { ms: 2 },
  ])
})
