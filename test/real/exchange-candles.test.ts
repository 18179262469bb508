import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { type Candle, Side, type SideName, TickEngine } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'

// Real trades in, the exchanges' own candles as the oracle. The data lies beside the project.

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const MINUTE = 60_000_000
const present = existsSync(DATA)
if (!present) console.log(`skipped: no real market data at ${DATA}`)

type Line = Record<string, string>

function csv(path: string): Line[] {
  const [head, ...lines] = readFileSync(join(DATA, path), 'utf8').trim().split('\n')
  const names = head.trim().split(',')
  return lines.map((line) =>
    Object.fromEntries(
      line
        .trim()
        .split(',')
        .map((value, i) => [names[i], value]),
    ),
  )
}

interface Trade {
  symbol: string
  timestamp: number
  price: number
  volume: number
  side: SideName
  tradeId: string
}

/** Trades through an engine, closed and reopened in the middle (with more shards), into closed files. */
async function through(
  exchange: string,
  trades: readonly Trade[],
  reopen: boolean,
): Promise<Result> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tickloom-real-'))
  const half = reopen ? Math.floor(trades.length / 2) : 0
  let duplicates = 0
  const candles = new Map<string, Candle[]>()
  for (const [part, shards] of [
    [trades.slice(0, half), 1],
    [trades.slice(half), 2],
  ] as const) {
    if (part.length === 0) continue
    const engine = await TickEngine.open({ dataDir, shards, clock: 'event' })
    try {
      for (const { timestamp, price, volume, side, symbol, tradeId } of part) {
        const taker = side === 'buy' ? Side.Buy : Side.Sell
        const pair = engine.pair(exchange, 'spot', symbol)
        expect(pair.trade(timestamp, price, volume, taker, tradeId)).toBeGreaterThan(0)
      }
      engine.settle()
      const stats = engine.stats()
      expect(stats.received).toBe(stats.stored + stats.duplicates)
      duplicates += stats.duplicates
      for (const { symbol } of engine.pairs()) {
        const pair = engine.pair(exchange, 'spot', symbol)
        candles.set(`${symbol} 1m`, await pair.candles('1m', { includeOpen: true }))
        candles.set(`${symbol} 5m`, await pair.candles('5m', { includeOpen: true }))
      }
    } finally {
      await engine.close()
    }
  }
  return { dataDir, duplicates, candles }
}

interface Result {
  dataDir: string
  duplicates: number
  candles: Map<string, Candle[]>
}

/** What SQL over the closed files says of every pair, against unique trades summed as decimals. */
async function checkBySql(exchange: string, trades: readonly Trade[], result: Result) {
  const unique = new Map(trades.map((trade) => [`${trade.symbol} ${trade.tradeId}`, trade]))
  for (const symbol of new Set(trades.map((trade) => trade.symbol))) {
    const own = [...unique.values()].filter((trade) => trade.symbol === symbol)
    const units = (side: string) =>
      own
        .filter((trade) => trade.side === side)
        .reduce((sum, trade) => sum + BigInt(Math.round(trade.volume * 1e8)), 0n)
    const path = filePath(result.dataDir, exchange, 'spot', symbol)
    const [row] = await sql(
      path,
      `SELECT count(*) AS n, count(DISTINCT trade_id) AS ids,
         coalesce(sum(volume::DECIMAL(30, 8)) FILTER (side = 'BUY'), 0)::DOUBLE AS buy,
         coalesce(sum(volume::DECIMAL(30, 8)) FILTER (side = 'SELL'), 0)::DOUBLE AS sell FROM ticks`,
    )
    const candles = result.candles.get(`${symbol} 1m`) ?? []
    expect(row['n']).toBe(own.length)
    expect(row['ids']).toBe(own.length)
    expect(row['buy']).toBe(Number(units('buy')) / 1e8)
    expect(row['sell']).toBe(Number(units('sell')) / 1e8)
    expect(candles.reduce((n, candle) => n + candle.trades, 0)).toBe(own.length)
  }
}

const REPEATING = [
  { exchange: 'hitbtc', rows: 4000, unique: 1000, full: 428 },
  { exchange: 'bequant', rows: 4040, unique: 1010, full: 444 },
]

