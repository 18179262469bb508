// Ticks that are kept beside the others: rejected, or too late for any candle.
import * as L from '../ring/ring-layout.js'

/** A tick kept aside: in `rejected_ticks` with a reason, or in `late_ticks` without. */
export interface AsideTick {
  readonly timestamp: number
  readonly price: number
  readonly volume: number
  readonly side: number
  readonly id: bigint | undefined
  readonly receivedAt: number
  readonly seq: number
  readonly reason: string | undefined
}

/** The slot at word `at` as a tick kept aside. */
export function asideOf(
  words: Float64Array,
  halves: Int32Array,
  at: number,
  tag: number,
  seq: number,
  reason: string | undefined,
): AsideTick {
  const id = (at + L.WORD_ID) * 2
  const hasId = (tag & L.FLAG_NO_ID) === 0
  return {
    timestamp: words[at + L.WORD_TIMESTAMP],
    price: words[at + L.WORD_PRICE],
    volume: words[at + L.WORD_VOLUME],
    side: L.sideOfTag(tag),
    id: hasId ? (BigInt(halves[id + 1]) << 32n) | BigInt(halves[id] >>> 0) : undefined,
    receivedAt: words[at + L.WORD_RECEIVED],
    seq,
    reason,
  }
}
