import { Refusal, Side } from 'tickloom'
import { fromSwap, type Swap, swapFeed } from 'tickloom/feeds'
import { describe, expect, test } from 'vitest'
import { recorder } from '../support/recorder.js'

// Swaps of DEX pools: signs, places in a block, prices of the pool, and what a reorganisation takes
// back. Values are made up.

const S = Date.UTC(2025, 2, 1) / 1000
const US = S * 1e6

// WETH/USDC as in Uniswap v3: token0 = USDC (6 places), token1 = WETH (18). The pool takes 3,000
// USDC and gives out 1 WETH: the taker bought 1 at 3,000.
const bought: Swap = {
  timestamp: S,
  amount0: 3_000_000_000n,
  amount1: -1_000_000_000_000_000_000n,
  decimals0: 6,
  decimals1: 18,
  baseToken: 1,
  transactionHash: '0xabc',
  logIndex: 7,
}

describe('whose amounts', () => {
  test("the pool's and the swapper's have signs of their own", () => {
    const { pair, calls } = recorder({ tradeIds: 'text' }, 'dex')
    const v4: Swap = {
      ...bought,
      amount0: -3_000_000_000n,
      amount1: 1_000_000_000_000_000_000n,
      amountsOf: 'swapper',
    }
    fromSwap(pair, bought)
    fromSwap(pair, { ...bought, amountsOf: 'pool' })
    fromSwap(pair, v4)
    fromSwap(pair, { ...v4, amount0: 3_000_000_000n, amount1: -(10n ** 18n) })
    const { Buy, Sell } = Side
    const id = '0xabc:7'
    expect(calls).toEqual([
      [US, 3000, 1, Buy, id],
      [US, 3000, 1, Buy, id],
      [US, 3000, 1, Buy, id],
      [US, 3000, 1, Sell, id],
    ])
    fromSwap(pair, { ...bought, amountsOf: 'both' as never })
    expect(calls[4][1]).toBeNaN()
  })
})

describe('ids', () => {
  const idOf = (given: Partial<Swap>, tradeIds = 'text') => {
    const { pair, calls, warned } = recorder({ tradeIds }, 'dex')
    fromSwap(pair, { ...bought, ...given } as Swap)
    return [calls[0][4], warned.map(([code]) => code)]
  }

  test('a place in any form is in the id, and none is no id', () => {
    expect(idOf({ logIndex: '7' })).toEqual(['0xabc:7', []])
    expect(idOf({ logIndex: '0x1f' })).toEqual(['0xabc:31', []])
    expect(idOf({ logIndex: 9n })).toEqual(['0xabc:9', []])
    expect(idOf({ logIndex: '2-5' })).toEqual(['0xabc:2-5', []])
    expect(idOf({ logIndex: undefined })).toEqual([undefined, ['NO_ID']])
    expect(idOf({ logIndex: Number.NaN })).toEqual([undefined, ['NO_ID']])
    expect(idOf({ transactionHash: undefined })).toEqual([undefined, ['NO_ID']])
  })

  test('on pairs of whole numbers, block and place: 2^20 places a block', () => {
    expect(idOf({ blockNumber: 3, logIndex: 5 }, 'integer')).toEqual([3 * 1_048_576 + 5, []])
    expect(idOf({ blockNumber: '0x14', logIndex: '0x1' }, 'integer')).toEqual([20_971_521, []])
    const far = { blockNumber: 10_000_000_000_000n, logIndex: 1 }
    expect(idOf(far, 'integer')).toEqual([10_485_760_000_000_000_001n, []])
    expect(idOf({ blockNumber: 3, logIndex: 2 ** 20 }, 'integer')).toEqual([undefined, ['NO_ID']])
    expect(idOf({ logIndex: 5 }, 'integer')).toEqual([undefined, ['NO_ID']])
    expect(idOf({ blockNumber: 3 }, 'none')).toEqual([undefined, []])
  })
})