describe.skipIf(!present)('the exchanges’ own candles', () => {
  for (const { exchange, rows, unique, full } of REPEATING) {
    for (const reopen of [false, true]) {
      test(`${exchange}: ${full} of ${full}${reopen ? ', reopened in the middle' : ''}`, async () => {
        const trades = csv(`${exchange}/trades.csv`).map(
          (line): Trade => ({
            symbol: line['symbol'],
            timestamp: Date.parse(line['timestamp']) * 1000,
            price: Number(line['price']),
            volume: Number(line['quantity']),
            side: line['side'] as SideName,
            tradeId: line['id'],
          }),
        )
        expect(trades.length).toBe(rows)
        const result = await through(exchange, trades, reopen)
        try {
          expect(result.duplicates).toBe(rows - unique)
          expect(equalMinutes(exchange, trades, result)).toBe(full)
          await checkBySql(exchange, trades, result)
        } finally {
          rmSync(result.dataDir, { recursive: true, force: true })
        }
      })
    }
  }

  for (const reopen of [false, true]) {
    test(`bitfinex: 43 of 43${reopen ? ', reopened in the middle' : ''}`, async () => {
      const trades = csv('bitfinex/eth-eur-trades.csv').map(
        (line): Trade => ({
          symbol: 'ETH/EUR',
          timestamp: Number(line['mts']) * 1000,
          price: Number(line['price']),
          volume: Math.abs(Number(line['amount'])),
          side: Number(line['amount']) < 0 ? 'sell' : 'buy',
          tradeId: line['id'],
        }),
      )
      // As they stand in the file: those of one millisecond are in no order there.
      const result = await through('bitfinex', trades, reopen)
      try {
        const inner = csv('bitfinex/eth-eur-candles-5m.csv').slice(1, -1)
        expect(inner.length).toBe(43)
        const ours = new Map(result.candles.get('ETH/EUR 5m')?.map((c) => [c.timestamp, c]))
        for (const theirs of inner) {
          const candle = ours.get(Number(theirs['mts']) * 1000)
          expect(candle, theirs['mts']).toMatchObject({
            open: Number(theirs['open']),
            high: Number(theirs['high']),
            low: Number(theirs['low']),
            close: Number(theirs['close']),
          })
          expect(Math.abs((candle?.volume ?? 0) - Number(theirs['volume']))).toBeLessThan(1e-6)
        }
        await checkBySql('bitfinex', trades, result)
      } finally {
        rmSync(result.dataDir, { recursive: true, force: true })
      }
    })
  }

  test('the Binance capture: every trade once, CVD as SQL and a plain sum have it', async () => {
    const lines = gunzipSync(readFileSync(join(DATA, 'binance/btcusdt-spot-20240808-raw.gz')))
    const trades: Trade[] = []
    for (const line of lines.toString('utf8').split('\n')) {
      const at = line.indexOf('{')
      if (at < 0 || !line.includes('@trade')) continue
      const { data } = JSON.parse(line.slice(at)) as {
        data: Record<string, string | number | boolean>
      }
      trades.push({
        symbol: 'BTC/USDT',
        timestamp: Number(data['T']) * 1000,
        price: Number(data['p']),
        volume: Number(data['q']),
        side: data['m'] === true ? 'sell' : 'buy',
        tradeId: String(data['t']),
      })
    }
    expect(trades.length).toBe(9757)
    const once = await through('binance', trades, false)
    const twice = await through('binance', trades, true)
    try {
      expect(twice.candles).toEqual(once.candles)
      await checkBySql('binance', trades, once)
      await checkBySql('binance', trades, twice)
      // The last trades are of the next UTC day, at which CVD starts anew.
      const candles = twice.candles.get('BTC/USDT 1m') ?? []
      const dayOf = (us: number) => Math.floor(us / 86_400_000_000)
      for (const day of new Set(candles.map((candle) => dayOf(candle.timestamp)))) {
        const units = trades
          .filter((t) => dayOf(t.timestamp) === day)
          .reduce(
            (sum, t) => sum + BigInt(Math.round(t.volume * 1e8)) * (t.side === 'buy' ? 1n : -1n),
            0n,
          )
        const last = candles.filter((candle) => dayOf(candle.timestamp) === day).at(-1)
        expect(last?.cvd).toBe(Number(units) / 1e8)
      }
    } finally {
      for (const { dataDir } of [once, twice]) rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

// Full minutes equal in every figure, each compared as the exact decimal it prints.
function equalMinutes(exchange: string, trades: readonly Trade[], result: Result): number {
  const bySymbol = new Map<string, Line[]>()
  for (const line of csv(`${exchange}/candles-1m.csv`)) {
    const own = bySymbol.get(line['symbol'])
    if (own === undefined) bySymbol.set(line['symbol'], [line])
    else own.push(line)
  }
  let equal = 0
  let inexact = 0
  for (const [symbol, lines] of bySymbol) {
    const times = trades.filter((t) => t.symbol === symbol).map((t) => t.timestamp)
    const minute = (us: number) => us - (us % MINUTE)
    const first = minute(times.reduce((a, b) => Math.min(a, b)))
    const last = minute(times.reduce((a, b) => Math.max(a, b)))
    const ours = new Map(result.candles.get(`${symbol} 1m`)?.map((c) => [c.timestamp, c]))
    for (const line of lines) {
      const start = Date.parse(line['timestamp']) * 1000
      if (start <= first || start >= last) continue
      const candle = ours.get(start)
      const quoteDecimals = line['volumeQuote'].split('.')[1]?.length ?? 0
      expect(candle, `${symbol} ${line['timestamp']}`).toMatchObject({
        open: Number(line['open']),
        high: Number(line['max']),
        low: Number(line['min']),
        close: Number(line['close']),
        volume: Number(line['volume']),
      })
      // Prices have up to 10 decimals, off the grid of 8: equal in every decimal the exchange prints.
      expect(candle?.quoteVolume.toFixed(quoteDecimals)).toBe(line['volumeQuote'])
      if (candle?.quoteVolume !== Number(line['volumeQuote'])) inexact++
      equal++
    }
    const theirs = new Set(lines.map((line) => Date.parse(line['timestamp']) * 1000))
    const extra = [...ours.keys()].filter((t) => t > first && t < last && !theirs.has(t))
    expect(extra, `minutes of ${symbol} the exchange has not`).toEqual([])
  }
  if (inexact > 0) console.log(`${exchange}: ${inexact} quote volumes differ in the last bit`)
  return equal
}
