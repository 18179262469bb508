// Which trade ids a pair has seen. Exact until sparse ids exceed the bound; then the oldest go.
//
//        older generation        │ current generation
//   ─────────────────────────────┼──────────────────────────▶ exchange time
//                 resetTs − lateness   resetTs
//
// A venue that numbers anew repeats ids it has used: both numberings are told apart by time. What
// was accepted before a reset is older than resetTs − lateness, or it would have been no reset.
import { IdBlocks } from './id-blocks.js'
import { IdRanges, MAX_ID_RANGES } from './id-ranges.js'
import { VarintReader, VarintWriter } from './varint.js'

/** What became of an id. */
export const Verdict = {
  /** Not seen before: accepted. */
  New: 0,
  /** Seen before: to be dropped. */
  Duplicate: 1,
  /** Seen before, yet of a trade newer than all: the venue has started anew. Accepted. */
  Reset: 2,
} as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

export interface IdLedgerOptions {
  /** How much newer than everything held a held id must be to be a reset, µs. */
  readonly latenessUs: number
  /** Ranges kept below 2^53, and as many again above it, in each of two generations. */
  readonly maxRanges?: number
}

interface Generation {
  readonly ranges: IdRanges
  readonly blocks: IdBlocks
}

const VERSION = 1
/** Upper halves from here on are of ids that a float64 cannot hold. */
const BIG_HIGH = 2 ** 21
const TWO_32 = 2 ** 32

export class IdLedger {
  readonly #latenessUs: number
  readonly #maxRanges: number
  #current: Generation
  #older: Generation | undefined
  // Ticks before this time belong to the older generation, if there is one.
  #olderBefore = Number.NEGATIVE_INFINITY

  constructor(options: IdLedgerOptions) {
    this.#latenessUs = options.latenessUs
    this.#maxRanges = options.maxRanges ?? MAX_ID_RANGES
    this.#current = this.#generation()
  }

  /** Ids below 2^53 of the current generation. */
  get ranges(): IdRanges {
    return this.#current.ranges
  }

  /** Ids below 2^53 from before the last reset. */
  get olderRanges(): IdRanges | undefined {
    return this.#older?.ranges
  }

  /** Whether a tick of this time (µs) is of the generation before the last reset. */
  isOlder(ts: number): boolean {
    return ts < this.#olderBefore
  }

  /** Judges and keeps an id from 0 to 2^53 − 1; times in µs, `newestTs` of all ticks accepted. */
  offer(id: number, ts: number, newestTs: number): Verdict {
    if (ts < this.#olderBefore) {
      return (this.#older as Generation).ranges.add(id) ? Verdict.New : Verdict.Duplicate
    }
    if (this.#current.ranges.add(id)) return Verdict.New
    if (ts <= newestTs + this.#latenessUs) return Verdict.Duplicate
    this.#startAnew(ts)
    this.#current.ranges.add(id)
    return Verdict.Reset
  }

  /** The same for an id up to 2^63 − 1 in two halves, both from 0 to 2^32 − 1. */
  offerBig(hi: number, lo: number, ts: number, newestTs: number): Verdict {
    if (hi < BIG_HIGH) return this.offer(hi * TWO_32 + lo, ts, newestTs)
    if (ts < this.#olderBefore) {
      return (this.#older as Generation).blocks.add(hi, lo) ? Verdict.New : Verdict.Duplicate
    }
    if (this.#current.blocks.add(hi, lo)) return Verdict.New
    if (ts <= newestTs + this.#latenessUs) return Verdict.Duplicate
    this.#startAnew(ts)
    this.#current.blocks.add(hi, lo)
    return Verdict.Reset
  }

  /** The whole ledger as bytes, to be stored with the ticks it has seen. */
  encode(): Uint8Array {
    const writer = new VarintWriter()
    writer.write(VERSION)
    encodeGeneration(writer, this.#current)
    writer.write(this.#older === undefined ? 0 : 1)
    if (this.#older !== undefined) {
      writer.writeFloat(this.#olderBefore)
      encodeGeneration(writer, this.#older)
    }
    return writer.finish()
  }

  /** The ledger that was encoded; throws STORE_FAILED for other bytes. */
  static decode(bytes: Uint8Array, options: IdLedgerOptions): IdLedger {
    const reader = new VarintReader(bytes)
    reader.expectVersion(VERSION, 'id ledgers')
    const ledger = new IdLedger(options)
    ledger.#current = decodeGeneration(reader, ledger.#maxRanges)
    if (reader.read() === 1) {
      ledger.#olderBefore = reader.readFloat()
      ledger.#older = decodeGeneration(reader, ledger.#maxRanges)
    }
    return ledger
  }

  #startAnew(resetTs: number): void {
    this.#older = this.#current
    this.#olderBefore = resetTs - this.#latenessUs
    this.#current = this.#generation()
  }

  #generation(): Generation {
    return { ranges: new IdRanges(this.#maxRanges), blocks: new IdBlocks(this.#maxRanges) }
  }
}

function encodeGeneration(writer: VarintWriter, generation: Generation): void {
  writer.writeBytes(generation.ranges.encode())
  generation.blocks.encodeInto(writer)
}

function decodeGeneration(reader: VarintReader, maxRanges: number): Generation {
  const ranges = IdRanges.decode(reader.readBytes(), maxRanges)
  return { ranges, blocks: IdBlocks.decodeFrom(reader, maxRanges) }
}
