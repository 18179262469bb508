import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { EngineError, type FaultEvent, type LossEvent, Refusal } from 'tickloom'
import { ccxtPair, fromBinance, fromCcxt, fromSwap, swapFeed } from 'tickloom/feeds'
import { expect, test } from 'vitest'
import { opened, T0, until, withDir, withEngine } from '../support/engine-dir.js'

// Adapters through an engine: what they refuse is in its account and told, and what they made of
// their messages is in the pair's reading.

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const EVENT = { clock: 'event', shards: 1 } as const
const MS = T0 / 1000

const binance = (t: number, more: object = {}) => ({
  e: 'trade',
  s: 'BTCUSDT',
  t,
  p: '100',
  q: '1',
  T: MS + t,
  m: t % 2 === 0,
  ...more,
})
const swap = {
  timestamp: MS / 1000,
  amount0: 3_000_000_000n,
  amount1: -(10n ** 18n),
  decimals0: 6,
  decimals1: 18,
  baseToken: 1,
  transactionHash: '0xabc',
  logIndex: 7,
} as const

test('refusals of adapters are counted, told as losses, and their remedy once', async () => {
  await withEngine(EVENT, async (engine) => {
    const faults: FaultEvent[] = []
    const losses: LossEvent[] = []
    engine.on('fault', (fault) => faults.push(fault))
    engine.on('loss', (loss) => losses.push(loss))
    const pair = engine.pair('binance', 'spot', 'BTCUSDT')
    for (let t = 1; t <= 4; t++) expect(fromBinance(() => pair, binance(t))).toBeGreaterThan(0)
    for (let a = 1; a <= 3; a++) {
      expect(fromBinance(() => pair, { ...binance(9), e: 'aggTrade', a })).toBe(Refusal.MixedIds)
    }
    const coin = binance(1, { s: 'BTCUSD_PERP' })
    const other = engine.pair('binance', 'swap', 'BTCUSD_PERP')
    expect(fromBinance(() => other, coin)).toBe(Refusal.VolumeUnit)
    const dex = engine.pair('uniswap', 'dex', 'WETH/USDC', { tradeIds: 'text' })
    expect(fromSwap(dex, { ...swap, removed: true })).toBe(Refusal.Removed)

    await engine.flush({ stored: true })
    expect(await pair.stats()).toMatchObject({ stored: 4 })
    expect(pair.refusals).toEqual(new Map([[Refusal.MixedIds, 3]]))
    expect([pair.offered, pair.refused]).toEqual([7, 3])
    expect(engine.stats()).toMatchObject({ offered: 9, refused: 5 })
    await until('the losses', () => losses.length >= 3)
    const told = losses.map(({ pair: name, reason, count }) => [name, reason, count])
    expect(told).toContainEqual([pair.name, 'mixed-ids', 3])
    expect(told).toContainEqual([other.name, 'volume-unit', 1])
    expect(told).toContainEqual([dex.name, 'removed', 1])
    expect(faults.map(({ code }) => code).sort()).toEqual([
      'MIXED_IDS',
      'SWAP_REMOVED',
      'VOLUME_UNIT',
    ])
    const [{ message }] = faults.filter(({ code }) => code === 'MIXED_IDS')
    expect(message).toMatch(/take one kind.*value=aggregated trades on a pair of raw ones/)
  })
})

test('trades off the book leave no gap, and nothing but a count', async () => {
  await withEngine(EVENT, async (engine) => {
    const pair = engine.pair('binance', 'swap', 'BTC/USDT:USDT', { tradeIds: 'sequential' })
    // 40 messages, a second apart; each fourth is none of the book, at prices of its own.
    const off = ['NA', 'ADL', 'INSURANCE_FUND']
    for (let t = 1; t <= 40; t++) {
      const T = MS + t * 1000
      const X = t % 4 === 0 ? off[(t / 4) % 3] : 'MARKET'
      const p = X === 'NA' ? '0' : X === 'MARKET' ? '100' : '1'
      const receipt = fromBinance(() => pair, binance(t, { T, X, p, q: X === 'NA' ? '0' : '2' }))
      expect(receipt).toBeGreaterThan(0)
    }
    await engine.flush({ stored: true })
    const counts = { received: 40, stored: 30, noTrades: 10, rejected: 0, gaps: 0 }
    expect(await pair.stats()).toMatchObject(counts)
    const [{ low, high, volume }] = await pair.candles('1m', { includeOpen: true })
    expect([low, high, volume]).toEqual([100, 100, 60])
    const { trades, skipped } = pair.reading()
    expect([trades, skipped.map(({ count }) => count)]).toEqual([30, [4, 3, 3]])
    // Both sides of the ten ids are the venue's own again: nothing comes twice.
    for (let t = 1; t <= 40; t++) fromBinance(() => pair, binance(t, { T: MS + t * 1000 }))
    await engine.flush({ stored: true })
    expect(await pair.stats()).toMatchObject({ stored: 30, duplicates: 40 })
  })
})

