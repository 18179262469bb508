import { beforeEach, describe, expect, it } from 'vitest'
import { type FlowOptions, FlowState } from '../../dist/src/flow/flow-state.js'
import { FLOW_HEAD_WORDS, flowWords, WINDOW_FLOW_WORDS } from '../../dist/src/model/flow-record.js'
import { DAY_US } from '../../dist/src/model/interval.js'
import { tradeWords } from '../../dist/src/model/placed-trade.js'
import { Side } from '../../dist/src/model/side.js'
import { NO_ID_HIGH } from '../../dist/src/model/trade-order.js'

const SCALE = 1e8
const DAY = 20_000 * DAY_US
const SECOND = 1_000_000
const options: FlowOptions = {
  scale: SCALE,
  anchor: 'utc-day',
  windowsUs: [60 * SECOND],
  latenessUs: SECOND / 2,
}

let flow: FlowState
let seq: number
function add(seconds: number, volume: number, side: Side, price = 100): void {
  seq += 1
  const timestamp = DAY + seconds * SECOND
  const trade = { timestamp, idHigh: NO_ID_HIGH, idLow: 0, seq, price, volume }
  flow.add(tradeWords(trade, SCALE), side)
}
function window() {
  const words = new Float64Array(flowWords(1))
  flow.write(words, 0)
  const [buy, sell, delta, imbalance, trades] = words.subarray(FLOW_HEAD_WORDS)
  return { buy, sell, delta, imbalance, trades }
}
function windowAt(seconds: number) {
  const words = new Float64Array(WINDOW_FLOW_WORDS)
  const complete = flow.windowAt(0, DAY + seconds * SECOND, words, 0)
  return { complete, buy: words[0], trades: words[4] }
}

beforeEach(() => {
  flow = new FlowState(options)
  seq = 0
})

describe('CVD', () => {
  it('sums signed volume exactly; unknown sides do not count', () => {
    add(1, 0.3, Side.Buy)
    add(2, 0.1, Side.Sell)
    add(3, 5, Side.Unknown)
    expect(flow.cvd()).toBe(0.2)
    expect(flow.anchorStart).toBe(DAY)
  })

  it('starts anew at midnight, and a late trade from before it does not count', () => {
    add(-10, 7, Side.Buy)
    add(1, 2, Side.Sell)
    add(-5, 3, Side.Buy)
    expect([flow.anchorStart, flow.cvd()]).toEqual([DAY, -2])
  })

  it('runs on over midnight without an anchor', () => {
    flow = new FlowState({ ...options, anchor: 'none' })
    add(-10, 7, Side.Buy)
    add(1, 2, Side.Sell)
    expect([flow.anchorStart, flow.cvd()]).toEqual([0, 5])
  })

  it('takes price and time from the newest trade by (timestamp, seq)', () => {
    add(5, 1, Side.Buy, 101)
    add(5, 1, Side.Buy, 102)
    add(4, 1, Side.Buy, 103)
    const words = new Float64Array(flowWords(1))
    flow.write(words, 0)
    expect([...words.subarray(0, FLOW_HEAD_WORDS)]).toEqual([3, DAY + 5 * SECOND, 102, 3, DAY])
  })
})

describe('windows', () => {
  it('hold the last 600 grains, the newest included', () => {
    add(0.05, 1, Side.Buy)
    add(0.1, 2, Side.Sell)
    add(59.95, 3, Side.Buy)
    const all = { buy: 4, sell: 2, delta: 2, imbalance: 1 / 3, trades: 3 }
    expect(window()).toEqual(all)
    add(60.05, 1, Side.Unknown)
    expect(window()).toEqual({ buy: 3, sell: 2, delta: 1, imbalance: 0.2, trades: 3 })
    add(60.1, 1, Side.Unknown)
    expect(window()).toMatchObject({ buy: 3, sell: 0, imbalance: 1, trades: 3 })
  })

  it('take late trades into their grain, and drop those older than the window', () => {
    add(100, 1, Side.Buy)
    add(50, 2, Side.Sell)
    add(40, 4, Side.Sell)
    add(99.99, 8, Side.Buy)
    expect(window()).toMatchObject({ buy: 9, sell: 2, trades: 3 })
    add(110, 1, Side.Buy)
    expect(window()).toMatchObject({ buy: 10, sell: 0, trades: 3 })
  })

  it('are empty after a jump, but for the trade that jumped', () => {
    add(0, 1, Side.Buy)
    add(3600, 2, Side.Sell)
    expect(window()).toEqual({ buy: 0, sell: 2, delta: -2, imbalance: -1, trades: 1 })
    add(3600 + 1e6, 2, Side.Unknown)
    expect(window()).toEqual({ buy: 0, sell: 0, delta: 0, imbalance: 0, trades: 1 })
  })

  it('end at a time asked for, while the lateness keeps it', () => {
    add(0, 1, Side.Buy)
    add(59.99, 2, Side.Buy)
    add(60, 4, Side.Buy)
    add(60.4, 8, Side.Buy)
    expect(windowAt(60)).toEqual({ complete: true, buy: 3, trades: 2 })
    expect(windowAt(61)).toEqual({ complete: true, buy: 14, trades: 3 })
    add(70, 1, Side.Buy)
    expect(windowAt(60)).toEqual({ complete: false, buy: 2, trades: 1 })
  })

  it('carry and borrow between limbs as volumes of 2^52 units come and go', () => {
    for (let i = 0; i < 8; i += 1) add(10 * i, 40_000_000.00000001 + i, i % 2 === 0 ? 1 : 2)
    expect(window()).toMatchObject({ buy: 120_000_012.00000003, sell: 120_000_015.00000003 })
    add(100, 0.00000001, Side.Buy)
    expect(window()).toMatchObject({ buy: 40_000_006.00000002, sell: Number('80000012.00000002') })
    add(129.99, 0.00000001, Side.Sell)
    expect(window()).toMatchObject({ buy: 0.00000001, sell: 40_000_007.00000002, trades: 3 })
  })

  it('do not drift with volumes off the grid', () => {
    for (let i = 0; i < 5000; i += 1) add(i / 10, 1 / (3 + (i % 7)), i % 2 === 0 ? 1 : 2)
    add(1000, 0.5, Side.Buy)
    expect(window()).toEqual({ buy: 0.5, sell: 0, delta: 0.5, imbalance: 1, trades: 1 })
    add(1001, 1 / 3, Side.Sell)
    add(1060, 1 / 7, Side.Sell)
    expect(window()).toMatchObject({ buy: 0, sell: 1 / 3 + 1 / 7, trades: 2 })
  })
})

describe('save and restore', () => {
  it('keeps only grains with trades, and goes on alike', () => {
    add(0, 1, Side.Buy)
    add(30, 1 / 3, Side.Sell)
    add(31, 1e9, Side.Sell)
    add(45, 0.1, Side.Buy)
    const state = structuredClone(flow.save())
    expect(state.windows[0].narrow.length + state.windows[0].wide.length).toBeLessThan(40)
    const restored = FlowState.restore(state, options)
    const finish = (one: FlowState) => {
      const place = { timestamp: DAY + 61 * SECOND, idHigh: NO_ID_HIGH, idLow: 0, seq: 9 }
      one.add(tradeWords({ ...place, price: 1, volume: 0.7 }, SCALE), Side.Buy)
      const words = new Float64Array(flowWords(1))
      one.write(words, 0)
      return [...words]
    }
    expect(finish(restored)).toEqual(finish(flow))
  })

  it('refuses another anchor', () => {
    expect(() => FlowState.restore(flow.save(), { ...options, anchor: 'none' })).toThrow(/anchor/)
  })
})
