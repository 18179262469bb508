// Which trades a pair has seen. A trade is its id and its time: an id that comes again with another
// time is another trade, since venues number anew each day or each file, use an aggregate's id on
// both sides of midnight, or give every trade the same. So the ids of each hour of exchange time
// are a page of their own, and a tick is looked for in the page of its hour alone.
//
//   page 14:00   page 15:00   page 16:00         the newest are in memory, and those with ticks
//   (stored)     (in memory)  (in memory)        that are not stored; others are loaded when asked
//
// The pages of a pair are its ticks: loading one is reading the ids of that hour's ticks, and of
// `seen_ids` what retention has taken. Nothing is written for them while ticks are kept.
import { HOUR_US } from '../model/interval.js'
import { TRADE_TS } from '../model/trade-words.js'
import type { HeldIds } from './held-ids.js'
import { IdPage, MAX_PAGE_IDS, Verdict } from './id-page.js'
import type { TextHash } from './text-hash.js'

export { Verdict }

const TWO_32 = 2 ** 32

export interface IdLedgerOptions {
  /** Pages kept in memory beyond those with ticks that are not stored, and ids kept of an hour. */
  readonly maxPages: number
  readonly maxPageIds?: number
}

export class IdLedger {
  /** Ids of before the ticks of a file that an older version wrote, without their times. */
  older: HeldIds | undefined
  readonly #maxPages: number
  readonly #maxPageIds: number
  readonly #pages = new Map<number, IdPage>()
  // The page asked last, and the start of its hour; NaN before the first.
  #page: IdPage | undefined
  #from = Number.NaN
  // Hours (their starts) that the store may hold, where they are not in memory.
  #storedFrom = Number.POSITIVE_INFINITY
  #storedTo = Number.NEGATIVE_INFINITY
  #turn = 0

  constructor({ maxPages, maxPageIds = MAX_PAGE_IDS }: IdLedgerOptions) {
    this.#maxPages = maxPages
    this.#maxPageIds = maxPageIds
  }

  /** Ids and bytes of the pages in memory. */
  get ids(): number {
    return [...this.#pages.values()].reduce((sum, page) => sum + page.ids, 0)
  }
  get bytes(): number {
    return [...this.#pages.values()].reduce((sum, page) => sum + page.bytes, 0)
  }

  /** −1 where an id with this time (µs) can be judged now, else the start of the hour to load. */
  needs(timestamp: number): number {
    const time = timestamp - this.#from
    if (time >= 0 && time < HOUR_US) return -1
    const hour = timestamp - (timestamp % HOUR_US)
    if (hour < this.#storedFrom || hour > this.#storedTo || this.#pages.has(hour)) return -1
    return hour
  }

  /** The store may hold ids of the hours from one time to another, µs. */
  mayBeStored(from: number, to: number): void {
    if (from > to) return
    this.#storedFrom = Math.min(this.#storedFrom, from - (from % HOUR_US))
    this.#storedTo = Math.max(this.#storedTo, to - (to % HOUR_US))
  }

  /** An empty page for an hour (its start, µs), to be filled with what the store holds. */
  pageOf(hour: number): IdPage {
    return new IdPage(hour, this.#maxPageIds)
  }

  /** Puts a page into memory that has been filled. */
  load(page: IdPage): void {
    page.dirty = false
    this.#evict(page.start)
    this.#pages.set(page.start, page)
    this.#enter(page.start)
  }

  /**
   * Keeps the id of a trade (trade-words.ts) where its hour is the one asked last and holds lower
   * ids alone, as nearly always: it is new. Else false: it is offer()'s.
   */
  goesOn(trade: Float64Array): boolean {
    const time = trade[TRADE_TS] - this.#from
    if (!(time >= 0 && time < HOUR_US) || this.older !== undefined) return false
    return (this.#page as IdPage).goesOn(trade)
  }

  /**
   * Judges and keeps an id from 0 to 2^53 − 1 with the time (µs) of its trade; needs(timestamp)
   * must be −1.
   */
  offer(id: number, timestamp: number): Verdict {
    let time = timestamp - this.#from
    if (!(time >= 0 && time < HOUR_US)) time = this.#enter(timestamp)
    const verdict = (this.#page as IdPage).offer(id, time)
    return this.older === undefined ? verdict : this.#elder(verdict, id, timestamp)
  }

  /** The same for an id up to 2^63 − 1 in two halves, both from 0 to 2^32 − 1. */
  offerBig(hi: number, lo: number, timestamp: number): Verdict {
    const verdict = this.#pageAt(timestamp).offerBig(hi, lo, timestamp - this.#from)
    if (this.older === undefined || isDuplicate(verdict)) return verdict
    return this.older.holdsBig(hi, lo, timestamp) ? Verdict.Duplicate : verdict
  }

  /** The same for an id that is text, by the halves of its hash. */
  offerText(hash: Pick<TextHash, 'hi' | 'lo'>, timestamp: number): Verdict {
    return this.#pageAt(timestamp).offerText(hash, timestamp - this.#from)
  }

  /** The store has taken every tick so far: pages may go, the one asked last excepted. */
  settle(): void {
    for (const page of this.#pages.values()) page.dirty = false
    this.#evict(this.#from)
  }

  #elder(verdict: Verdict, id: number, timestamp: number): Verdict {
    if (isDuplicate(verdict)) return verdict
    const [hi, lo] = [Math.floor(id / TWO_32), id % TWO_32]
    return this.older?.holdsBig(hi, lo, timestamp) === true ? Verdict.Duplicate : verdict
  }

  #pageAt(timestamp: number): IdPage {
    const time = timestamp - this.#from
    if (!(time >= 0 && time < HOUR_US)) this.#enter(timestamp)
    return this.#page as IdPage
  }

  // Goes to the page of a time; returns the time since its hour began.
  #enter(timestamp: number): number {
    const hour = timestamp - (timestamp % HOUR_US)
    let page = this.#pages.get(hour)
    if (page === undefined) {
      page = new IdPage(hour, this.#maxPageIds)
      this.#pages.set(hour, page)
      this.#evict(hour)
    }
    page.usedAt = ++this.#turn
    this.#page = page
    this.#from = hour
    return timestamp - hour
  }

  // Lets go the pages that were not asked for longest; the store holds their ticks.
  #evict(keep: number): void {
    if (this.#pages.size <= this.#maxPages) return
    const idle = [...this.#pages.values()].filter(({ start, dirty }) => !dirty && start !== keep)
    idle.sort((a, b) => a.usedAt - b.usedAt)
    for (const page of idle) {
      if (this.#pages.size <= this.#maxPages) return
      this.#pages.delete(page.start)
      this.mayBeStored(page.start, page.start)
    }
  }
}

function isDuplicate(verdict: Verdict): boolean {
  return verdict === Verdict.Duplicate || verdict === Verdict.DuplicateBySpan
}
