import { beforeEach, describe, expect, it } from 'vitest'
import { DAY_US, HOUR_US, MINUTE_US } from '../../dist/src/model/interval.js'
import { tradeWords } from '../../dist/src/model/placed-trade.js'
import { Side } from '../../dist/src/model/side.js'
import { NO_ID_HIGH } from '../../dist/src/model/trade-order.js'
import {
  candleValues,
  FLAGS_WORD,
  REVISION_WORD,
  START_WORD,
  TRADES_WORD,
} from '../../dist/src/rollup/candle-record.js'
import { Rollup } from '../../dist/src/rollup/rollup.js'

const SCALE = 1e8
const DAY = 20_000 * DAY_US
const NAMES = ['1m', '5m', '15m', '1h', '1d']

let posts: string[]
let rollup: Rollup
const sink = {
  candle(level: number, record: Float64Array) {
    const { open, close, trades } = candleValues(record, SCALE)
    const minute = (record[START_WORD] - DAY) / MINUTE_US
    posts.push(`${NAMES[level]}@${minute} r${record[REVISION_WORD]} ${open}>${close} x${trades}`)
  },
}
const options = { scale: SCALE, sink, maxHourPages: 1, maxDayPages: 1 }

let seq = 0
function add(minutes: number, price: number, volume = 1): void {
  const timestamp = DAY + minutes * MINUTE_US
  seq += 1
  const trade = { timestamp, idHigh: NO_ID_HIGH, idLow: 0, seq, price, volume }
  rollup.add(tradeWords(trade, SCALE), Side.Buy)
}
const advance = (minutes: number) => rollup.advance(DAY + minutes * MINUTE_US)

beforeEach(() => {
  posts = []
  rollup = new Rollup(options)
})

describe('closing', () => {
  it('posts nothing before the watermark reaches the end of the bucket', () => {
    add(0, 10)
    expect(rollup.nextCloseEnd).toBe(DAY + MINUTE_US)
    advance(0.999)
    expect(posts).toEqual([])
    advance(1)
    expect(posts).toEqual(['1m@0 r0 10>10 x1'])
    expect(rollup.nextCloseEnd).toBe(DAY + 5 * MINUTE_US)
  })

  it('closes by end, then by level, and skips empty minutes, years of them', () => {
    add(0, 10)
    add(3, 11)
    add(7, 12)
    advance(365 * 1440)
    expect(posts).toEqual([
      '1m@0 r0 10>10 x1',
      '1m@3 r0 11>11 x1',
      '5m@0 r0 10>11 x2',
      '1m@7 r0 12>12 x1',
      '5m@5 r0 12>12 x1',
      '15m@0 r0 10>12 x3',
      '1h@0 r0 10>12 x3',
      '1d@0 r0 10>12 x3',
    ])
    expect(rollup.nextCloseEnd).toBe(Number.POSITIVE_INFINITY)
  })

  it('never moves the watermark back', () => {
    add(0, 10)
    advance(2)
    advance(1)
    expect(rollup.watermark).toBe(DAY + 2 * MINUTE_US)
  })

  it('folds a tick behind the newest into its own minute while that is open', () => {
    add(1.5, 20)
    add(0.5, 10)
    add(1.2, 15)
    advance(5)
    expect(posts).toEqual(['1m@0 r0 10>10 x1', '1m@1 r0 15>20 x2', '5m@0 r0 10>20 x3'])
  })
})

describe('late ticks', () => {
  it('revise every closed level, lowest first', () => {
    add(0, 10)
    add(1500, 20)
    advance(1501)
    posts = []
    add(0.5, 11)
    rollup.settleRevisions()
    expect(posts).toEqual([
      '1m@0 r1 10>11 x2',
      '5m@0 r1 10>11 x2',
      '15m@0 r1 10>11 x2',
      '1h@0 r1 10>11 x2',
      '1d@0 r1 10>11 x2',
    ])
    rollup.settleRevisions()
    expect(posts).toHaveLength(5)
  })

  it('of one minute in a row are one revision, until a tick elsewhere', () => {
    add(0, 10)
    advance(4)
    posts = []
    add(0.1, 11)
    add(0.2, 12)
    expect(rollup.revisionPending).toBe(true)
    expect(posts).toEqual([])
    add(4.5, 13)
    expect(posts).toEqual(['1m@0 r1 10>12 x3'])
    add(0.3, 14)
    advance(4)
    expect(posts[1]).toBe('1m@0 r2 10>14 x4')
  })

  it('make the candle of a minute that was empty, and reopen nothing above', () => {
    add(0, 10)
    advance(6)
    posts = []
    add(3, 11)
    advance(15)
    expect(posts).toEqual(['1m@3 r0 11>11 x1', '5m@0 r1 10>11 x2', '15m@0 r0 10>11 x2'])
  })

  it('make candles at every level of an hour that was empty', () => {
    add(0, 10)
    advance(200)
    posts = []
    add(61, 11)
    rollup.settleRevisions()
    expect(posts).toEqual([
      '1m@61 r0 11>11 x1',
      '5m@60 r0 11>11 x1',
      '15m@60 r0 11>11 x1',
      '1h@60 r0 11>11 x1',
    ])
  })
})

