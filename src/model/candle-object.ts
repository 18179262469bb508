import type { Candle } from './candle.js'
import type { Interval } from './interval.js'

/** A candle's words as an object: an open candle, as it stands in a snapshot. */
export function candleOf(pair: string, interval: Interval, words: Float64Array): Candle {
  const [timestamp, open, high, low, close, volume, trades] = words
  return {
    pair,
    interval,
    timestamp,
    open,
    high,
    low,
    close,
    volume,
    trades,
    buyVolume: words[7],
    sellVolume: words[8],
    quoteVolume: words[9],
    vwap: words[10],
    delta: words[11],
    revision: words[12],
    closed: false,
  }
}
