import { ccxtPair, fromBinance, fromCcxt, fromTardis } from 'tickloom/feeds'
import { describe, expect, test } from 'vitest'
import { VOLUME_LINES, volumeLine } from '../../dist/src/venues/ccxt-volumes.js'
import { recorder } from '../support/recorder.js'

// What an amount of a derivative is, venue by venue: every message is made up, in the shape that
// ccxt 4.5 gives it, and every volume is worked out by hand beside it.

const MS = Date.UTC(2025, 2, 1)

interface Case {
  readonly exchange: string
  readonly market: 'swap' | 'future' | 'option'
  readonly symbol: string
  readonly contractSize?: number
  readonly inverse?: boolean
  readonly price: number
  readonly amount?: number
  readonly cost?: number
  readonly info?: object
  /** Volumes in base currency, in quote currency and in contracts, by hand. */
  readonly base: number
  readonly quote: number
  readonly contracts: number
  readonly doubt?: boolean
}

const CASES: readonly Case[] = [
  {
    // 1,210 USD at 100,025: 1210 / 100025. Contracts of 10 USD: 121. ccxt's cost is the first figure.
    exchange: 'deribit',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 10,
    inverse: true,
    price: 100_025,
    amount: 1210,
    cost: 0.01209697575606098,
    base: 1210 / 100_025,
    quote: 1210,
    contracts: 121,
  },
  {
    // 0.02 BTC at 50,000 is 1,000 USDC; contracts of 0.001 BTC: 20.
    exchange: 'deribit',
    market: 'swap',
    symbol: 'BTC/USDC:USDC',
    contractSize: 0.001,
    price: 50_000,
    amount: 0.02,
    cost: 1000,
    base: 0.02,
    quote: 1000,
    contracts: 20,
  },
  {
    // 2.5 BTC of options at 0.04 BTC each; ccxt's cost of 62.5 divides by the price.
    exchange: 'deribit',
    market: 'option',
    symbol: 'BTC/USD:BTC-250328-100000-C',
    contractSize: 1,
    inverse: true,
    price: 0.04,
    amount: 2.5,
    cost: 62.5,
    base: 2.5,
    quote: 0.1,
    contracts: 2.5,
  },
  {
    // USD-M: quantities are coins whatever somebody takes for a contract. 0.25 × 90,000.
    exchange: 'binanceusdm',
    market: 'swap',
    symbol: 'BTC/USDT:USDT',
    contractSize: 0.001,
    price: 90_000,
    amount: 0.25,
    base: 0.25,
    quote: 22_500,
    contracts: 250,
  },
  {
    // 7.214 × 2,203.73 = 15,897.70822, without the contract value of 0.001.
    exchange: 'weex',
    market: 'swap',
    symbol: 'ETH/USDT:USDT',
    contractSize: 0.001,
    price: 2203.73,
    amount: 7.214,
    cost: 15_897.70822,
    base: 7.214,
    quote: 15_897.70822,
    contracts: 7214,
  },
  {
    // 0.5 × 3,000 = 1,500; a quote multiplier of 100 is no contract size.
    exchange: 'lighter',
    market: 'swap',
    symbol: 'ETH/USDC:USDC',
    contractSize: 100,
    price: 3000,
    amount: 0.5,
    cost: 1500,
    base: 0.5,
    quote: 1500,
    contracts: 0.005,
  },
  {
    // Websocket: 440 contracts of 1 USD at 35,200: 0.0125 BTC.
    exchange: 'krakenfutures',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 1,
    inverse: true,
    price: 35_200,
    amount: 440,
    base: 0.0125,
    quote: 440,
    contracts: 440,
  },
  {
    // REST: no amount, the cost in BTC.
    exchange: 'krakenfutures',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 1,
    inverse: true,
    price: 35_200,
    cost: 0.0125,
    base: 0.0125,
    quote: 440,
    contracts: 440,
  },
  {
    // 1.5 coins; the least order of 0.001 is no contract size.
    exchange: 'apex',
    market: 'swap',
    symbol: 'BTC/USDT:USDT',
    contractSize: 1,
    price: 40_000,
    amount: 1.5,
    cost: 60,
    base: 1.5,
    quote: 60_000,
    contracts: 1.5,
  },
  {
    // COIN-M counts coins: 0.8 BTC at 50,000; ccxt's cost divides once more.
    exchange: 'bitget',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 1,
    inverse: true,
    price: 50_000,
    amount: 0.8,
    cost: 0.000016,
    base: 0.8,
    quote: 40_000,
    contracts: 40_000,
  },
  {
    // ccxt has made 30 contracts of 0.0001 BTC to 0.003 BTC: not once more.
    exchange: 'xt',
    market: 'swap',
    symbol: 'BTC/USDT:USDT',
    contractSize: 0.0001,
    price: 60_000,
    amount: 0.003,
    cost: 0.018,
    base: 0.003,
    quote: 180,
    contracts: 30,
  },
  {
    // 12 contracts of 10 USD, which ccxt has made to 120 USD, at 60,000.
    exchange: 'xt',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 10,
    inverse: true,
    price: 60_000,
    amount: 120,
    base: 0.002,
    quote: 120,
    contracts: 12,
  },
  {
    // 0.3 BTC; a tick of 0.5 is no contract size.
    exchange: 'gemini',
    market: 'swap',
    symbol: 'BTC/GUSD:GUSD',
    contractSize: 1,
    price: 70_000,
    amount: 0.3,
    cost: 10_500,
    base: 0.3,
    quote: 21_000,
    contracts: 0.3,
  },
  {
    exchange: 'whitebit',
    market: 'swap',
    symbol: 'BTC/USDT:USDT',
    contractSize: 1,
    price: 70_000,
    amount: 0.3,
    base: 0.3,
    quote: 21_000,
    contracts: 0.3,
  },
  {
    // 5,000 USD at 50,000.
    exchange: 'bybit',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 1,
    inverse: true,
    price: 50_000,
    amount: 5000,
    base: 0.1,
    quote: 5000,
    contracts: 5000,
  },
  {
    // 200 contracts of 1 USD at 64,000: 0.003125 XBT, as the message says.
    exchange: 'bitmex',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 1,
    inverse: true,
    price: 64_000,
    amount: 200,
    info: { homeNotional: 0.003125, trdType: 'Regular' },
    base: 0.003125,
    quote: 200,
    contracts: 200,
  },
  {
    // 3,000 contracts of 0.000001 XBT at 64,000.
    exchange: 'bitmex',
    market: 'swap',
    symbol: 'BTC/USDT:USDT',
    contractSize: 0.000001,
    price: 64_000,
    amount: 3000,
    info: { homeNotional: '0.003' },
    base: 0.003,
    quote: 192,
    contracts: 3000,
  },
  {
    // 4 options of 1 × 0.01 BTC, at 0.05 BTC a coin.
    exchange: 'okx',
    market: 'option',
    symbol: 'BTC/USD:BTC-250328-100000-C',
    contractSize: 0.01,
    inverse: true,
    price: 0.05,
    amount: 4,
    base: 0.04,
    quote: 0.002,
    contracts: 4,
  },
  {
    // 30 contracts of 0.01 BTC.
    exchange: 'okx',
    market: 'swap',
    symbol: 'BTC/USDT:USDT',
    contractSize: 0.01,
    price: 91_339.5,
    amount: 30,
    base: 0.3,
    quote: 27_401.85,
    contracts: 30,
  },
  {
    // 5 contracts of 100 USD at 80,000.
    exchange: 'okx',
    market: 'swap',
    symbol: 'BTC/USD:BTC',
    contractSize: 100,
    inverse: true,
    price: 80_000,
    amount: 5,
    base: 0.00625,
    quote: 500,
    contracts: 5,
  },
  {
    // 20 options of 0.01 BTC at 1,200 USDT a coin.
    exchange: 'gate',
    market: 'option',
    symbol: 'BTC/USDT:USDT-250328-100000-C',
    contractSize: 0.01,
    price: 1200,
    amount: 20,
    base: 0.2,
    quote: 240,
    contracts: 20,
  },
  {
    // 22 contracts of 0.001 BTC, as HTX counts them: told, and not halved.
    exchange: 'htx',
    market: 'swap',
    symbol: 'BTC/USDT:USDT',
    contractSize: 0.001,
    price: 60_000,
    amount: 22,
    cost: 1320,
    base: 0.022,
    quote: 1320,
    contracts: 22,
    doubt: true,
  },
]

