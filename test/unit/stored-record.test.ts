import { describe, expect, it } from 'vitest'
import { MINUTE_US } from '../../dist/src/model/interval.js'
import { NO_ID_HIGH } from '../../dist/src/model/trade-order.js'
import {
  candleValues,
  FIRST_ID_WORD,
  LAST_ID_WORD,
  mergeRecord,
  mergeTick,
  RECORD_WORDS,
  startRecord,
} from '../../dist/src/rollup/candle-record.js'
import { Rollup } from '../../dist/src/rollup/rollup.js'
import { splitRecords, withIds } from '../../dist/src/rollup/stored-record.js'

// Records of the builds that knew no ids have 28 words, and went by arrival.

const OLD_WORDS = 28
const SCALE = 1e8
const START = 20_000 * 1440 * MINUTE_US

function recordOf(
  start: number,
  ticks: readonly (readonly [us: number, id: number, price: number])[],
) {
  const record = new Float64Array(RECORD_WORDS)
  startRecord(record, start)
  for (const [seq, [us, id, price]] of ticks.entries()) {
    const high = id < 0 ? NO_ID_HIGH : 0
    mergeTick(
      record,
      start + us,
      high,
      Math.max(0, id),
      seq,
      price,
      1,
      1,
      price * SCALE,
      SCALE,
      SCALE,
    )
  }
  return record
}
const priceOf = (record: Float64Array) => {
  const { open, close } = candleValues(record, SCALE)
  return [open, close]
}

describe('a record without ids', () => {
  it('has its words, and ticks without an id', () => {
    const whole = recordOf(START, [
      [0, 7, 10],
      [5, 9, 11],
    ])
    const old = whole.slice(0, OLD_WORDS)
    const widened = withIds(old)
    expect(widened.subarray(0, OLD_WORDS)).toEqual(old)
    expect([...widened.subarray(FIRST_ID_WORD)]).toEqual([NO_ID_HIGH, 0, NO_ID_HIGH, 0])
    expect(LAST_ID_WORD + 2).toBe(RECORD_WORDS)
    // One that has ids is itself.
    expect(withIds(whole)).toBe(whole)
  })

  it('goes on by arrival where its pair does, and behind ids where its pair goes by them', () => {
    const old = withIds(recordOf(START, [[5, -1, 11]]).slice(0, OLD_WORDS))
    const byArrival = recordOf(START, [[5, -1, 12]])
    byArrival[8] = byArrival[6] = 99
    const together = old.slice()
    mergeRecord(together, byArrival)
    expect(priceOf(together)).toEqual([11, 12])
    const byId = old.slice()
    mergeRecord(byId, recordOf(START, [[5, 3, 12]]))
    expect(priceOf(byId)).toEqual([12, 11])
  })

  it('is taken up from a state that holds several', () => {
    const records = [0, 1].map((n) => recordOf(START + n * MINUTE_US, [[n, 4 + n, 20 + n]]))
    const old = new Float64Array([
      ...records[0].slice(0, OLD_WORDS),
      ...records[1].slice(0, OLD_WORDS),
    ])
    expect(splitRecords(old, 2)).toEqual(records.map((r) => withIds(r.slice(0, OLD_WORDS))))
    expect(splitRecords(new Float64Array([...records[0], ...records[1]]), 2)).toEqual(records)
    expect(splitRecords(new Float64Array(0), 0)).toEqual([])

    const sink = { candle: () => undefined }
    const options = { scale: SCALE, sink, maxHourPages: 9, maxDayPages: 9 }
    const rollup = new Rollup(options)
    for (const n of [0, 1]) {
      const at = START + n * MINUTE_US
      rollup.add(at, NO_ID_HIGH, 0, n, 20 + n, 1, 1, (20 + n) * SCALE, SCALE)
    }
    const state = rollup.save()
    const taken = Rollup.restore({ ...state, records: shortened(state.records) }, options)
    for (const hour of taken.pagesToLoad()) taken.loadHour(hour, [])
    for (const level of [0, 1, 4]) {
      expect(taken.openCandles(level)).toEqual(rollup.openCandles(level))
    }
  })
})

function shortened(records: Float64Array): Float64Array {
  const count = records.length / RECORD_WORDS
  const parts = Array.from({ length: count }, (_, i) =>
    [...records].slice(i * RECORD_WORDS, i * RECORD_WORDS + OLD_WORDS),
  )
  return Float64Array.from(parts.flat())
}
