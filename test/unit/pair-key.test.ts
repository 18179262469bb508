import { describe, expect, it } from 'vitest'
import {
  MARKETS,
  nearNames,
  pairFromPath,
  pairKey,
  pairPath,
  parsePairName,
  stableHash,
} from '../../dist/src/model/pair-key.js'

const segmentOf = (symbol: string) => pairPath(pairKey('x', 'spot', symbol))[2]
const refusal = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    expect(error).toMatchObject({ name: 'EngineError', code: 'BAD_NAME' })
    return (error as Error).message
  }
  return 'accepted'
}

describe('a pair', () => {
  it('is named by exchange, market and symbol', () => {
    const key = pairKey('binance', 'swap', 'BTC/USDT:USDT')
    expect(key).toEqual({
      exchange: 'binance',
      market: 'swap',
      symbol: 'BTC/USDT:USDT',
      name: 'binance:swap:BTC/USDT:USDT',
    })
    expect(parsePairName(key.name)).toEqual(key)
    for (const market of MARKETS) expect(pairKey('x', market, 'A').market).toBe(market)
  })

  it('is refused with what is allowed', () => {
    expect(refusal(() => pairKey('binance', 'perp', 'BTC'))).toBe(
      'market must be one of spot, swap, future, option, dex: market="perp"',
    )
    expect(refusal(() => parsePairName('binance:BTC/USDT'))).toMatch('EXCHANGE:MARKET:SYMBOL')
    expect(refusal(() => parsePairName(undefined as unknown as string))).toMatch('pair=undefined')
    const long = 'a'.repeat(65)
    for (const exchange of ['', 'Binance', '.hidden', 'dot.', '..', 'a/b', 'a b', 'ä', long]) {
      expect(refusal(() => pairKey(exchange, 'spot', 'BTC'))).toMatch('exchange must be 1 to 64 of')
    }
    for (const exchange of ['con', 'nul', 'com1', 'lpt9.x', 'aux.tar.gz']) {
      expect(refusal(() => pairKey(exchange, 'spot', 'BTC'))).toMatch('device')
    }
    for (const exchange of ['journal', 'owner.duckdb', 'ledger.duckdb', 'owner.duckdb.wal']) {
      expect(refusal(() => pairKey(exchange, 'spot', 'BTC'))).toMatch('file of the engine')
    }
    expect(pairKey('console', 'spot', 'BTC').exchange).toBe('console')
  })

  it('refuses symbols that are no text, or nothing to see', () => {
    const rules: [string, RegExp][] = [
      ['', /1 to 128/],
      ['A'.repeat(129), /1 to 128/],
      ['.', /folder/],
      ['..', /folder/],
      ['BTC\0USDT', /control/],
      ['BTC\nUSDT', /control/],
      ['BTC\u0085', /control/],
      ['BTC\ud800', /surrogates/],
      [' BTC', /white space/],
      ['BTC\u00a0', /white space/],
      ['a'.repeat(67), /over 200 bytes/],
    ]
    for (const [symbol, rule] of rules) {
      expect(refusal(() => pairKey('x', 'spot', symbol))).toMatch(rule)
    }
    expect(pairKey('x', 'spot', 'A'.repeat(128)).symbol).toHaveLength(128)
    expect(segmentOf('a'.repeat(66))).toHaveLength(198)
    expect(refusal(() => pairKey('x', 'spot', 'BTC\0'))).toMatch('symbol="BTC\\u0000"')
  })
})

describe('the folders of a pair', () => {
  it('keep what every disk keeps and encode the rest', () => {
    const encoded: [string, string][] = [
      ['BTC-USD_PERP.1', 'BTC-USD_PERP.1'],
      ['BTC/USDT', 'BTC%2FUSDT'],
      ['ETH-USDC-0.3%', 'ETH-USDC-0.3%25'],
      ['BTC/USDT:USDT', 'BTC%2FUSDT%3AUSDT'],
      ['btc', '%62%74%63'],
      ['A B', 'A%20B'],
      ['A\\B', 'A%5CB'],
      ['€', '%E2%82%AC'],
      ['🚀', '%F0%9F%9A%80'],
      ['.A', '%2EA'],
      ['A.', 'A%2E'],
      ['...', '%2E.%2E'],
      ['CON', '%43ON'],
      ['NUL.TXT', '%4EUL.TXT'],
      ['COM1', '%43OM1'],
      ['CONE', 'CONE'],
    ]
    for (const [symbol, segment] of encoded) {
      expect([symbol, segmentOf(symbol)]).toEqual([symbol, segment])
      expect(pairFromPath(['x', 'spot', segment])).toEqual(pairKey('x', 'spot', symbol))
    }
  })

  it('are recognised only as they are written', () => {
    const not = [
      'BTC%2fUSDT',
      '%42TC',
      'btc',
      'BTC/USDT',
      'BTC%',
      'BTC%2',
      '%FF',
      '%00',
      'CON',
      'A.',
      '..',
      '',
    ]
    for (const segment of not) expect(pairFromPath(['x', 'spot', segment])).toBeUndefined()
    expect(pairFromPath(['x', 'spot'])).toBeUndefined()
    expect(pairFromPath(['x', 'spot', 'A', 'B'])).toBeUndefined()
    expect(pairFromPath(['X', 'spot', 'A'])).toBeUndefined()
    expect(pairFromPath(['journal', 'spot', 'A'])).toBeUndefined()
    expect(pairFromPath(['x', 'perp', 'A'])).toBeUndefined()
  })
})

describe('the hash of a name', () => {
  it('never changes', () => {
    const names = ['', 'binance:spot:BTC/USDT', 'kraken:spot:€/🚀']
    expect(names.map(stableHash)).toEqual([2872998923, 589395310, 2311768436])
  })

  it('spreads names evenly over any number of shards', () => {
    const names = Array.from({ length: 12_000 }, (_, i) => `binance:spot:COIN${i}/USDT`)
    for (const shards of [2, 3, 4, 7, 16]) {
      const counts = new Array<number>(shards).fill(0)
      for (const name of names) counts[stableHash(name) % shards]++
      const fair = names.length / shards
      for (const count of counts) expect(Math.abs(count - fair)).toBeLessThan(5 * Math.sqrt(fair))
    }
  })
})

describe('near names', () => {
  const names = [
    'binance:spot:BTC/USDT',
    'binance:spot:ETH/USDT',
    'binance:swap:BTC/USDT:USDT',
    'bitfinex:spot:BTC/USD',
    'kraken:spot:DOT/EUR',
  ]

  it('are found over slips, case and punctuation', () => {
    expect(nearNames('binance:spot:BTC/UDST', names)[0]).toBe('binance:spot:BTC/USDT')
    expect(nearNames('Binance:Spot:btcusdt', names)[0]).toBe('binance:spot:BTC/USDT')
    expect(nearNames('binance:swap:BTCUSDTUSDT', names)[0]).toBe('binance:swap:BTC/USDT:USDT')
    expect(nearNames('kraken:spot:DOT-EUR', names)).toEqual(['kraken:spot:DOT/EUR'])
  })

  it('are few, and none where nothing is near', () => {
    expect(nearNames('binance:spot:BTC/USDC', names).length).toBeLessThanOrEqual(3)
    expect(nearNames('binance:spot:BTC/USDC', names, 1)).toEqual(['binance:spot:BTC/USDT'])
    expect(nearNames('uniswap-v3:dex:PEPE-WETH-1%', names)).toEqual([])
    expect(nearNames('x', [])).toEqual([])
  })
})
