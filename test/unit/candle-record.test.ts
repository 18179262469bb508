import { describe, expect, it } from 'vitest'
import { tradeWords } from '../../dist/src/model/placed-trade.js'
import { Side } from '../../dist/src/model/side.js'
import { NO_ID_HIGH } from '../../dist/src/model/trade-order.js'
import {
  candleValues,
  FLAGS_WORD,
  mergeRecord,
  mergeTick,
  OFF_GRID_FLAG,
  RECORD_WORDS,
  startRecord,
} from '../../dist/src/rollup/candle-record.js'

const SCALE = 1e8
type Trade = readonly [timestamp: number, seq: number, price: number, volume: number, side: Side]

function candleOf(trades: readonly Trade[]): Float64Array {
  const record = new Float64Array(RECORD_WORDS)
  startRecord(record, 0)
  for (const [timestamp, seq, price, volume, side] of trades) {
    const trade = { timestamp, idHigh: NO_ID_HIGH, idLow: 0, seq, price, volume }
    mergeTick(record, tradeWords(trade, SCALE), side, SCALE)
  }
  return record
}

describe('candle record', () => {
  it('gives every figure, each rounded once', () => {
    const record = candleOf([
      [10, 1, 100.1, 0.1, Side.Buy],
      [20, 2, 100.3, 0.2, Side.Sell],
      [30, 3, 100.2, 0.3, Side.Unknown],
    ])
    expect(candleValues(record, SCALE)).toEqual({
      open: 100.1,
      high: 100.3,
      low: 100.1,
      close: 100.2,
      volume: 0.6,
      trades: 3,
      buyVolume: 0.1,
      sellVolume: 0.2,
      quoteVolume: 60.13,
      vwap: 60.13 / 0.6,
      delta: -0.1,
    })
  })

  it('decides open and close by (timestamp, seq), not by arrival', () => {
    const trades: Trade[] = [
      [20, 5, 3, 1, Side.Buy],
      [10, 4, 2, 1, Side.Buy],
      [20, 6, 4, 1, Side.Buy],
      [10, 3, 1, 1, Side.Buy],
      [20, 2, 9, 1, Side.Buy],
    ]
    const values = candleValues(candleOf(trades), SCALE)
    expect([values.open, values.close]).toEqual([1, 4])
    expect(candleValues(candleOf([...trades].reverse()), SCALE)).toEqual(values)
  })

  it('folds parts into the same candle, ties on the timestamp included', () => {
    const trades: Trade[] = Array.from({ length: 40 }, (_, i) => [
      Math.floor(i / 4),
      i,
      100 + ((i * 7) % 13) / 10,
      (1 + ((i * 5) % 11)) / 1e8,
      (i % 3) as Side,
    ])
    const whole = candleOf(trades)
    const parts = new Float64Array(RECORD_WORDS)
    startRecord(parts, 0)
    mergeRecord(parts, candleOf(trades.slice(22)))
    mergeRecord(parts, candleOf(trades.slice(0, 10)))
    mergeRecord(parts, candleOf(trades.slice(10, 22)))
    expect(parts).toEqual(whole)
  })

  it('flags a candle with a value off the grid, and hands the flag up', () => {
    const record = candleOf([
      [1, 1, 1 / 3, 2, Side.Buy],
      [2, 2, 0.5, 2, Side.Buy],
    ])
    expect(record[FLAGS_WORD]).toBe(OFF_GRID_FLAG)
    expect(candleValues(record, SCALE).quoteVolume).toBe(2 * (1 / 3) + 1)
    const above = candleOf([[3, 3, 1, 1, Side.Sell]])
    mergeRecord(above, record)
    expect(above[FLAGS_WORD]).toBe(OFF_GRID_FLAG)
  })
})
