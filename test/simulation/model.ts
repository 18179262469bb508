import { mixedTrade } from '../support/mixed-trade.js'
import { type NaiveWindow, naiveCvd, naiveFlowRows, naiveWindow } from '../support/naive-flow.js'
import { inOrder, type NaiveCandle, type NaiveTick, naiveCandle } from '../support/naive-rollup.js'

// What ought to come of the trades of one pair, from the trades alone: sets, sorting, and the naive twins
// of candles and flow. Shares no code with src/.

export const LATENESS_US = 500_000
export const WINDOWS = [
  ['60s', 60e6],
  ['15m', 900e6],
] as const
const LENGTHS = [60e6, 300e6, 900e6, 3600e6, 86_400e6]

/** A trade that trade() took. */
export interface Received {
  /** Counts up over the whole simulation; told as `receivedAt`. */
  readonly n: number
  readonly id: number
  readonly seq: number
  readonly epoch: number
  readonly shard: number
  acknowledged: boolean
}

export interface ModelTick extends NaiveTick {
  /** The number its id is made of; `id` only where trades are ordered by it. */
  readonly key: number
  readonly n: number
}

const KEPT = ['received', 'stored', 'duplicates', 'rejected', 'noTrades'] as const
export type Account = Record<(typeof KEPT)[number], number>
export const emptyAccount = (): Account => ({
  received: 0,
  stored: 0,
  duplicates: 0,
  rejected: 0,
  noTrades: 0,
})

export class PairModel {
  readonly received: Received[] = []
  readonly stored: ModelTick[] = []
  readonly rejected: number[] = []
  readonly #seen = new Set<number>()
  #firstSeen = -1
  #derived:
    | {
        of: number
        candles: NaiveCandle[][]
        flowRows: ReturnType<typeof naiveFlowRows>
        cvd: ReturnType<typeof naiveCvd>
        windows: Record<string, NaiveWindow>
      }
    | undefined
  readonly #pair: number
  readonly #ordered: boolean

  /** `ordered`: the pair's ids are numbers, and decide at equal times. */
  constructor(pair: number, ordered: boolean) {
    this.#pair = pair
    this.#ordered = ordered
  }

  take(trade: Received, account: Account): void {
    const tick = mixedTrade(this.#pair, trade.id)
    this.received.push(trade)
    account.received++
    if (tick.bad) {
      account.rejected++
      this.rejected.push(trade.n)
    } else if (this.#seen.has(trade.id)) account.duplicates++
    else {
      this.#seen.add(trade.id)
      if (this.#firstSeen < 0) this.#firstSeen = trade.id
      if (tick.nothing) {
        account.noTrades++
        return
      }
      account.stored++
      const id = this.#ordered ? trade.id : undefined
      this.stored.push({ ...tick, id, key: trade.id, seq: trade.seq, n: trade.n })
    }
  }

  /** The same of the trades that are left after a loss. */
  without(lost: ReadonlySet<Received>): PairModel {
    const model = new PairModel(this.#pair, this.#ordered)
    for (const trade of this.received) if (!lost.has(trade)) model.take(trade, emptyAccount())
    return model
  }

  inOrder(): ModelTick[] {
    return inOrder(this.stored)
  }

  /** What of the ticks stored so far is derived; made once for as many. */
  derived() {
    if (this.#derived?.of !== this.stored.length) {
      this.#derived = {
        of: this.stored.length,
        candles: this.#closedCandles(),
        flowRows: naiveFlowRows(this.stored, LATENESS_US, WINDOWS),
        cvd: naiveCvd(this.stored, 'utc-day'),
        windows: Object.fromEntries(
          WINDOWS.map(([name, us]) => [name, naiveWindow(this.stored, us)]),
        ),
      }
    }
    return this.#derived
  }

  // By level, those the watermark has passed.
  #closedCandles() {
    const newest = this.stored.reduce((most, { timestamp }) => Math.max(most, timestamp), 0)
    return LENGTHS.map((length) => {
      const buckets = new Map<number, ModelTick[]>()
      for (const tick of this.stored) {
        const start = tick.timestamp - (tick.timestamp % length)
        const bucket = buckets.get(start)
        if (bucket === undefined) buckets.set(start, [tick])
        else bucket.push(tick)
      }
      return [...buckets]
        .filter(([start]) => start + length <= newest - LATENESS_US)
        .sort(([a], [b]) => a - b)
        .map(([start, ticks]) => naiveCandle(start, ticks))
    })
  }

  /** Ids that are missing between the first and the highest. */
  missing(): number[] {
    const ids: number[] = []
    const highest = [...this.#seen].reduce((most, id) => Math.max(most, id), -1)
    for (let id = this.#firstSeen + 1; id < highest; id++) if (!this.#seen.has(id)) ids.push(id)
    return ids
  }
}
