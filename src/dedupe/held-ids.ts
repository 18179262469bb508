// Ids as an older version kept them: without times. Its ticks say when their trades were, as long
// as they are kept; of what retention had taken before, the id alone says that it was seen. So
// these count for ticks from before that moment alone, and as they always did: whatever their time.
//
// Bytes of version 1: the ranges of the present numbering, its ids beyond 2^53 as ranges by their
// upper bits, whether there is one before it, up to when that counts, and the same of it.
import { IdRanges } from './id-ranges.js'
import { VarintReader, VarintWriter } from './varint.js'

const OLD_VERSION = 1
const VERSION = 2
const TWO_32 = 2 ** 32
/** Upper halves from here on are of ids that a float64 cannot hold. */
const BIG_HIGH = 2 ** 21
/** Of ids beyond 2^53: bits 50 and up are the block, the rest the place in it. */
const BLOCK_SHIFT = 18
const PLACE_MASK = (1 << BLOCK_SHIFT) - 1
/** Ranges that version 1 kept at most, in each of two numberings. */
const MAX_RANGES = 16_384

/** Ids of one numbering: ranges below 2^53, and by block beyond. */
interface Ids {
  readonly ranges: IdRanges
  readonly blocks: ReadonlyMap<number, IdRanges>
}

export class HeldIds {
  /** Ids count for ticks before this time alone, µs. */
  readonly before: number
  readonly #numberings: readonly Ids[]

  private constructor(before: number, numberings: readonly Ids[]) {
    this.before = before
    this.#numberings = numberings
  }

  /** Whether an id in two halves was seen, where a tick of this time (µs) is from before. */
  holdsBig(hi: number, lo: number, timestamp: number): boolean {
    if (timestamp >= this.before) return false
    return this.#numberings.some(({ ranges, blocks }) =>
      hi < BIG_HIGH
        ? ranges.has(hi * TWO_32 + lo)
        : blocks.get(hi >>> BLOCK_SHIFT)?.has((hi & PLACE_MASK) * TWO_32 + lo) === true,
    )
  }

  encodeInto(writer: VarintWriter): void {
    writer.writeFloat(this.before)
    writer.write(this.#numberings.length)
    for (const ids of this.#numberings) encodeIds(writer, ids)
  }

  static decodeFrom(reader: VarintReader): HeldIds {
    const before = reader.readFloat()
    const numberings: Ids[] = []
    for (let left = reader.read(); left > 0; left--) numberings.push(decodeIds(reader))
    return new HeldIds(before, numberings)
  }

  static ofOld(before: number, numberings: readonly Ids[]): HeldIds {
    return new HeldIds(before, numberings)
  }
}

/** What an older version knew: its numberings, the present one first. */
export interface OldIds {
  readonly present: IdRanges
  readonly past: IdRanges | undefined
  /** Ticks before this time are of the past numbering, µs. */
  readonly pastBefore: number
  /** All of it, for ticks before a time. */
  heldBefore(timestamp: number): HeldIds
}

/** A pair's ids as stored by an older version, or by this one. Throws STORE_FAILED. */
export function decodeHeld(bytes: Uint8Array): { old?: OldIds; held?: HeldIds } {
  const reader = new VarintReader(bytes)
  const version = reader.read()
  if (version === OLD_VERSION) return { old: decodeOld(reader) }
  new VarintReader(bytes).expectVersion(VERSION, 'ids')
  return reader.read() === 1 ? { held: HeldIds.decodeFrom(reader) } : {}
}

export function encodeHeld(held: HeldIds | undefined): Uint8Array {
  const writer = new VarintWriter()
  writer.write(VERSION)
  writer.write(held === undefined ? 0 : 1)
  held?.encodeInto(writer)
  return writer.finish()
}

function decodeOld(reader: VarintReader): OldIds {
  const numberings = [decodeIds(reader)]
  let pastBefore = Number.NEGATIVE_INFINITY
  if (reader.read() === 1) {
    pastBefore = reader.readFloat()
    numberings.push(decodeIds(reader))
  }
  return {
    present: numberings[0].ranges,
    past: numberings[1]?.ranges,
    pastBefore,
    heldBefore: (timestamp) => HeldIds.ofOld(timestamp, numberings),
  }
}

function encodeIds(writer: VarintWriter, { ranges, blocks }: Ids): void {
  writer.writeBytes(ranges.encode())
  writer.write(blocks.size)
  for (const [block, ids] of blocks) {
    writer.write(block)
    writer.writeBytes(ids.encode())
  }
}

function decodeIds(reader: VarintReader): Ids {
  const ranges = IdRanges.decode(reader.readBytes(), MAX_RANGES)
  const blocks = new Map<number, IdRanges>()
  for (let left = reader.read(); left > 0; left--) {
    const block = reader.read()
    blocks.set(block, IdRanges.decode(reader.readBytes(), MAX_RANGES))
  }
  return { ranges, blocks }
}