const named = (c: Case) => `${c.exchange} ${c.symbol}${c.amount === undefined ? ', no amount' : ''}`

describe('each venue, by hand', () => {
  test.each(CASES.map((c): [string, Case] => [named(c), c]))('%s', (_, c) => {
    const { exchange, market, symbol, contractSize, inverse = false } = c
    const { price, amount, cost, info } = c
    for (const volumeUnit of ['base', 'quote', 'contracts'] as const) {
      const options = { volumeUnit, contractSize, inverse }
      const { pair, calls, warned } = recorder(options, { exchange, market, symbol })
      fromCcxt(pair, { id: '1', timestamp: MS, side: 'buy', price, amount, cost, info })
      expect([volumeUnit, calls[0][1]]).toEqual([volumeUnit, price])
      expect(calls[0][2]).toBeCloseTo(c[volumeUnit], 12)
      expect(warned.map(([code]) => code)).toEqual(c.doubt === true ? ['VOLUME_DOUBT'] : [])
    }
  })

  test('every line of the table has a case', () => {
    const kinds = { swap: 'linear', future: 'linear', option: 'option' } as const
    const covered = new Set(
      CASES.map((c) =>
        volumeLine(c.exchange, c.inverse && c.market !== 'option' ? 'inverse' : kinds[c.market]),
      ),
    )
    expect(VOLUME_LINES.filter((line) => !covered.has(line))).toEqual([])
    expect(VOLUME_LINES.every(({ source }) => source.length > 20)).toBe(true)
  })
})

