// Ids held as sorted, disjoint closed ranges. Contiguous ids are one range however many they are,
// so the set is exact over any distance; sparse ids take a range each and are bounded by age.
//
//   firsts  [ 3 | 10 | 40 ]     holds 3..7, 10, 40..99
//   lasts   [ 7 | 10 | 99 ]
//   stamps  [ 2 |  1 |  3 ]     who grew last: 10 is the oldest and leaves first
import { EngineError, invariant } from '../errors.js'
import { VarintReader, VarintWriter } from './varint.js'

/** Ranges a set holds before the oldest leave. */
export const MAX_ID_RANGES = 16_384

const VERSION = 1
const FIRST_CAPACITY = 8

/** A set of whole numbers from 0 to 2^53 − 1. */
export class IdRanges {
  /** Ranges held; at most maxRanges. */
  count = 0
  readonly #maxRanges: number
  #firsts = new Float64Array(FIRST_CAPACITY)
  #lasts = new Float64Array(FIRST_CAPACITY)
  #stamps = new Float64Array(FIRST_CAPACITY)
  // Goes on when another range than the last one grows: stamps are unique and stay small.
  #clock = 0

  constructor(maxRanges: number = MAX_ID_RANGES) {
    invariant(maxRanges >= 1, `a set of ids needs room: maxRanges=${maxRanges}`)
    this.#maxRanges = maxRanges
  }

  /** The lowest id held, −1 when there is none. */
  get lowest(): number {
    return this.count === 0 ? -1 : this.#firsts[0]
  }

  /** The highest id held, −1 when there is none. */
  get highest(): number {
    return this.count === 0 ? -1 : this.#lasts[this.count - 1]
  }

  has(id: number): boolean {
    const before = this.#firstAbove(id) - 1
    return before >= 0 && id <= this.#lasts[before]
  }

