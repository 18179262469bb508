// Whether a venue's ids started anew: within a file, or from one file to the next. By pair, over
// the whole-number ids of its rows.
import type { TradeBatch } from '../feeds/trade-batch.js'

interface Span {
  minId: number
  maxId: number
  minTime: number
  maxTime: number
}

export class IdsAnew {
  /** Spans of files before, by pair's name. */
  readonly #before = new Map<string, Span[]>()
  /** The file's, by the index of its instruments. */
  #spans: (Span | undefined)[] = []
  /** How often ids started anew in the file at hand. */
  count = 0

  begin(): void {
    this.#spans = []
    this.count = 0
  }

  observe({ count, id, timestamp, instrument, noTrade }: TradeBatch): void {
    for (let row = 0; row < count; row++) {
      const one = id[row]
      if (!(one > 0) || one === Number.POSITIVE_INFINITY || noTrade[row] === 1) continue
      const time = timestamp[row]
      const span = this.#spans[instrument[row]]
      if (span === undefined) {
        this.#spans[instrument[row]] = { minId: one, maxId: one, minTime: time, maxTime: time }
        continue
      }
      // Later than everything, and below everything; or the other way round in a file that falls.
      const later = time > span.maxTime && one <= span.minId && span.maxId > span.minId
      const earlier = time < span.minTime && one >= span.maxId && span.maxId > span.minId
      if (later || earlier) {
        this.count++
        span.minId = one
        span.maxId = one
      } else {
        if (one < span.minId) span.minId = one
        if (one > span.maxId) span.maxId = one
      }
      if (time < span.minTime) span.minTime = time
      if (time > span.maxTime) span.maxTime = time
    }
  }

  /**
   * Files of one pair whose times lie apart and whose ids do not: counted. `names`: the pair of
   * each instrument; undefined where it has none.
   */
  end(names: readonly (string | undefined)[], ordered: boolean): void {
    for (const [index, span] of this.#spans.entries()) {
      const name = names[index]
      if (span === undefined || name === undefined) continue
      const before = this.#before.get(name) ?? []
      if (ordered && before.some((other) => contradicts(other, span))) this.count++
      before.push(span)
      this.#before.set(name, before)
    }
  }
}

// One id may stand in both: venues cut a file through an aggregated trade.
function contradicts(a: Span, b: Span): boolean {
  const apart = a.maxTime < b.minTime || b.maxTime < a.minTime
  return apart && Math.min(a.maxId, b.maxId) - Math.max(a.minId, b.minId) > 0
}
