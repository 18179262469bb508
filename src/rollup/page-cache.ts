import { CandlePage } from './candle-page.js'

/** A range of page starts, µs, both ends included; from > to when empty. */
export interface PageRange {
  from: number
  to: number
}

/** The empty range. */
export function noPages(): PageRange {
  return { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY }
}

/** The pages of one kind (hours or days) in memory; the least recently used goes. */
export class PageCache {
  readonly pages = new Map<number, CandlePage>()
  /** Every page that ever had a candle: what the store may hold once all is stored. */
  readonly seen: PageRange = noPages()
  /** Pages outside of memory that the store may hold. */
  readonly stored: PageRange = noPages()
  private readonly lengthUs: number
  private readonly firstLevel: number
  private readonly levels: number
  private readonly limit: number
  private touches = 0
  // The size that sets off the next search for a page to let go. It doubles when nothing could go,
  // so that a backfill of thousands of uncommitted hours does not search them all at every hour.
  private searchAt: number

  constructor(lengthUs: number, firstLevel: number, levels: number, limit: number) {
    this.lengthUs = lengthUs
    this.firstLevel = firstLevel
    this.levels = levels
    this.limit = limit
    this.searchAt = limit
  }

  startOf(timestamp: number): number {
    return timestamp - (timestamp % this.lengthUs)
  }

  get(start: number): CandlePage | undefined {
    const page = this.pages.get(start)
    if (page !== undefined) page.usedAt = ++this.touches
    return page
  }

  create(start: number): CandlePage {
    const page = new CandlePage(start, this.lengthUs, this.firstLevel, this.levels)
    page.usedAt = ++this.touches
    this.pages.set(start, page)
    widen(this.seen, start, start)
    return page
  }

  /** Whether the page must be loaded before anything is folded into it. */
  lacks(start: number): boolean {
    const page = this.pages.get(start)
    if (page !== undefined) return !page.complete
    return start >= this.stored.from && start <= this.stored.to
  }

  mayBeStored(from: number, to: number): void {
    if (from > to) return
    widen(this.stored, this.startOf(from), this.startOf(to))
    widen(this.seen, this.startOf(from), this.startOf(to))
  }

  /** Marks every page as stored; the next eviction may then find room. */
  settle(): void {
    for (const page of this.pages.values()) page.dirty = 0
    this.searchAt = this.limit
  }

  /**
   * Lets pages go down to the limit, but none that is open at `watermark`, has unstored candles, or
   * holds one of two times (µs, NaN for none).
   */
  evict(watermark: number, keepA: number, keepB: number): void {
    if (this.pages.size <= this.searchAt) return
    const idle: CandlePage[] = []
    for (const page of this.pages.values()) {
      const end = page.start + this.lengthUs
      const held = end > watermark || page.dirty > 0 || !page.complete
      const kept = (keepA >= page.start && keepA < end) || (keepB >= page.start && keepB < end)
      if (!held && !kept) idle.push(page)
    }
    idle.sort((a, b) => a.usedAt - b.usedAt)
    for (const page of idle) {
      if (this.pages.size <= this.limit) break
      this.pages.delete(page.start)
      widen(this.stored, page.start, page.start)
    }
    this.searchAt = this.pages.size > this.limit ? 2 * this.pages.size : this.limit
  }
}

function widen(range: PageRange, from: number, to: number): void {
  range.from = Math.min(range.from, from)
  range.to = Math.max(range.to, to)
}
