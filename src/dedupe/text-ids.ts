// Ids that are text: the last ones seen, in order, so that the oldest goes when a new one comes. An
// id says nothing about its neighbours, so there are no ranges, and no gaps.
import { Verdict } from './id-ledger.js'

/** Ids a pair remembers. */
export const TEXT_ID_WINDOW = 65_536

export class TextIds {
  readonly #latenessUs: number
  readonly #known = new Set<string>()
  // The same ids by age: the next one takes the place of the oldest.
  readonly #ring: string[] = []
  #next = 0

  /** `latenessUs`: how much newer than everything held a held id must be to be a reset. */
  constructor(options: { readonly latenessUs: number }) {
    this.#latenessUs = options.latenessUs
  }

  /** Ids held. */
  get size(): number {
    return this.#known.size
  }

  /** Judges and keeps an id; times in µs, `newestTs` of all ticks accepted. */
  offer(id: string, ts: number, newestTs: number): Verdict {
    if (!this.#known.has(id)) {
      this.add(id)
      return Verdict.New
    }
    if (ts <= newestTs + this.#latenessUs) return Verdict.Duplicate
    // A venue that numbers anew: none of the ids from before says anything about those to come.
    this.#known.clear()
    this.#ring.length = 0
    this.#next = 0
    this.add(id)
    return Verdict.Reset
  }

  /** Keeps an id that is new, the oldest first where several are taken up. */
  add(id: string): void {
    if (this.#ring.length < TEXT_ID_WINDOW) this.#ring.push(id)
    else {
      this.#known.delete(this.#ring[this.#next])
      this.#ring[this.#next] = id
      this.#next = (this.#next + 1) % TEXT_ID_WINDOW
    }
    this.#known.add(id)
  }
}
