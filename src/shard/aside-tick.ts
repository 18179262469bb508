// Ticks that are kept beside the others: rejected, or too late for any candle.
import * as L from '../ring/ring-layout.js'
import { wholeId } from './slot-id.js'

/** A tick kept aside: in `rejected_ticks` with a reason, or in `late_ticks` without. */
export interface AsideTick {
  readonly timestamp: number
  readonly price: number
  readonly volume: number
  readonly side: number
  readonly id: bigint | string | undefined
  readonly receivedAt: number
  readonly seq: number
  readonly reason: string | undefined
}

/** The slot at word `at` as a tick kept aside; `text` is its id where the pair's ids are text. */
export function asideOf(
  words: Float64Array,
  halves: Int32Array,
  at: number,
  tag: number,
  seq: number,
  reason: string | undefined,
  text: string | undefined,
): AsideTick {
  return {
    timestamp: words[at + L.WORD_TIMESTAMP],
    price: words[at + L.WORD_PRICE],
    volume: words[at + L.WORD_VOLUME],
    side: L.sideOfTag(tag),
    id: text ?? wholeId(halves, at, tag),
    receivedAt: words[at + L.WORD_RECEIVED],
    seq,
    reason,
  }
}