test('a pair says what was made of its messages', async () => {
  await withEngine(EVENT, async (engine) => {
    const pair = engine.pair('okx', 'swap', 'BTC/USDT:USDT', {
      contractSize: 0.01,
      tradeIds: 'integer',
    })
    const trade = { timestamp: MS, price: 50_000, amount: 3 }
    fromCcxt(pair, { ...trade, id: '1', side: 'buy' })
    fromCcxt(pair, { ...trade, id: '2', side: 'sell' })
    fromCcxt(pair, { ...trade, id: '3', side: 'long' })
    fromCcxt(pair, { ...trade, id: '4', side: 'buy', price: undefined })
    expect(pair.reading()).toEqual({
      trades: 3,
      sides: [
        { word: 'buy', side: 'buy', understood: true, count: 1, volume: 0.03 },
        { word: 'sell', side: 'sell', understood: true, count: 1, volume: 0.03 },
        { word: 'long', side: 'unknown', understood: false, count: 1, volume: 0.03 },
      ],
      notUnderstood: 1,
      unknownSides: 1,
      unknownVolume: 0.03,
      skipped: [],
      refused: [{ reason: 'not-finite', count: 1, samples: [expect.stringContaining('"id":"4"')] }],
      noted: [],
      timeUnits: { ms: 4 },
      volumeUnit: 'contracts × 0.01 to base',
    })
  })
})

test('a number that may be wrong is a fault of its pair, told once', async () => {
  await withEngine(EVENT, async (engine) => {
    const faults: FaultEvent[] = []
    engine.on('fault', (fault) => faults.push(fault))
    const pair = engine.pair('venue', 'swap', 'A/B:B', { contractSize: 1000, tradeIds: 'none' })
    const trade = { timestamp: MS, side: 'buy', price: 0.0525, amount: 8, cost: 0.42 }
    for (let i = 0; i < 3; i++) expect(fromCcxt(pair, trade)).toBeGreaterThan(0)
    await until('the fault', () => faults.length > 0)
    expect(faults.length).toBe(1)
    expect(faults[0]).toMatchObject({ code: 'VOLUME_DIFFERS', pair: pair.name })
    expect(faults[0].message).toMatch(/cost=0\.42 expected=420 amount=8 price=0\.0525/)
    await engine.flush({ stored: true })
    expect((await pair.recentTicks()).map(({ volume }) => volume)).toEqual([8, 8, 8])
  })
})

test('what a slow consumer never saw of a numbered venue is a gap', async () => {
  await withEngine(EVENT, async (engine) => {
    const markets = { 'BTC/USDT': { symbol: 'BTC/USDT', type: 'spot' } }
    const { exchange, market, symbol, options } = ccxtPair({ id: 'binance', markets }, 'BTC/USDT')
    const pair = engine.pair(exchange, market, symbol, options)
    const offer = (id: number) =>
      fromCcxt(pair, { id: String(id), timestamp: MS + id * 100, side: 'buy', price: 1, amount: 1 })
    for (let id = 1; id <= 1000; id++) offer(id)
    // ccxt's cache of 1,000 has dropped 500.
    for (let id = 1501; id <= 2000; id++) offer(id)
    await engine.flush({ stored: true })
    expect(await pair.stats()).toMatchObject({ stored: 1500, gaps: 1 })
    expect(await pair.gaps()).toMatchObject([{ firstId: 1001, lastId: 1500, missing: 500 }])
  })
})

test('swaps of one block stand in the order in which they ran, whatever pair they go to', async () => {
  await withEngine(EVENT, async (engine) => {
    const pair = engine.pair('uniswap', 'dex', 'WETH/USDC', { tradeIds: 'text' })
    const feed = swapFeed(pair, { confirmations: 1 })
    const prices = [3003, 3001, 3002]
    for (const price of prices) {
      const place = price - 3000
      feed.take({ ...swap, amount0: BigInt(price) * 10n ** 6n, blockNumber: 5, logIndex: place })
    }
    expect(feed.head(6)).toBe(3)
    await engine.flush({ stored: true })
    expect((await pair.recentTicks()).map(({ price }) => price)).toEqual([3001, 3002, 3003])
    const [candle] = await pair.candles('1m', { includeOpen: true })
    expect([candle.open, candle.close]).toEqual([3001, 3003])
  })
})

test('a contract size that the venue has changed: both, and the way on', async () => {
  await withDir(async (dataDir) => {
    const markets = (contractSize: number) => ({
      'A/USDT:USDT': { symbol: 'A/USDT:USDT', type: 'swap', contractSize },
    })
    const open = (contractSize: number, id = '1') =>
      opened({ dataDir, ...EVENT }, async (engine) => {
        const key = ccxtPair({ id: 'okx', markets: markets(contractSize) }, 'A/USDT:USDT')
        const pair = engine.pair(key.exchange, key.market, key.symbol, key.options)
        fromCcxt(pair, { id, timestamp: MS, side: 'buy', price: 1, amount: 1 })
        await engine.flush({ stored: true })
      })
    await open(0.01)
    const error = await open(0.1).then(
      () => undefined,
      (thrown: unknown) => thrown as EngineError,
    )
    expect(error).toBeInstanceOf(EngineError)
    expect(error?.code).toBe('PAIR_MISMATCH')
    expect(error?.message).toMatch(/stored=0\.01 asked=0\.1/)
    const way = 'tickloom set okx:swap:A/USDT:USDT --contract-size 0.1'
    expect(error?.message).toContain(way)
    // The way on, as it is told; rows from before keep what they were.
    const [, ...words] = way.split(' ')
    const told = spawnSync(process.execPath, [CLI, ...words, '--data-dir', dataDir])
    expect(told.status).toBe(0)
    expect(String(told.stderr)).toMatch(/rows up to .* keep theirs, of contractSize 0\.01/)
    await open(0.1, '2')
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const ticks = await engine.find('okx:swap:A/USDT:USDT').recentTicks()
      expect(ticks.map(({ volume }) => volume)).toEqual([0.01, 0.1])
    })
  })
})

test('refuse() takes refusals alone', async () => {
  await withEngine(EVENT, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    expect(() => pair.refuse(7 as never, 'x')).toThrow(/refusal must be one of Refusal/)
    expect([pair.offered, pair.refused]).toEqual([0, 0])
  })
})