describe('a venue that is not known', () => {
  const trade = { id: '1', timestamp: MS, side: 'sell' }
  const volumeOf = (options: object, told: object, key: string | object = 'swap') => {
    const { pair, calls, warned, counts } = recorder(options, key)
    fromCcxt(pair, { ...trade, ...told })
    return { volume: calls[0][2], price: calls[0][1], warned, noted: counts.counts().noted }
  }

  test('amount × contractSize where cost agrees, as far as it is rounded', () => {
    const { volume, warned, noted } = volumeOf(
      { contractSize: 0.01 },
      { price: 50_001, amount: 3, cost: 1500.03 },
    )
    expect([volume, warned, noted]).toEqual([0.03, [], []])
    // 1 contract of 10 USD at 96,000 is 0.000104166…; a venue tells 0.0001.
    const inverse = { contractSize: 10, inverse: true }
    expect(volumeOf(inverse, { price: 96_000, amount: 1, cost: 0.0001 }).warned).toEqual([])
    // A cost of nothing was rounded away.
    expect(volumeOf({}, { price: 0.001, amount: 2, cost: 0 })).toMatchObject({
      volume: 2,
      warned: [],
    })
  })

  test('the cost where it is another figure, with both told once', () => {
    const linear = volumeOf({ contractSize: 1000 }, { price: 0.0525, amount: 8, cost: 0.42 })
    expect(linear.volume).toBe(8)
    expect(linear.warned).toEqual([
      ['VOLUME_DIFFERS', expect.stringContaining('cost=0.42 expected=420')],
    ])
    expect(linear.noted).toMatchObject([{ count: 1 }])
    const inverse = { contractSize: 10, inverse: true }
    const told = { price: 100_025, amount: 1210, cost: 0.012096975756 }
    expect(volumeOf(inverse, told).volume).toBe(0.012096975756)
    expect(volumeOf({ ...inverse, volumeUnit: 'quote' }, told).volume).toBeCloseTo(1210, 6)
    const { pair, warned, counts } = recorder(inverse, 'swap')
    for (let i = 0; i < 5; i++) fromCcxt(pair, { ...trade, ...told })
    expect(warned.length).toBe(1)
    expect(counts.counts().noted[0]).toMatchObject({ count: 5 })
    expect(counts.counts().noted[0].samples.length).toBe(3)
  })

  test('a cost in dollars of an inverse trade says the amount once more', () => {
    const { volume, warned } = volumeOf(
      { contractSize: 100, inverse: true },
      { price: 50_000, amount: 3, cost: 300 },
    )
    expect([volume, warned.length]).toEqual([0.006, 1])
  })

  test('the amount of spot trades, whatever they cost', () => {
    const { volume, warned } = volumeOf({}, { price: 100, amount: 2, cost: 777 }, 'spot')
    expect([volume, warned[0][0]]).toEqual([2, 'VOLUME_DIFFERS'])
    const quote = volumeOf({ volumeUnit: 'quote' }, { price: 100, amount: 2, cost: 777 }, 'spot')
    expect(quote.volume).toBe(200)
  })

  test('in quote units by contract size', () => {
    const quote = { volumeUnit: 'quote' }
    const linear = { price: 0.0525, amount: 8 }
    expect(volumeOf({ ...quote, contractSize: 1000 }, linear).volume).toBe(420)
    expect(volumeOf({ ...quote, contractSize: 1000 }, { ...linear, cost: 420 }).volume).toBe(420)
    const inverse = { ...quote, contractSize: 10, inverse: true }
    expect(volumeOf(inverse, { price: 2000, amount: 70 }).volume).toBe(700)
    expect(volumeOf(inverse, { price: 2000, amount: 70, cost: 0.35 }).volume).toBe(700)
  })

  test('no digits of its own: 3 contracts of 0.1 are 0.3', () => {
    expect(volumeOf({ contractSize: 0.1 }, { price: 7, amount: 3 }).volume).toBe(0.3)
    expect(volumeOf({ contractSize: 0.1 }, { price: 7, cost: 2.1 }).volume).toBe(0.3)
  })

  test('a price that is missing comes from the cost, and numbers may be text', () => {
    expect(volumeOf({ contractSize: 0.01 }, { amount: '30', cost: '15000' }).price).toBe(50_000)
    expect(volumeOf({ contractSize: 10, inverse: true }, { amount: 70, cost: 0.35 }).price).toBe(
      2000,
    )
    expect(volumeOf({}, { amount: 2, cost: 3 }, 'spot').price).toBe(1.5)
    const text = volumeOf({}, { price: '0.06917684', amount: '1.5', cost: '0.10376526' }, 'spot')
    expect([text.price, text.volume]).toEqual([0.06917684, 1.5])
  })

  test('the reading says what the volumes were', () => {
    const unitOf = (options: object, key: string | object) => {
      const { pair, counts } = recorder(options, key)
      fromCcxt(pair, { ...trade, price: 1, amount: 1 })
      return counts.counts().volumeUnit
    }
    expect(unitOf({ contractSize: 0.01 }, 'swap')).toBe('contracts × 0.01 to base')
    expect(unitOf({ volumeUnit: 'contracts' }, 'swap')).toBe('contracts')
    expect(unitOf({}, 'spot')).toBe('base')
    const deribit = { exchange: 'deribit', market: 'swap', symbol: 'BTC/USD:BTC' }
    expect(unitOf({ inverse: true }, deribit)).toBe('quote to base')
  })
})

