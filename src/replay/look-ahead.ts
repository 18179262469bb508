// A file with its first rows read: for the pairs' names, for how ids go on, and for warnings before
// anything is stored.
import type { Feed } from '../feeds/feed.js'
import { copyBatch, type TradeBatch } from '../feeds/trade-batch.js'

/** Rows looked at before the first is stored. */
export const LOOK_AHEAD_ROWS = 65_536

export class LookAhead {
  readonly feed: Feed
  /** The batches behind the first rows. */
  readonly rest: AsyncIterator<TradeBatch>
  #held: TradeBatch[]
  /** What ended the file early, once the rows in front of it are traded. */
  readonly failure: unknown

  private constructor(
    feed: Feed,
    rest: AsyncIterator<TradeBatch>,
    held: TradeBatch[],
    failure: unknown,
  ) {
    this.feed = feed
    this.rest = rest
    this.#held = held
    this.failure = failure
  }

  /** Reads the first rows; an error is kept, so that the rows in front of it are not lost. */
  static async over(feed: Feed): Promise<LookAhead> {
    const rest = feed[Symbol.asyncIterator]()
    const held: TradeBatch[] = []
    let failure: unknown
    try {
      for (let rows = 0; rows < LOOK_AHEAD_ROWS; ) {
        const next = await rest.next()
        if (next.done) break
        held.push(copyBatch(next.value))
        rows += next.value.count
      }
    } catch (thrown) {
      failure = thrown
    }
    feed.settle(held)
    return new LookAhead(feed, rest, held, failure)
  }

  get held(): readonly TradeBatch[] {
    return this.#held
  }

  async end(): Promise<void> {
    this.#held = []
    await this.rest.return?.()
  }
}
