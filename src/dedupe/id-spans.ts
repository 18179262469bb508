// Contiguous ids whose ticks retention has taken, in spans: up to 32 ids and the times of the first
// and the last of them. An id of a span with a time from the one to the other is the trade that was
// seen. That is wrong only where a venue gives an id again within the same second or so: those
// duplicates are counted apart.
import { isSameTime } from './same-time.js'
import type { VarintReader, VarintWriter } from './varint.js'

/** Ids of one span at most. */
export const SPAN_IDS = 32

/** Ids first … first + count − 1, seen between two times, µs since the hour began. */
export interface IdSpan {
  readonly first: number
  readonly count: number
  readonly from: number
  readonly to: number
}

export class IdSpans {
  /** Rising by first id; spans of several numberings may overlap. */
  readonly #spans: IdSpan[] = []
  #sorted = true

  add(span: IdSpan): void {
    this.#spans.push(span)
    this.#sorted = false
  }

  /** Every span, rising by first id. */
  [Symbol.iterator](): Iterator<IdSpan> {
    this.#sort()
    return this.#spans[Symbol.iterator]()
  }

  /** Whether an id was seen within the times of its span. */
  has(id: number, time: number): boolean {
    this.#sort()
    let low = 0
    let high = this.#spans.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#spans[middle].first <= id) low = middle + 1
      else high = middle
    }
    for (let i = low - 1; i >= 0 && this.#spans[i].first > id - SPAN_IDS; i--) {
      const { first, count, from, to } = this.#spans[i]
      if (id >= first + count) continue
      if ((time >= from && time <= to) || isSameTime(time, from) || isSameTime(time, to))
        return true
    }
    return false
  }

  encodeInto(writer: VarintWriter): void {
    this.#sort()
    writer.write(this.#spans.length)
    let last = 0
    let time = 0
    for (const { first, count, from, to } of this.#spans) {
      writer.writeSigned(first - last)
      writer.write(count)
      writer.writeSigned(from - time)
      writer.write(to - from)
      last = first
      time = from
    }
  }

  /** Takes up what was encoded; throws STORE_FAILED. */
  decodeFrom(reader: VarintReader): void {
    let last = 0
    let time = 0
    for (let left = reader.read(); left > 0; left--) {
      const first = last + reader.readSigned()
      const count = reader.read()
      const from = time + reader.readSigned()
      this.add({ first, count, from, to: from + reader.read() })
      last = first
      time = from
    }
  }

  #sort(): void {
    if (this.#sorted) return
    this.#spans.sort((a, b) => a.first - b.first)
    this.#sorted = true
  }
}