  /** Takes the id in; false when it was held already. May let the oldest ranges go. */
  add(id: number): boolean {
    const top = this.count - 1
    if (top < 0) return this.#insert(0, id)
    const highest = this.#lasts[top]
    if (id === highest + 1) {
      this.#lasts[top] = id
      this.#touch(top)
      return true
    }
    if (id > highest) return this.#insert(top + 1, id)
    if (id >= this.#firsts[top]) return false
    return this.#addBelow(id)
  }

  /** Takes in the ids above the highest held, up to one; there must be one held. */
  extendTo(id: number): void {
    this.#lasts[this.count - 1] = id
    this.#touch(this.count - 1)
  }

  /** The ranges as [first, last], ascending. */
  *[Symbol.iterator](): Generator<[first: number, last: number]> {
    for (let i = 0; i < this.count; i++) yield [this.#firsts[i], this.#lasts[i]]
  }

  /** The maximal runs of ids from `from` to `to`, both included, that are not held. */
  *holes(from: number, to: number): Generator<[first: number, last: number]> {
    const before = this.#firstAbove(from) - 1
    let next = before >= 0 ? Math.max(from, this.#lasts[before] + 1) : from
    for (let i = before + 1; i < this.count && this.#firsts[i] <= to; i++) {
      if (next < this.#firsts[i]) yield [next, this.#firsts[i] - 1]
      next = this.#lasts[i] + 1
    }
    if (next <= to) yield [next, to]
  }

  /** Lets the `ranges` oldest ranges go, but never the one that grew last. */
  evict(ranges: number): void {
    const dropped = Math.min(ranges, this.count - 1)
    if (dropped <= 0) return
    const newestDropped = nthSmallest(this.#stamps.slice(0, this.count), dropped - 1)
    let kept = 0
    for (let i = 0; i < this.count; i++) {
      if (this.#stamps[i] <= newestDropped) continue
      this.#firsts[kept] = this.#firsts[i]
      this.#lasts[kept] = this.#lasts[i]
      this.#stamps[kept] = this.#stamps[i]
      kept++
    }
    this.count = kept
  }

  /** The set as bytes: differences as varints, ages included. */
  encode(): Uint8Array {
    const writer = new VarintWriter()
    writer.write(VERSION)
    writer.write(this.count)
    writer.write(this.#clock)
    let last = -2
    let stamp = 0
    for (let i = 0; i < this.count; i++) {
      // In this order: first + 2 need not be exact.
      writer.write(this.#firsts[i] - (last + 2))
      last = this.#lasts[i]
      writer.write(last - this.#firsts[i])
      writer.writeSigned(this.#stamps[i] - stamp)
      stamp = this.#stamps[i]
    }
    return writer.finish()
  }

  /** The set that was encoded, less its oldest where `maxRanges` is fewer; throws STORE_FAILED. */
  static decode(bytes: Uint8Array, maxRanges: number = MAX_ID_RANGES): IdRanges {
    const reader = new VarintReader(bytes)
    reader.expectVersion(VERSION, 'ids')
    const set = new IdRanges(maxRanges)
    const count = reader.read()
    set.#clock = reader.read()
    let last = -2
    let stamp = 0
    for (let i = 0; i < count; i++) {
      const first = last + 2 + reader.read()
      last = first + reader.read()
      stamp += reader.readSigned()
      if (i === set.#firsts.length) set.#grow()
      set.#firsts[i] = first
      set.#lasts[i] = last
      set.#stamps[i] = stamp
    }
    if (last > Number.MAX_SAFE_INTEGER) {
      throw new EngineError('STORE_FAILED', `stored ids are damaged: highest=${last}`)
    }
    set.count = count
    set.evict(count - maxRanges)
    return set
  }

  #touch(at: number): void {
    if (this.#stamps[at] !== this.#clock) this.#stamps[at] = ++this.#clock
  }

  #addBelow(id: number): boolean {
    const above = this.#firstAbove(id)
    const below = above - 1
    if (below >= 0 && id <= this.#lasts[below]) return false
    const joinsBelow = below >= 0 && this.#lasts[below] === id - 1
    const joinsAbove = this.#firsts[above] === id + 1
    if (joinsBelow) {
      this.#lasts[below] = joinsAbove ? this.#lasts[above] : id
      if (joinsAbove) this.#remove(above)
      this.#touch(below)
    } else if (joinsAbove) {
      this.#firsts[above] = id
      this.#touch(above)
    } else {
      this.#insert(above, id)
    }
    return true
  }

  // Index of the first range that starts above the id, `count` if none. Most ids are near the
  // newest, so it looks from the top down in growing steps before it halves.
  #firstAbove(id: number): number {
    const firsts = this.#firsts
    let high = this.count
    let low = high - 1
    for (let step = 1; low >= 0 && firsts[low] > id; step *= 2) {
      high = low
      low -= step
    }
    if (low < 0) low = -1
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (firsts[middle] > id) high = middle
      else low = middle
    }
    return high
  }

  #insert(at: number, id: number): true {
    if (this.count === this.#firsts.length) this.#grow()
    if (at < this.count) {
      this.#firsts.copyWithin(at + 1, at, this.count)
      this.#lasts.copyWithin(at + 1, at, this.count)
      this.#stamps.copyWithin(at + 1, at, this.count)
    }
    this.#firsts[at] = id
    this.#lasts[at] = id
    this.#stamps[at] = ++this.#clock
    this.count++
    // An eighth at a time: searching for the oldest costs as much for one as for many.
    if (this.count > this.#maxRanges) this.evict(Math.max(1, this.#maxRanges >>> 3))
    return true
  }

  #remove(at: number): void {
    this.#firsts.copyWithin(at, at + 1, this.count)
    this.#lasts.copyWithin(at, at + 1, this.count)
    this.#stamps.copyWithin(at, at + 1, this.count)
    this.count--
  }

  #grow(): void {
    const capacity = this.#firsts.length * 2
    this.#firsts = widened(this.#firsts, capacity)
    this.#lasts = widened(this.#lasts, capacity)
    this.#stamps = widened(this.#stamps, capacity)
  }
}

function widened(words: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(capacity)
  wide.set(words)
  return wide
}

// Hoare's selection; `words` is reordered. Sorting them would cost five times as much. Should the
// pivots turn out bad again and again, it sorts what is left after all.
function nthSmallest(words: Float64Array, n: number): number {
  let low = 0
  let high = words.length - 1
  for (let rounds = 0; low < high; rounds++) {
    if (rounds === 64) {
      words.subarray(low, high + 1).sort()
      break
    }
    const pivot = words[(low + high) >>> 1]
    let i = low
    let j = high
    while (i <= j) {
      while (words[i] < pivot) i++
      while (words[j] > pivot) j--
      if (i <= j) {
        const word = words[i]
        words[i++] = words[j]
        words[j--] = word
      }
    }
    if (n <= j) high = j
    else if (n >= i) low = i
    else break
  }
  return words[n]
}
