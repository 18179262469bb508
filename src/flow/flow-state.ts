import { EngineError } from '../errors.js'
import {
  addTradeVolume,
  differenceValue,
  mergeSum,
  SUM_WORDS,
  sumValue,
} from '../model/exact-sum.js'
import {
  FLOW_ANCHOR_WORD,
  FLOW_CVD_WORD,
  FLOW_HEAD_WORDS,
  FLOW_PRICE_WORD,
  FLOW_SEQ_WORD,
  FLOW_TIMESTAMP_WORD,
  WINDOW_BUY_WORD,
  WINDOW_DELTA_WORD,
  WINDOW_FLOW_WORDS,
  WINDOW_IMBALANCE_WORD,
  WINDOW_SELL_WORD,
  WINDOW_TRADES_WORD,
} from '../model/flow-record.js'
import { DAY_US } from '../model/interval.js'
import { Side } from '../model/side.js'
import { setSums } from '../model/stored-sums.js'
import { NO_ID_HIGH } from '../model/trade-order.js'
import {
  TRADE_ID_HIGH,
  TRADE_ID_LOW,
  TRADE_PRICE,
  TRADE_SEQ,
  TRADE_TS,
  TRADE_VOLUME_UNITS,
  TRADE_WORDS,
} from '../model/trade-words.js'
import { SELL_SUM, TOTAL_TRADES, WINDOW_SUM_WORDS } from './grain.js'
import { FlowWindow, type FlowWindowState } from './window-flow.js'

// The order flow of one pair: CVD from an anchor, and sliding windows. No clock: time is the newest
// trade's. What it says depends on the trades added, not on their order.

/** Where CVD starts: at the UTC midnight before the newest trade, or with the first trade. */
export type FlowAnchor = 'utc-day' | 'none'

export interface FlowOptions {
  /** 10^decimals of the pair's volume grid, at most 10^8. */
  readonly scale: number
  readonly anchor: FlowAnchor
  /** Lengths of the windows, µs. */
  readonly windowsUs: readonly number[]
  /** How far behind the newest trade (µs) a window asked of windowAt() may end. */
  readonly latenessUs: number
}

/** What a restart needs; only grains that have trades. */
export interface FlowStateRecord {
  scale: number
  anchor: FlowAnchor
  anchorStart: number
  seq: number
  newestSeq: number
  /** Halves of the newest trade's id; not in files of older builds, which went by arrival. */
  newestIdHigh?: number
  newestIdLow?: number
  timestamp: number
  price: number
  /** The exact sums of volume bought and sold since the anchor. */
  sums: Float64Array
  windows: FlowWindowState[]
}

const TOTAL_SUM = WINDOW_SUM_WORDS
const HIGHEST_SEQ = TRADE_VOLUME_UNITS

/** Taker flow of one pair. Volumes in the pair's units, times in µs. */
export class FlowState {
  /** Start of the CVD, µs: a UTC midnight, -1 before the first trade; 0 for anchor 'none'. */
  anchorStart: number
  // The newest trade in the order of trade-order.ts, as its words, so that a trade touches one line
  // of memory; in place of its units the highest sequence added.
  private readonly newest = new Float64Array(TRADE_WORDS)
  private anchorEnd: number
  private readonly scale: number
  private readonly anchor: FlowAnchor
  private readonly sums = new Float64Array(2 * SUM_WORDS)
  private readonly windows: FlowWindow[]
  private readonly scratch = new Float64Array(WINDOW_SUM_WORDS + SUM_WORDS)

  constructor(options: FlowOptions) {
    const { scale, latenessUs } = options
    this.scale = scale
    this.anchor = options.anchor
    this.anchorStart = options.anchor === 'none' ? 0 : -1
    this.anchorEnd = options.anchor === 'none' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    this.windows = options.windowsUs.map((us) => new FlowWindow(us, latenessUs, scale))
    this.newest[TRADE_TS] = -1
    this.newest[TRADE_PRICE] = Number.NaN
    this.newest[TRADE_SEQ] = -1
    this.newest[TRADE_ID_HIGH] = NO_ID_HIGH
    this.newest[HIGHEST_SEQ] = -1
  }

  /** Highest sequence added; -1 before the first trade. */
  get seq(): number {
    return this.newest[HIGHEST_SEQ]
  }
  set seq(seq: number) {
    this.newest[HIGHEST_SEQ] = seq
  }
  /** Exchange time (µs) of the newest trade in the order of trade-order.ts. */
  get timestamp(): number {
    return this.newest[TRADE_TS]
  }
  /** Its price. */
  get price(): number {
    return this.newest[TRADE_PRICE]
  }

  /** Folds one trade, in words as trade-words.ts has them. */
  add(trade: Float64Array, side: Side): void {
    const timestamp = trade[TRADE_TS]
    const seq = trade[TRADE_SEQ]
    const { newest } = this
    if (timestamp > newest[TRADE_TS] || (timestamp === newest[TRADE_TS] && this.isNewest(trade))) {
      newest[TRADE_TS] = timestamp
      newest[TRADE_PRICE] = trade[TRADE_PRICE]
      newest[TRADE_ID_HIGH] = trade[TRADE_ID_HIGH]
      newest[TRADE_ID_LOW] = trade[TRADE_ID_LOW]
      newest[TRADE_SEQ] = seq
      if (timestamp >= this.anchorEnd) this.moveAnchor(timestamp)
    }
    if (seq > newest[HIGHEST_SEQ]) newest[HIGHEST_SEQ] = seq
    if (timestamp >= this.anchorStart && side !== Side.Unknown) {
      const at = side === Side.Buy ? 0 : SELL_SUM
      addTradeVolume(this.sums, at, trade, this.scale)
    }
    const { windows } = this
    for (let i = 0; i < windows.length; i += 1) windows[i].add(trade, side)
  }

