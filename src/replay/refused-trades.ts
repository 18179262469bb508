// Trades of one replay that pairs have refused, or received and set aside, as warnings.
import type { PairStats } from '../model/answer.js'
import type { FeedWarning } from '../model/reading.js'
import { REFUSAL_NAMES, Refusal } from '../model/refusal.js'
import type { Pair } from '../pair.js'

interface Before {
  readonly refusals: ReadonlyMap<number, number>
  /** Answered with what the pair had received before; undefined where that was nothing. */
  readonly stats: Promise<PairStats | undefined> | undefined
}

export class RefusedTrades {
  /** What each pair had refused before its first row came. */
  readonly #before = new Map<Pair, Before>()
  /** What `ready()` waits for. */
  pending: Promise<unknown> | undefined

  meet(pair: Pair): void {
    if (this.#before.has(pair)) return
    const stats = pair.offered > 0 ? statsOf(pair) : undefined
    if (stats !== undefined) this.pending = stats
    this.#before.set(pair, { refusals: new Map(pair.refusals), stats })
  }

  /** To be waited for before rows of the pairs are traded: an answer may hold what came later. */
  async ready(): Promise<void> {
    this.pending = undefined
    for (const { stats } of this.#before.values()) await stats
  }

  /** Of every pair met; asks its shard, with everything received so far. */
  async warnings(): Promise<FeedWarning[]> {
    const told: FeedWarning[] = []
    for (const [pair, before] of this.#before) {
      const warn = (count: number, what: string): void => {
        if (count <= 0) return
        const message = `${count} trades were ${what}`
        told.push({ code: 'rejected-rows', file: pair.name, message, count })
      }
      for (const [refusal, all] of pair.refusals) {
        // A full ring was waited for, and a trade whose id was refused was taken without it.
        if (refusal === Refusal.RingFull || refusal === Refusal.IdNotExact) continue
        const reason = REFUSAL_NAMES[refusal as Refusal]
        warn(all - (before.refusals.get(refusal) ?? 0), `refused, and not stored: ${reason}`)
      }
      const [now, then] = [await statsOf(pair), await before.stats]
      const rejected = (now?.rejected ?? 0) - (then?.rejected ?? 0)
      warn(rejected, 'set aside as bad data: its table rejected_ticks says why')
      const late = (now?.tooLate ?? 0) - (then?.tooLate ?? 0)
      warn(late, 'older than the candles kept: its table late_ticks has them')
    }
    return told
  }
}

// A pair whose shard cannot answer has said so by a fault.
function statsOf(pair: Pair): Promise<PairStats | undefined> {
  return pair.stats().catch(() => undefined)
}
