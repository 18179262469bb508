// The ids of the trades of one hour of exchange time, each with its time. Two times of one trade
// are never in two seconds, and so never in two hours: the page of a tick's hour is all there is to
// ask.
import { EngineError } from '../errors.js'
import { HOUR_US } from '../model/interval.js'
import { TRADE_ID, TRADE_TS } from '../model/trade-words.js'
import { IdRows } from './id-rows.js'
import { type IdSpan, IdSpans, SPAN_IDS } from './id-spans.js'
import { Held, IdTable } from './id-table.js'
import type { TextHash } from './text-hash.js'
import { VarintReader, VarintWriter } from './varint.js'

/** What became of an id. */
export const Verdict = {
  /** Not seen before with this time: another trade. */
  New: 0,
  /** New, though its id was seen within the hour, with other times alone. */
  Shared: 1,
  /** Seen before, with this time: to be dropped. */
  Duplicate: 2,
  /** Seen within the times of a span of up to 32 ids: to be dropped. */
  DuplicateBySpan: 3,
  /** New, and not kept: its hour holds as many ids as it may. */
  NotKept: 4,
} as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

/** Ids of one hour that are kept: some 4,600 a second. */
export const MAX_PAGE_IDS = 2 ** 24

const VERSION = 1
const TWO_32 = 2 ** 32
/** Upper halves from here on are of ids that a float64 cannot hold. */
const BIG_HIGH = 2 ** 21
/** What ids above are apart does not fit a signed varint: they are kept one by one. */
const LAST_SPANNED = 2 ** 52 - 1

export class IdPage extends IdRows {
  /** Start of the hour, µs. */
  readonly start: number
  /** Ids were taken that no commit has stored yet. */
  dirty = false
  /** When it was last asked for, in turns of its cache. */
  usedAt = 0
  readonly #maxIds: number
  /** Whole numbers below `#top`, and those beyond 2^53. */
  #numbers: IdTable | undefined
  #texts: IdTable | undefined
  #spans: IdSpans | undefined
  /** No whole number below 2^53 that is held is above. */
  #top = -1

  constructor(start: number, maxIds: number = MAX_PAGE_IDS) {
    super()
    this.start = start
    this.#maxIds = maxIds
  }

