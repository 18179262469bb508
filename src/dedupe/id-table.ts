// Ids of an hour with their times, in a hash table: what a page cannot keep in rows. Several times
// of one id stand beside each other.
//
//   | lo | hi | time |  three words of 32 bits an entry; time = µs since the hour began
//
// The first entry of an id stands where its id says. Further ones stand where id and millisecond
// say, and one of each second where id and second say: an id that all trades share makes no chain,
// and a time finds what it is the same as at any resolution.
import { isSameTime, MILLISECOND_US, SECOND_US } from './same-time.js'

const ENTRY_WORDS = 3
/** No time of an hour: an hour has 3.6e9 µs. */
const EMPTY = 0xffff_ffff
const FIRST_CAPACITY = 16
/** Entries for each 10 places at most. */
const FILLED = 7
/** Keys beside an id: milliseconds of the hour, then its seconds, then the first entry's. */
const SECONDS = 3_600_000
const FIRST = SECONDS + 3600

/** What a table holds of an id and a time. */
export const Held = { No: 0, OtherTime: 1, Same: 2 } as const
export type Held = (typeof Held)[keyof typeof Held]

export class IdTable {
  /** Ids held, each time of one counted. */
  count = 0
  // Places taken; a second of an id that trades share takes one more.
  #taken = 0
  #words = emptyWords(FIRST_CAPACITY)
  #mask = FIRST_CAPACITY - 1

  /** Bytes of memory. */
  get bytes(): number {
    return this.#words.byteLength
  }

  /** Whether an id is held: with this time, or with others alone. */
  find(hi: number, lo: number, time: number): Held {
    const first = this.#probe(hi, lo, time, FIRST)
    if (first !== Held.OtherTime) return first
    if (this.#probe(hi, lo, time, millisecondOf(time)) === Held.Same) return Held.Same
    const second = time - (time % SECOND_US)
    // What is finer than this whole second, or a whole second that this is finer than.
    const key = second === time ? secondOf(time) : millisecondOf(second)
    return this.#probe(hi, lo, time, key) === Held.Same ? Held.Same : Held.OtherTime
  }

  /** Keeps an id with its time; `found`: what find() said of them, and not 'Same'. */
  add(hi: number, lo: number, time: number, found: Held): void {
    if (this.#taken * 10 >= (this.#mask + 1) * FILLED) this.#grow()
    this.count++
    this.#take(hi, lo, time, found)
  }

  /** Every entry, in no order; some of those with shared ids twice. */
  visit(see: (hi: number, lo: number, time: number) => void): void {
    const words = this.#words
    for (let at = 0; at < words.length; at += ENTRY_WORDS) {
      if (words[at + 2] !== EMPTY) see(words[at + 1], words[at], words[at + 2])
    }
  }

  #take(hi: number, lo: number, time: number, found: Held): void {
    if (found === Held.No) {
      this.#put(hi, lo, time, FIRST)
      return
    }
    this.#put(hi, lo, time, millisecondOf(time))
    const second = time - (time % SECOND_US)
    // As a whole second would find it.
    if (this.#probe(hi, lo, second, secondOf(time)) !== Held.Same) {
      this.#put(hi, lo, time, secondOf(time))
    }
  }

  #probe(hi: number, lo: number, time: number, key: number): Held {
    const words = this.#words
    let found: Held = Held.No
    for (let i = hashOf(hi, lo, key) & this.#mask; ; i = (i + 1) & this.#mask) {
      const at = i * ENTRY_WORDS
      const other = words[at + 2]
      if (other === EMPTY) return found
      if (words[at] !== lo || words[at + 1] !== hi) continue
      if (isSameTime(other, time)) return Held.Same
      found = Held.OtherTime
    }
  }

  #put(hi: number, lo: number, time: number, key: number): void {
    const words = this.#words
    let i = hashOf(hi, lo, key) & this.#mask
    while (words[i * ENTRY_WORDS + 2] !== EMPTY) i = (i + 1) & this.#mask
    words[i * ENTRY_WORDS] = lo
    words[i * ENTRY_WORDS + 1] = hi
    words[i * ENTRY_WORDS + 2] = time
    this.#taken++
  }

  #grow(): void {
    const old = this.#words
    const capacity = (this.#mask + 1) * 2
    this.#words = emptyWords(capacity)
    this.#mask = capacity - 1
    this.#taken = 0
    for (let at = 0; at < old.length; at += ENTRY_WORDS) {
      const lo = old[at]
      const hi = old[at + 1]
      const time = old[at + 2]
      if (time === EMPTY) continue
      const found = this.find(hi, lo, time)
      // Found: what stood twice.
      if (found !== Held.Same) this.#take(hi, lo, time, found)
    }
  }
}

function emptyWords(capacity: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(capacity * ENTRY_WORDS).fill(EMPTY)
}

function millisecondOf(time: number): number {
  return Math.floor(time / MILLISECOND_US)
}

function secondOf(time: number): number {
  return SECONDS + Math.floor(time / SECOND_US)
}

// Multiply and fold (as in MurmurHash3's last step): neighbours land apart.
function hashOf(hi: number, lo: number, key: number): number {
  let h = Math.imul(lo ^ Math.imul(key, 0x9e37_79b1), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 15) ^ hi, 0xc2b2_ae35)
  h ^= h >>> 13
  h = Math.imul(h, 0x27d4_eb2f)
  return (h ^ (h >>> 16)) >>> 0
}
