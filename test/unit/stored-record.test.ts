import { describe, expect, it } from 'vitest'
import { SUM_WORDS } from '../../dist/src/model/exact-sum.js'
import { tradeWords } from '../../dist/src/model/placed-trade.js'
import { setSums } from '../../dist/src/model/stored-sums.js'
import { NO_ID_HIGH } from '../../dist/src/model/trade-order.js'
import {
  candleValues,
  FIRST_SEQ_WORD,
  LAST_SEQ_WORD,
  mergeRecord,
  mergeTick,
  RECORD_WORDS,
  startRecord,
} from '../../dist/src/rollup/candle-record.js'
import {
  isRecordLength,
  packRecord,
  packRecords,
  unpackRecord,
  unpackRecords,
} from '../../dist/src/rollup/stored-record.js'

const SCALE = 1e8
type Trade = readonly [price: number, volume: number, side: 0 | 1 | 2, id?: number]

// Words that a build wrote whose sums were two limbs and a double-double, and what it said of them.
const OLD = [
  {
    what: 'on the grid',
    record: [
      ...[60000000, 100.1, 100.3, 100.1, 100.2, 60000000, 1, 60000002, 3, 3, 10000000, 0, 0, 0],
      ...[20000000, 0, 0, 0, 30000000, 0, 0, 0, 2321249559724032, 133, 0, 0, 0, 2],
    ],
    values: { volume: 0.6, buyVolume: 0.1, sellVolume: 0.2, quoteVolume: 60.13, delta: -0.1 },
  },
  {
    what: 'off the grid',
    record: [
      ...[60000000, 0.3333333333333333, 12345678.9, 1.23e-9, 12345678.9, 60000000, 1, 60000003, 4],
      ...[4, 869343955259008, 2, 0.14285714285714285, 0, 500000000000000, 0, 0, 0, 200000000, 0, 0],
      ...[0, 523467963514880, 2707448290287470, 0.05376904761904761, 2.084855636822491e-18, 1, 2],
    ],
    values: {
      volume: 103765434.24285714,
      buyVolume: 98765432.24285714,
      sellVolume: 5000000,
      quoteVolume: 1219326311126353.8,
      delta: 93765432.24285714,
    },
  },
  {
    what: 'beyond two limbs of 52 bits',
    record: [
      ...[60000000, 100000, 100000, 0.01, 0.01, 60000000, 1, 60000002, 3, 3, 803530894999552, 888],
      ...[
        0, 0, 920808197849089, 22, 0, 0, 0, 0, 0, 0, 28450317353536, 9103827691703260, 0, 0, 1, 2,
      ],
    ],
    values: {
      volume: 41000000000,
      buyVolume: 40000000000,
      sellVolume: 1000000000,
      quoteVolume: 4099999500000000.5,
      delta: 39000000000,
    },
  },
]

function recordOf(trades: readonly Trade[]): Float64Array {
  const record = new Float64Array(RECORD_WORDS)
  startRecord(record, 60e6)
  for (const [i, [price, volume, side, id]] of trades.entries()) {
    const [idHigh, idLow] =
      id === undefined ? [NO_ID_HIGH, 0] : [Math.floor(id / 2 ** 32), id >>> 0]
    const trade = { timestamp: 60e6 + i, idHigh, idLow, seq: i + 1, price, volume }
    mergeTick(record, tradeWords(trade, SCALE), side, SCALE)
  }
  return record
}

const priceOf = (record: Float64Array) => {
  const { open, close } = candleValues(record, SCALE)
  return [open, close]
}

describe('stored records', () => {
  it.each(OLD)('of builds before keep their values: $what', ({ record, values }) => {
    const words = Float64Array.from(record)
    expect(isRecordLength(words.length)).toBe(true)
    expect(candleValues(unpackRecord(words, SCALE), SCALE)).toMatchObject(values)
  })

  it('are the same words as before where all is on the grid', () => {
    const [{ record }] = OLD
    expect([...packRecord(unpackRecord(Float64Array.from(record), SCALE))]).toEqual(record)
  })

  const kinds: [string, Trade[]][] = [
    ['on the grid', [[100.1, 0.1, 1]]],
    [
      'off the grid',
      [
        [1 / 3, 1 / 7, 1],
        [1.23e-9, 1e-18, 2],
        [5e5, 3e24, 0],
      ],
    ],
    [
      'of large quotes',
      [
        [1e9, 1e15, 1],
        [1e9, 1e15, 2],
      ],
    ],
    [
      'with ids',
      [
        [100.1, 0.1, 1, 7],
        [100.2, 0.1, 1, 2 ** 53 - 1],
      ],
    ],
    [
      'with an id, at prices below 0',
      [
        [-1 / 3, 1 / 7, 1],
        [-1e9, 1e15, 2, 9],
      ],
    ],
  ]

  it.each(kinds)('come back word by word: %s', (_, trades) => {
    const record = recordOf(trades)
    const stored = packRecord(record)
    expect(isRecordLength(stored.length)).toBe(true)
    expect(unpackRecord(stored, SCALE)).toEqual(record)
    expect(unpackRecord(record, SCALE)).toBe(record)
  })

  it('come back one after another, short and long ones together', () => {
    const records = kinds.map(([, trades]) => recordOf(trades))
    expect(unpackRecords(packRecords(records), records.length, SCALE)).toEqual(records)
    expect(unpackRecords(packRecords([]), 0, SCALE)).toEqual([])
  })

  it('take up no more words than there is to say', () => {
    const words = kinds.map(([, trades]) => packRecord(recordOf(trades)).length)
    expect(words).toEqual([28, 45, 45, 32, 49])
    expect([27, 29, 33, 44, 46, 48, RECORD_WORDS].map(isRecordLength)).not.toContain(true)
  })

  it('without ids go on by arrival, and behind ids where their pair goes by those', () => {
    // One tick, at the start of its minute.
    const first = packRecord(recordOf([[11, 1, 1]]))
    expect(first.length).toBe(28)
    const old = unpackRecord(first, SCALE)
    const later = recordOf([[12, 1, 1]])
    later[FIRST_SEQ_WORD] = later[LAST_SEQ_WORD] = 99
    const byArrival = old.slice()
    mergeRecord(byArrival, later)
    expect(priceOf(byArrival)).toEqual([11, 12])
    const byId = old.slice()
    mergeRecord(byId, recordOf([[12, 1, 1, 3]]))
    expect(priceOf(byId)).toEqual([12, 11])
  })
})

it('sums of states of builds before are taken up', () => {
  const sums = new Float64Array(2 * SUM_WORDS)
  setSums(sums, Float64Array.of(5, 1, 1 / 3, 1e-17, 7, 2 ** 52 + 3, 0, 0))
  expect([...sums.subarray(0, SUM_WORDS)]).toEqual([5, 1, 0, 1 / 3, 1e-17, 0, 0, 0])
  expect([...sums.subarray(SUM_WORDS)]).toEqual([7, 3, 1, 0, 0, 0, 0, 0])
  const again = new Float64Array(2 * SUM_WORDS)
  setSums(again, sums)
  expect(again).toEqual(sums)
})