describe('quanto contracts', () => {
  const ETHUSD = { exchange: 'bitmex', market: 'swap', symbol: 'ETH/USD:BTC' }
  const trade = { timestamp: MS, side: 'buy', price: 2000, amount: 3 }

  test('are refused in base and in quote units, and taken as contracts', () => {
    for (const volumeUnit of ['base', 'quote']) {
      const { pair, calls, refused } = recorder({ volumeUnit }, ETHUSD)
      expect(fromCcxt(pair, trade)).toBeLessThan(0)
      expect(fromTardis(pair, { ...trade, timestamp: new Date(MS), side: 'buy' })).toBeLessThan(0)
      expect([calls, refused.length]).toEqual([[], 2])
    }
    const { pair, calls } = recorder({ volumeUnit: 'contracts' }, ETHUSD)
    fromCcxt(pair, trade)
    expect(calls[0][2]).toBe(3)
  })

  test('a pair of one says so, and the way on', () => {
    const markets = {
      'ETH/USD:BTC': { symbol: 'ETH/USD:BTC', type: 'swap', quanto: true, contractSize: 100 },
      'BTC/USD:USDC': { symbol: 'BTC/USD:USDC', type: 'swap', contractSize: 1 },
    }
    const exchange = { id: 'bitmex', markets }
    expect(() => ccxtPair(exchange, 'ETH/USD:BTC')).toThrow(/quanto.*volumeUnit: 'contracts'/)
    const { options } = ccxtPair(exchange, 'ETH/USD:BTC', { volumeUnit: 'contracts' })
    expect(options).toMatchObject({ volumeUnit: 'contracts' })
    // Dollars settled in dollars are linear to the venue.
    expect(ccxtPair({ id: 'paradex', markets }, 'BTC/USD:USDC').options.volumeUnit).toBe('base')
  })
})