describe('the price of the pool', () => {
  const X96 = 2n ** 96n
  const priceOf = (given: Partial<Swap>) => {
    const { pair, calls } = recorder({}, 'dex')
    fromSwap(pair, { ...bought, ...given })
    return calls[0][1]
  }

  test('by its square root, in the units of both tokens', () => {
    // √ = 20,000: token1 / token0 in smallest units is 4 × 10^8, which with 6 and 18 places is
    // 4 × 10^-4 WETH a USDC: 2,500 USDC a WETH.
    expect(priceOf({ sqrtPriceX96: 20_000n * X96 })).toBeCloseTo(2500, 9)
    expect(priceOf({ sqrtPriceX96: String(20_000n * X96) })).toBeCloseTo(2500, 9)
    // Tokens of 18 places each: √ = 1/2 is 0.25 token1 a token0.
    const even = { decimals0: 18, decimals1: 18, sqrtPriceX96: X96 / 2n }
    expect(priceOf({ ...even, baseToken: 0, amount0: 4n, amount1: -1n })).toBe(0.25)
    expect(priceOf({ ...even, baseToken: 1, amount0: 4n, amount1: -1n })).toBe(4)
  })

  test('is right where the amounts are too small for one', () => {
    // 1 unit of USDC for 399,999,999 units of WETH: the ratio of amounts is 2,500.00000625.
    const dust = { amount0: 1n, amount1: -399_999_999n }
    expect(priceOf(dust)).toBeCloseTo(2500.000_006_25, 8)
    expect(priceOf({ ...dust, sqrtPriceX96: 20_000n * X96 })).toBeCloseTo(2500, 9)
    // No USDC at all.
    expect(priceOf({ amount0: 0n, sqrtPriceX96: 20_000n * X96 })).toBeCloseTo(2500, 9)
    expect(priceOf({ amount0: 0n })).toBeNaN()
  })

  test('amounts of one sign are no swap, and a root of nothing no price', () => {
    expect(priceOf({ amount1: 5n, sqrtPriceX96: X96 })).toBeNaN()
    expect(priceOf({ amount0: 0n, amount1: 0n, sqrtPriceX96: X96 })).toBeNaN()
    for (const sqrtPriceX96 of [0n, -5n, 'many', {} as never])
      expect(priceOf({ sqrtPriceX96 })).toBeNaN()
  })
})

test('times of chain clients: bigint, hex, seconds', () => {
  const { pair, calls } = recorder({}, 'dex')
  for (const timestamp of [BigInt(S), `0x${S.toString(16)}`, String(S), new Date(S * 1000)]) {
    fromSwap(pair, { ...bought, timestamp })
  }
  expect(calls.map(([us]) => us)).toEqual([US, US, US, US])
})

test('a swap that was removed is refused by name', () => {
  const { pair, calls, refused, counts } = recorder({ tradeIds: 'text' }, 'dex')
  expect(fromSwap(pair, { ...bought, removed: true })).toBe(Refusal.Removed)
  expect(fromSwap(pair, { ...bought, removed: false })).toBeGreaterThan(0)
  expect([calls.length, refused]).toEqual([1, [[Refusal.Removed, '0xabc:7']]])
  expect(counts.counts().refused).toMatchObject([
    { reason: 'removed: by a reorganisation', count: 1 },
  ])
})