  /** Signed taker volume of the trades since the anchor. */
  cvd(): number {
    return differenceValue(this.sums, 0, SELL_SUM, this.scale)
  }

  /** Writes the flow in the layout of flow-record.ts. Only after the first trade. */
  write(into: Float64Array, at: number): void {
    into[at + FLOW_SEQ_WORD] = this.seq
    into[at + FLOW_TIMESTAMP_WORD] = this.timestamp
    into[at + FLOW_PRICE_WORD] = this.price
    into[at + FLOW_CVD_WORD] = this.cvd()
    into[at + FLOW_ANCHOR_WORD] = this.anchorStart
    let to = at + FLOW_HEAD_WORDS
    for (let i = 0; i < this.windows.length; i += 1) {
      this.windows[i].current(this.scratch)
      this.writeWindow(into, to)
      to += WINDOW_FLOW_WORDS
    }
  }

  /**
   * Writes the five figures of window `index` as it ended at `endTs` (µs): trades before it, at the
   * grain's resolution. Ask before adding a trade that is more than the lateness ahead of `endTs`:
   * false when a part of the window is no longer known.
   */
  windowAt(index: number, endTs: number, into: Float64Array, at: number): boolean {
    const complete = this.windows[index].at(endTs, this.scratch)
    this.writeWindow(into, at)
    return complete
  }

  save(): FlowStateRecord {
    return {
      scale: this.scale,
      anchor: this.anchor,
      anchorStart: this.anchorStart,
      seq: this.seq,
      newestSeq: this.newest[TRADE_SEQ],
      newestIdHigh: this.newest[TRADE_ID_HIGH],
      newestIdLow: this.newest[TRADE_ID_LOW],
      timestamp: this.timestamp,
      price: this.price,
      sums: this.sums.slice(),
      windows: this.windows.map((window) => window.save()),
    }
  }

  /** The flow as saved; a window not saved starts empty. Another scale or anchor: BAD_OPTION. */
  static restore(state: FlowStateRecord, options: FlowOptions): FlowState {
    if (state.scale !== options.scale || state.anchor !== options.anchor) {
      const stored = `storedScale=${state.scale} storedAnchor=${state.anchor}`
      const facts = `${stored} scale=${options.scale} anchor=${options.anchor}`
      throw new EngineError('BAD_OPTION', `scale or anchor differs from the stored flow: ${facts}`)
    }
    const flow = new FlowState(options)
    flow.anchorStart = state.anchorStart
    if (state.anchor === 'utc-day' && state.anchorStart >= 0) {
      flow.anchorEnd = state.anchorStart + DAY_US
    }
    flow.seq = state.seq
    flow.newest[TRADE_SEQ] = state.newestSeq
    flow.newest[TRADE_ID_HIGH] = state.newestIdHigh ?? NO_ID_HIGH
    flow.newest[TRADE_ID_LOW] = state.newestIdLow ?? 0
    flow.newest[TRADE_TS] = state.timestamp
    flow.newest[TRADE_PRICE] = state.price
    setSums(flow.sums, state.sums)
    for (const window of flow.windows) {
      const saved = state.windows.find((one) => one.windowUs === window.windowUs)
      if (saved !== undefined) window.load(saved)
    }
    return flow
  }

  // Of trades of the newest time.
  private isNewest(trade: Float64Array): boolean {
    const { newest } = this
    const high = trade[TRADE_ID_HIGH] - newest[TRADE_ID_HIGH]
    const low = trade[TRADE_ID_LOW] - newest[TRADE_ID_LOW]
    return (high || low || trade[TRADE_SEQ] - newest[TRADE_SEQ]) > 0
  }

  private moveAnchor(timestamp: number): void {
    this.anchorStart = timestamp - (timestamp % DAY_US)
    this.anchorEnd = this.anchorStart + DAY_US
    this.sums.fill(0)
  }

  // From the sums in `scratch`.
  private writeWindow(into: Float64Array, at: number): void {
    const { scratch, scale } = this
    scratch.fill(0, TOTAL_SUM, TOTAL_SUM + SUM_WORDS)
    mergeSum(scratch, TOTAL_SUM, scratch, 0)
    mergeSum(scratch, TOTAL_SUM, scratch, SELL_SUM)
    const delta = differenceValue(scratch, 0, SELL_SUM, scale)
    const total = sumValue(scratch, TOTAL_SUM, scale)
    into[at + WINDOW_BUY_WORD] = sumValue(scratch, 0, scale)
    into[at + WINDOW_SELL_WORD] = sumValue(scratch, SELL_SUM, scale)
    into[at + WINDOW_DELTA_WORD] = delta
    into[at + WINDOW_IMBALANCE_WORD] = total === 0 ? 0 : delta / total
    into[at + WINDOW_TRADES_WORD] = scratch[TOTAL_TRADES]
  }
}