test('a pair has the contract size that is right, where ccxt has another', () => {
  const market = (type: string, contractSize: number, more: object = {}) => ({
    symbol: 'A',
    type,
    contractSize,
    ...more,
  })
  const optionsOf = (id: string, a: ReturnType<typeof market>) =>
    ccxtPair({ id, markets: { A: a } }, 'A').options
  expect(optionsOf('apex', market('swap', 0.001)).contractSize).toBe(1)
  expect(optionsOf('okx', market('option', 1, { info: { ctMult: '0.01' } })).contractSize).toBe(
    0.01,
  )
  expect(optionsOf('okx', market('swap', 0.01, { info: { ctMult: '1' } })).contractSize).toBe(0.01)
  const gate = market('option', 1, { info: { multiplier: '0.0001' }, inverse: true })
  expect(optionsOf('gate', gate)).toMatchObject({ contractSize: 0.0001 })
  expect(optionsOf('gate', gate)).not.toHaveProperty('inverse')
  expect(optionsOf('bitmex', market('swap', 100_000_000, { inverse: true }))).toMatchObject({
    contractSize: 1,
    inverse: true,
  })
  expect(optionsOf('kucoin', market('swap', 0.001)).contractSize).toBe(0.001)
})

test('what ccxt may drop can be told where a venue numbers its trades one by one', () => {
  const markets = { A: { symbol: 'A', type: 'spot' } }
  const idsOf = (id: string) => ccxtPair({ id, markets }, 'A').options.tradeIds
  expect(['binance', 'binanceusdm', 'coinbase'].map(idsOf)).toEqual(Array(3).fill('sequential'))
  expect(['okx', 'bitfinex', 'gemini'].map(idsOf)).toEqual(Array(3).fill('integer'))
  expect(['mexc', 'bybit', 'kraken'].map(idsOf)).toEqual(Array(3).fill('text'))
})

describe("Binance's and tardis-dev's contracts", () => {
  const event = (s: string, p: string, q: string) => ({
    e: 'trade',
    s,
    t: 1,
    p,
    q,
    T: MS,
    m: false,
  })

  test('COIN-M by the pair: 2 contracts of 100 USD at 96,000 are 0.00208 BTC', () => {
    const volumeOf = (options: object) => {
      const { pair, calls } = recorder(options, 'swap')
      fromBinance(() => pair, event('BTCUSD_PERP', '96000', '2'))
      return calls[0][2]
    }
    const inverse = { contractSize: 100, inverse: true }
    expect(volumeOf(inverse)).toBe(200 / 96_000)
    expect(volumeOf({ ...inverse, volumeUnit: 'quote' })).toBe(200)
    expect(volumeOf({ ...inverse, volumeUnit: 'contracts' })).toBe(2)
    expect(volumeOf({ volumeUnit: 'contracts' })).toBe(2)
  })

  test('COIN-M is refused by name on a pair that knows no contract', () => {
    for (const market of ['spot', 'swap']) {
      const { pair, calls, refused } = recorder({}, market)
      expect(fromBinance(() => pair, event('BTCUSD_250328', '96000', '2'))).toBe(-10)
      expect([calls, refused]).toEqual([[], [[-10, 'BTCUSD_250328 is an inverse contract']]])
    }
  })

  test('USD-M counts coins', () => {
    const { pair, calls } = recorder({ contractSize: 0.001 }, 'swap')
    fromBinance(() => pair, event('BTCUSDT_250328', '96000', '0.010'))
    expect(calls[0][2]).toBe(0.01)
  })

  test('tardis-dev: the amount as the venue has it, by its name', () => {
    const volumeOf = (exchange: string | undefined, options: object, amount: number) => {
      const { pair, calls } = recorder(options, 'swap')
      const timestamp = new Date(MS)
      fromTardis(pair, { exchange, price: 50_000, amount, side: 'buy', timestamp })
      return calls[0][2]
    }
    // 30 contracts of 0.01; 1,000 USD of a contract of 10; 5 contracts of 100 USD; coins.
    expect(volumeOf('okex-swap', { contractSize: 0.01 }, 30)).toBe(0.3)
    expect(volumeOf('deribit', { contractSize: 10, inverse: true }, 1000)).toBe(0.02)
    expect(volumeOf('binance-delivery', { contractSize: 100, inverse: true }, 5)).toBe(0.01)
    expect(volumeOf('binance-futures', { contractSize: 0.001 }, 0.4)).toBe(0.4)
    expect(volumeOf(undefined, { contractSize: 0.01 }, 30)).toBe(0.3)
  })
})
