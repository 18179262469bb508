// Ids from 2^53 to 2^63 − 1, which a float64 cannot hold: an id is its block (the bits from 50 up)
// and a place in the block that is exact. Blocks are few where ids grow with time.
//
//   hi  0bbbbbbb bbbbbbpp pppppppp pppppppp      lo  pppppppp pppppppp pppppppp pppppppp
import { EngineError } from '../errors.js'
import { IdRanges } from './id-ranges.js'
import type { VarintReader, VarintWriter } from './varint.js'

const BLOCK_SHIFT = 18
const PLACE_MASK = (1 << BLOCK_SHIFT) - 1
const TWO_32 = 2 ** 32

/** A set of ids given as two halves of 32 bits; as many ranges in all as one IdRanges holds. */
export class IdBlocks {
  readonly #maxRanges: number
  // The block that grew last is the last.
  readonly #blocks = new Map<number, IdRanges>()
  #newest = -1
  #count = 0

  constructor(maxRanges: number) {
    this.#maxRanges = maxRanges
  }

  /** Ranges held, in all blocks. */
  get count(): number {
    return this.#count
  }

  has(hi: number, lo: number): boolean {
    return this.#blocks.get(hi >>> BLOCK_SHIFT)?.has(placeOf(hi, lo)) ?? false
  }

  /** Takes the id in; false when it was held already. May let the oldest go. */
  add(hi: number, lo: number): boolean {
    const block = hi >>> BLOCK_SHIFT
    const ranges = this.#blocks.get(block) ?? new IdRanges(this.#maxRanges)
    const before = ranges.count
    if (!ranges.add(placeOf(hi, lo))) return false
    if (block !== this.#newest) {
      this.#blocks.delete(block)
      this.#blocks.set(block, ranges)
      this.#newest = block
    }
    this.#count += ranges.count - before
    if (this.#count > this.#maxRanges) this.#evict()
    return true
  }

  encodeInto(writer: VarintWriter): void {
    writer.write(this.#blocks.size)
    for (const [block, ranges] of this.#blocks) {
      writer.write(block)
      writer.writeBytes(ranges.encode())
    }
  }

  static decodeFrom(reader: VarintReader, maxRanges: number): IdBlocks {
    const set = new IdBlocks(maxRanges)
    for (let left = reader.read(); left > 0; left--) {
      const block = reader.read()
      const ranges = IdRanges.decode(reader.readBytes(), maxRanges)
      // Counted twice, the set could never be made small enough again.
      if (set.#blocks.has(block)) {
        throw new EngineError('STORE_FAILED', `stored ids are damaged: block twice=${block}`)
      }
      set.#blocks.set(block, ranges)
      set.#newest = block
      set.#count += ranges.count
    }
    while (set.#count > maxRanges) set.#evict()
    return set
  }

  // An eighth in all, from the blocks that have not grown for longest. Right after the ids have
  // moved to a new block its predecessor loses its oldest ranges, not all of them.
  #evict(): void {
    let left = Math.max(1, this.#maxRanges >>> 3)
    for (const [block, ranges] of this.#blocks) {
      const before = ranges.count
      const whole = before <= left && block !== this.#newest
      if (whole) this.#blocks.delete(block)
      else ranges.evict(left)
      const dropped = whole ? before : before - ranges.count
      this.#count -= dropped
      left -= dropped
      if (left <= 0) return
    }
  }
}

function placeOf(hi: number, lo: number): number {
  return (hi & PLACE_MASK) * TWO_32 + lo
}