describe('open candles', () => {
  const openNow = (level: number) => {
    const record = rollup.openCandle(level)
    return record === undefined ? undefined : candleValues(record, SCALE)
  }

  it('fold what is closed and what is open, late ticks included', () => {
    expect(openNow(0)).toBeUndefined()
    add(0, 10)
    add(7, 12)
    advance(7.2)
    add(7.5, 13)
    expect([0, 1, 2, 3, 4].map((level) => openNow(level)?.trades)).toEqual([2, 2, 3, 3, 3])
    expect(rollup.openCandles(0)).toHaveLength(1)
    add(16, 14)
    const trades = (level: number) => rollup.openCandles(level).map((r) => r[TRADES_WORD])
    expect([0, 1, 2, 3].map(trades)).toEqual([[2, 1], [2, 1], [3, 1], [4]])
    add(0.5, 30)
    expect(openNow(4)).toMatchObject({ open: 10, high: 30, close: 14, trades: 5 })
    expect(openNow(1)).toMatchObject({ open: 14, trades: 1 })
    expect(posts.filter((post) => post.includes('r1'))).toEqual([])
    advance(8)
    expect(openNow(0)).toMatchObject({ open: 14 })
    expect(trades(2)).toEqual([4, 1])
  })
})

describe('pages and the store', () => {
  const dirty = () => {
    const found: string[] = []
    rollup.forEachDirty((level, record, replaces) => {
      const minute = (record[START_WORD] - DAY) / MINUTE_US
      found.push(`${NAMES[level]}@${minute}${replaces ? ' again' : ''}`)
    })
    rollup.clearDirty()
    return found
  }

  it('gives each changed candle once, and says whether the store has it', () => {
    add(0, 10)
    advance(5)
    add(0.5, 11)
    rollup.settleRevisions()
    expect(rollup.dirtyCandles).toBe(2)
    expect(dirty()).toEqual(['1m@0', '5m@0'])
    expect(dirty()).toEqual([])
    add(0.6, 11)
    // The store's candles agree over all levels, posted or not.
    expect(dirty()).toEqual(['1m@0 again', '5m@0 again'])
    rollup.settleRevisions()
    expect(dirty()).toEqual(['1m@0 again', '5m@0 again'])
  })

  it('asks for nothing on a fresh pair, and for an evicted hour once it is stored', () => {
    expect(rollup.needs(DAY)).toBe(-1)
    add(0, 10)
    advance(61)
    add(62, 20)
    advance(125)
    add(126, 30)
    expect(rollup.needs(DAY)).toBe(-1)
    const stored: Float64Array[][] = [[], [], [], [], []]
    rollup.forEachDirty((level, record) => stored[level].push(record.slice()))
    rollup.clearDirty()
    expect(rollup.needs(DAY + 130 * MINUTE_US)).toBe(-1)
    expect(rollup.needs(DAY)).toBe(DAY)
    const ofHour = (record: Float64Array) => record[START_WORD] < DAY + HOUR_US
    rollup.loadHour(DAY, [...stored.slice(0, 3).map((rows) => rows.filter(ofHour)), [], []])
    expect(rollup.needs(DAY)).toBe(-1)
    posts = []
    add(0.5, 15)
    rollup.settleRevisions()
    expect(posts[0]).toBe('1m@0 r1 10>15 x2')
    expect(dirty()).toEqual(['1m@0 again', '5m@0 again', '15m@0 again', '1h@0 again'])
  })

  it('takes up after a restart where it was, a pending revision included', () => {
    add(0, 10)
    add(61, 20)
    advance(66.5)
    add(66.8, 21)
    add(61.5, 22)
    const stored: Float64Array[][] = [[], [], [], [], []]
    rollup.forEachDirty((level, record) => stored[level].push(record.slice()))
    rollup.clearDirty()
    const state = structuredClone(rollup.save())
    rollup = Rollup.restore(state, options)
    expect(rollup.pagesToLoad()).toEqual([DAY + HOUR_US])
    expect(rollup.needs(DAY + 66 * MINUTE_US)).toBe(DAY + HOUR_US)
    const ofHour = (record: Float64Array) => record[START_WORD] >= DAY + HOUR_US
    const hour = stored.slice(0, 3).map((rows) => rows.filter(ofHour))
    rollup.loadHour(DAY + HOUR_US, [...hour, stored[3], stored[4]])
    expect(rollup.pagesToLoad()).toEqual([])
    posts = []
    add(61.7, 23)
    advance(120)
    expect(posts).toEqual([
      '1m@61 r1 20>23 x3',
      '5m@60 r1 20>23 x3',
      '1m@66 r0 21>21 x1',
      '5m@65 r0 21>21 x1',
      '15m@60 r0 20>21 x4',
      '1h@60 r0 20>21 x4',
    ])
    expect(rollup.openCandle(4)?.[FLAGS_WORD]).toBe(0)
    expect(rollup.needs(DAY)).toBe(DAY)
  })

  it('closes the day of a market that was quiet over a restart', () => {
    add(0, 10)
    advance(200)
    const stored: Float64Array[][] = [[], [], [], [], []]
    rollup.forEachDirty((level, record) => stored[level].push(record.slice()))
    rollup.clearDirty()
    rollup = Rollup.restore(structuredClone(rollup.save()), options)
    expect(rollup.pagesToLoad()).toEqual([DAY])
    rollup.loadHour(DAY, stored)
    posts = []
    advance(1440)
    expect(posts).toEqual(['1d@0 r0 10>10 x1'])
  })

  it('refuses a state of another scale', () => {
    const state = rollup.save()
    expect(() => Rollup.restore(state, { ...options, scale: 1e6 })).toThrow(/scale differs/)
  })
})
