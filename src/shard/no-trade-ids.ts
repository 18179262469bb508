// Ids of no trades on their way into `seen_ids`: no row of `ticks` says that they were seen, and a
// page that is loaded again, after a restart say, must find them somewhere.
import { IdPage } from '../dedupe/id-page.js'
import { TextHash } from '../dedupe/text-hash.js'
import { HOUR_US } from '../model/interval.js'
import type { PairFile } from '../store/pair-file.js'

const hash = new TextHash()

export class NoTradeIds {
  /** By the start of their hour, µs. */
  readonly #pages = new Map<number, IdPage>()

  get any(): boolean {
    return this.#pages.size > 0
  }

  /** Keeps an id in two halves, or where it is text; time in µs. */
  add(hi: number, lo: number, text: string | undefined, timestamp: number): void {
    const hour = timestamp - (timestamp % HOUR_US)
    let page = this.#pages.get(hour)
    if (page === undefined) {
      page = new IdPage(hour)
      this.#pages.set(hour, page)
    }
    if (text === undefined) page.offerBig(hi, lo >>> 0, timestamp - hour)
    else page.offerText(hash.of(text), timestamp - hour)
  }

  /** Inside a commit: a row an hour, beside those that there are. */
  write(file: PairFile): void {
    for (const [hour, page] of this.#pages) {
      file.table('seen_ids').timestamp(hour).bytes(page.encode()).endRow()
    }
  }

  clear(): void {
    this.#pages.clear()
  }
}