  /** Ids held one by one. */
  get ids(): number {
    return this.count + (this.#numbers?.count ?? 0) + (this.#texts?.count ?? 0)
  }
  /** Bytes that they take. */
  get bytes(): number {
    return this.rowBytes + (this.#numbers?.bytes ?? 0) + (this.#texts?.bytes ?? 0)
  }

  /**
   * Keeps the id of a trade of this hour (trade-words.ts) where it is above all that are held, as
   * nearly always: it is new. Else false: it is offer()'s.
   */
  goesOn(trade: Float64Array): boolean {
    const id = trade[TRADE_ID]
    if (id <= this.#top || this.count >= this.#maxIds) return false
    this.#top = id
    this.dirty = true
    this.push(id, trade[TRADE_TS] - this.start)
    return true
  }

  /** Judges and keeps an id from 0 to 2^53 − 1; `time` in µs since the hour began. */
  offer(id: number, time: number): Verdict {
    if (id <= this.#top) return this.#offerBelow(id, time)
    if (this.count >= this.#maxIds) return Verdict.NotKept
    this.#top = id
    this.dirty = true
    this.push(id, time)
    return Verdict.New
  }

  /** The same for an id of 64 bits in two halves, both from 0 to 2^32 − 1. */
  offerBig(hi: number, lo: number, time: number): Verdict {
    if (hi < BIG_HIGH) return this.offer(hi * TWO_32 + lo, time)
    this.#numbers ??= new IdTable()
    return this.#keep(this.#numbers, hi, lo, time, Held.No)
  }

  /** The same for an id that is text, by the halves of its hash. */
  offerText({ hi, lo }: Pick<TextHash, 'hi' | 'lo'>, time: number): Verdict {
    this.#texts ??= new IdTable()
    return this.#keep(this.#texts, hi, lo, time, Held.No)
  }

  /** The page as bytes: contiguous ids as spans, the others one by one. */
  encode(): Uint8Array {
    const writer = new VarintWriter()
    writer.write(VERSION)
    const others: number[] = []
    spansOf(this, this.#spans, others).encodeInto(writer)
    this.#numbers?.visit((hi, lo, time) => others.push(hi, lo, time))
    writeTriples(writer, others)
    const texts: number[] = []
    this.#texts?.visit((hi, lo, time) => texts.push(hi, lo, time))
    writeTriples(writer, texts)
    return writer.finish()
  }

  /** Takes up what encode() gave, beside what is here; throws STORE_FAILED for other bytes. */
  take(bytes: Uint8Array): void {
    const reader = new VarintReader(bytes)
    reader.expectVersion(VERSION, 'seen ids')
    const spans = new IdSpans()
    spans.decodeFrom(reader)
    // Single ids first, while they rise: then they make rows.
    for (const span of spans) this.#takeSpan(span, true)
    for (const span of spans) this.#takeSpan(span, false)
    readTriples(reader, (hi, lo, time) => this.offerBig(hi, lo, time))
    readTriples(reader, (hi, lo, time) => this.offerText({ hi, lo }, time))
  }

  #takeSpan(span: IdSpan, single: boolean): void {
    const { first, count, from, to } = span
    const inside = first >= 0 && first + count - 1 <= LAST_SPANNED && from >= 0 && to < HOUR_US
    if (!inside || count < 1 || count > SPAN_IDS) {
      throw new EngineError('STORE_FAILED', `stored ids are damaged: first=${first}`)
    }
    if ((span.count === 1) !== single) return
    if (single) this.offer(span.first, span.from)
    else {
      this.#spans ??= new IdSpans()
      this.#spans.add(span)
      this.#top = Math.max(this.#top, span.first + span.count - 1)
    }
  }

  #offerBelow(id: number, time: number): Verdict {
    const found = this.find(id, time)
    if (found === Held.Same) return Verdict.Duplicate
    if (this.#spans?.has(id, time) === true) return Verdict.DuplicateBySpan
    this.#numbers ??= new IdTable()
    return this.#keep(this.#numbers, Math.floor(id / TWO_32), id % TWO_32, time, found)
  }

  #keep(table: IdTable, hi: number, lo: number, time: number, elsewhere: Held): Verdict {
    const found = table.find(hi, lo, time)
    if (found === Held.Same) return Verdict.Duplicate
    if (this.ids >= this.#maxIds) return Verdict.NotKept
    this.dirty = true
    table.add(hi, lo, time, found)
    return found === Held.No && elsewhere === Held.No ? Verdict.New : Verdict.Shared
  }
}

// Runs whose times rise, cut to the length of a span; `others` gets what fits none.
function spansOf(rows: IdRows, held: IdSpans | undefined, others: number[]): IdSpans {
  const spans = new IdSpans()
  for (const span of held ?? []) spans.add(span)
  let open: { first: number; count: number; from: number; to: number } | undefined
  rows.forEach((id, time) => {
    if (id > LAST_SPANNED) {
      others.push(Math.floor(id / TWO_32), id % TWO_32, time)
      return
    }
    const goesOn =
      open !== undefined &&
      id === open.first + open.count &&
      time >= open.to &&
      open.count < SPAN_IDS
    if (open !== undefined && goesOn) {
      open.count++
      open.to = time
      return
    }
    if (open !== undefined) spans.add(open)
    open = { first: id, count: 1, from: time, to: time }
  })
  if (open !== undefined) spans.add(open)
  return spans
}

function writeTriples(writer: VarintWriter, words: readonly number[]): void {
  const bytes = new Uint8Array(words.length * 4)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < words.length; i++) view.setUint32(i * 4, words[i], true)
  writer.writeBytes(bytes)
}

function readTriples(
  reader: VarintReader,
  visit: (hi: number, lo: number, time: number) => void,
): void {
  const bytes = reader.readBytes()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length % 12 !== 0) {
    throw new EngineError('STORE_FAILED', `stored ids are damaged: bytes=${bytes.length}`)
  }
  for (let at = 0; at < bytes.length; at += 12) {
    const time = view.getUint32(at + 8, true)
    if (time >= HOUR_US) throw new EngineError('STORE_FAILED', `stored ids are damaged: at=${at}`)
    visit(view.getUint32(at, true), view.getUint32(at + 4, true), time)
  }
}