describe('swapFeed', () => {
  const at = (blockNumber: number, logIndex: number, more: Partial<Swap> = {}): Swap => ({
    ...bought,
    blockNumber,
    logIndex,
    ...more,
  })

  test('offers by block and place what is deep enough', () => {
    const { pair, calls } = recorder({ tradeIds: 'text' }, 'dex')
    const feed = swapFeed(pair, { confirmations: 2 })
    const taken = [at(10, 5), at(10, 2), at(11, 0), at(10, 3)].map((swap) => feed.take(swap))
    expect([taken, feed.held, calls]).toEqual([[0, 0, 0, 0], 4, []])
    expect(feed.head(11)).toBe(0)
    expect(feed.head('0xc')).toBe(3)
    expect(calls.map((call) => call[4])).toEqual(['0xabc:2', '0xabc:3', '0xabc:5'])
    // One of a block that is deep enough already, and a newer one that moves the head.
    expect(feed.take(at(10, 1))).toBeGreaterThan(0)
    expect(feed.take(at(13, 0))).toBe(0)
    expect([calls.length, feed.held]).toEqual([5, 1])
    expect(feed.head(12n)).toBe(0)
  })

  test('drops what is removed in time, and refuses what is removed too late', () => {
    const { pair, calls, refused, counts } = recorder({ tradeIds: 'text' }, 'dex')
    const feed = swapFeed(pair, { confirmations: 3 })
    feed.take(at(10, 1))
    feed.take(at(10, 2))
    expect(feed.take(at(10, 1, { removed: true }))).toBe(0)
    // In its new block it is another event, which the removal of the first does not touch.
    const old = { blockHash: '0xold' }
    feed.take(at(11, 4, old))
    feed.take(at(11, 4, { blockHash: '0xnew' }))
    feed.take(at(11, 4, { ...old, removed: true }))
    expect(feed.head(20)).toBe(2)
    expect(calls.map((call) => call[4])).toEqual(['0xabc:2', '0xabc:4'])
    expect(feed.take(at(10, 2, { removed: true }))).toBe(Refusal.Removed)
    expect(refused.length).toBe(1)
    expect(counts.counts().skipped).toMatchObject([
      { reason: 'removed before it was deep enough', count: 2 },
    ])
  })

  test('an event that comes twice is held once', () => {
    const { pair, calls } = recorder({ tradeIds: 'text' }, 'dex')
    const feed = swapFeed(pair, { confirmations: 1 })
    expect([feed.take(at(10, 1)), feed.take(at(10, 1)), feed.held]).toEqual([0, 0, 1])
    feed.head(11)
    expect(calls.length).toBe(1)
  })

  test('what finds the ring full stays held, in its place', () => {
    const { pair, calls } = recorder({ tradeIds: 'text' }, 'dex')
    let room = 1
    const trade = pair.trade as unknown as (...call: unknown[]) => number
    Object.assign(pair, {
      trade: (...call: unknown[]) => (room-- > 0 ? trade(...call) : Refusal.RingFull),
    })
    const feed = swapFeed(pair, { confirmations: 1 })
    for (const place of [1, 2, 3]) feed.take(at(10, place))
    expect([feed.head(11), feed.held]).toEqual([1, 2])
    room = 9
    expect([feed.head(11), feed.held]).toEqual([2, 0])
    expect(calls.map((call) => call[4])).toEqual(['0xabc:1', '0xabc:2', '0xabc:3'])
  })

  test('holds 65,536 at most, and says so', () => {
    const { pair, refused } = recorder({ tradeIds: 'text' }, 'dex')
    const feed = swapFeed(pair, { confirmations: 1 })
    for (let i = 0; i < 65_536; i++) feed.take(at(10, i))
    expect(feed.take(at(10, 70_000))).toBe(Refusal.RingFull)
    expect([feed.held, refused.length]).toEqual([65_536, 1])
    expect(feed.head(11)).toBe(65_536)
  })

  test('without a block there is nothing to hold it by; bad use is named', () => {
    const { pair, refused } = recorder({ tradeIds: 'text' }, 'dex')
    const feed = swapFeed(pair, { confirmations: 0 })
    expect(feed.take(bought)).toBe(Refusal.BadMessage)
    expect(feed.take(undefined as never)).toBe(Refusal.BadMessage)
    expect(refused.length).toBe(2)
    expect(feed.take(at(10, 1))).toBeGreaterThan(0)
    expect(() => feed.head('soon')).toThrow(/block must be a whole number/)
    expect(() => swapFeed(pair, { confirmations: -1 })).toThrow(/confirmations must be/)
    expect(() => swapFeed(pair, { confirmation: 3 } as never)).toThrow(/no option confirmation/)
    expect(() => swapFeed({} as never, { confirmations: 1 })).toThrow(/pair must be/)
  })
})
