// What must come out of a market, computed apart from the engine and with whole numbers only:
// thousandths of volume, cents of price. All sums stay below 2^53.
import { CENT, type Market } from './market.js'

const MINUTE_US = 60_000_000

export interface NaiveCandle {
  open: number
  high: number
  low: number
  close: number
  volume: number
  delta: number
  trades: number
}

export interface NaivePair {
  ticks: number
  /** Bought less sold, thousandths. */
  cvd: number
  volume: number
  cents: number
  newestUs: number
  /** Ascending. */
  readonly minutes: Map<number, NaiveCandle>
}

/** Each pair's ticks, volumes and minute candles, by the pair's index. */
export function naivePairs(market: Market): NaivePair[] {
  const pairs = Array.from({ length: market.pairs }, emptyPair)
  for (let i = 0; i < market.ticks; i++) {
    const pair = pairs[market.pair[i]]
    const volume = market.thousandths[i]
    const signed = market.side[i] === 1 ? volume : -volume
    const cents = Math.round(market.price[i] * CENT)
    pair.ticks++
    pair.volume += volume
    pair.cvd += signed
    pair.cents += cents
    pair.newestUs = market.timestamp[i]
    const minute = Math.floor(market.timestamp[i] / MINUTE_US)
    const candle = pair.minutes.get(minute)
    if (candle === undefined) {
      const first = { open: cents, high: cents, low: cents, close: cents }
      pair.minutes.set(minute, { ...first, volume, delta: signed, trades: 1 })
      continue
    }
    if (cents > candle.high) candle.high = cents
    if (cents < candle.low) candle.low = cents
    candle.close = cents
    candle.volume += volume
    candle.delta += signed
    candle.trades++
  }
  return pairs
}

function emptyPair(): NaivePair {
  return { ticks: 0, cvd: 0, volume: 0, cents: 0, newestUs: 0, minutes: new Map() }
}

/** How far behind a pair's newest tick its watermark is: the engine's default lateness. */
const LATENESS_US = 500_000

/** Sums over a pair's closed candles of `minutes` minutes each, as the checks ask DuckDB for them. */
export function candleSums(pair: NaivePair, minutes: number): Record<string, number> {
  const sums = { n: 0, trades: 0, volume: 0, delta: 0, open: 0, high: 0, low: 0, close: 0 }
  for (const [bucket, candle] of candlesOf(pair, minutes)) {
    if ((bucket + 1) * minutes * MINUTE_US > pair.newestUs - LATENESS_US) continue
    sums.n++
    sums.trades += candle.trades
    sums.volume += candle.volume
    sums.delta += candle.delta
    sums.open += candle.open
    sums.high += candle.high
    sums.low += candle.low
    sums.close += candle.close
  }
  return sums
}

/** A pair's candles of `minutes` minutes each, by bucket, open ones included. */
export function candlesOf(pair: NaivePair, minutes: number): Map<number, NaiveCandle> {
  const candles = new Map<number, NaiveCandle>()
  for (const [minute, part] of pair.minutes) {
    const bucket = Math.floor(minute / minutes)
    const candle = candles.get(bucket)
    if (candle === undefined) {
      candles.set(bucket, { ...part })
      continue
    }
    candle.high = Math.max(candle.high, part.high)
    candle.low = Math.min(candle.low, part.low)
    candle.close = part.close
    candle.volume += part.volume
    candle.delta += part.delta
    candle.trades += part.trades
  }
  return candles
}
