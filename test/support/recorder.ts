import type { Pair } from 'tickloom'
import { ReadingCounts } from '../../dist/src/model/reading-counts.js'

// A stand-in for a pair that keeps what trade(), noTrade(), refuse() and warn() were given.

/** timestamp, price, volume, side, id, receivedAt */
export type Call = [number, number, number, number, unknown, number?]

export interface Recorder {
  readonly pair: Pair
  readonly calls: Call[]
  readonly noTrades: unknown[][]
  readonly refused: unknown[][]
  readonly warned: string[][]
  readonly counts: ReadingCounts
}

/** `key` is a market, or exchange, market and symbol. */
export function recorder(options: object = {}, key: string | object = 'spot'): Recorder {
  const stored = { tradeIds: 'integer', volumeUnit: 'base', contractSize: 1, inverse: false }
  const [calls, noTrades, refused, warned]: [Call[], unknown[][], unknown[][], string[][]] = [
    [],
    [],
    [],
    [],
  ]
  const counts = new ReadingCounts()
  const pair = {
    name: 'pair',
    key: typeof key === 'string' ? { market: key } : key,
    options: { ...stored, ...options },
    readingCounts: counts,
    trade: (...call: Call) => calls.push(call),
    noTrade: (...call: unknown[]) => noTrades.push(call),
    refuse: (...call: unknown[]) => {
      refused.push(call)
      return call[0]
    },
    warn: (...call: string[]) => warned.push(call),
  }
  return { pair: pair as unknown as Pair, calls, noTrades, refused, warned, counts }
}
