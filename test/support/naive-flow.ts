import { inOrder, type NaiveTick, nearest, rational } from './naive-rollup.js'

// The naive model of flow: filter and sum. Shares no code with src/.

const DAY_US = 86_400_000_000
const MINUTE_US = 60_000_000

export interface NaiveWindow {
  buyVolume: number
  sellVolume: number
  delta: number
  imbalance: number
  trades: number
}

function volumeOf(ticks: NaiveTick[], side: number): bigint {
  return ticks
    .filter((tick) => tick.side === side)
    .reduce((sum, tick) => sum + rational(tick.volume), 0n)
}

function figures(ticks: NaiveTick[]): NaiveWindow {
  const buy = volumeOf(ticks, 1)
  const sell = volumeOf(ticks, 2)
  const delta = nearest(buy - sell)
  return {
    buyVolume: nearest(buy),
    sellVolume: nearest(sell),
    delta,
    imbalance: buy + sell === 0n ? 0 : delta / nearest(buy + sell),
    trades: ticks.length,
  }
}

/** CVD at the newest tick, and where it starts. */
export function naiveCvd(ticks: NaiveTick[], anchor: 'utc-day' | 'none') {
  const newest = inOrder(ticks)[ticks.length - 1]
  const start = anchor === 'none' ? 0 : Math.floor(newest.timestamp / DAY_US) * DAY_US
  const counted = ticks.filter((tick) => tick.timestamp >= start)
  return { start, newest, cvd: nearest(volumeOf(counted, 1) - volumeOf(counted, 2)) }
}

/** The window at the newest tick: the last 600 grains, its own included. */
export function naiveWindow(ticks: NaiveTick[], windowUs: number): NaiveWindow {
  const grain = windowUs / 600
  const head = Math.max(...ticks.map((tick) => Math.floor(tick.timestamp / grain)))
  return figures(ticks.filter((tick) => Math.floor(tick.timestamp / grain) > head - 600))
}

/** The window that ends before `endTs`. */
export function naiveWindowAt(ticks: NaiveTick[], windowUs: number, endTs: number): NaiveWindow {
  const grain = windowUs / 600
  const end = Math.floor(endTs / grain)
  const index = (tick: NaiveTick) => Math.floor(tick.timestamp / grain)
  return figures(ticks.filter((tick) => index(tick) < end && index(tick) >= end - 600))
}

/**
 * Rows of order_flow: the windows as they stood when each minute with ticks first closed, ticks in
 * order of receipt. A minute that a late tick makes has none.
 */
export function naiveFlowRows(
  ticks: readonly NaiveTick[],
  latenessUs: number,
  windows: readonly (readonly [string, number])[],
) {
  const rows: (NaiveWindow & { timestamp: number; window: string })[] = []
  let passed = Number.NEGATIVE_INFINITY
  for (const [n, tick] of ticks.entries()) {
    const watermark = tick.timestamp - latenessUs
    if (watermark <= passed) continue
    const soFar = ticks.slice(0, n)
    const minutes = new Set(soFar.map((one) => Math.floor(one.timestamp / MINUTE_US) * MINUTE_US))
    for (const minute of [...minutes].sort((a, b) => a - b)) {
      const end = minute + MINUTE_US
      if (end <= passed || end > watermark) continue
      for (const [window, lengthUs] of windows) {
        rows.push({ timestamp: minute, window, ...naiveWindowAt(soFar, lengthUs, end) })
      }
    }
    passed = watermark
  }
  return rows
}
