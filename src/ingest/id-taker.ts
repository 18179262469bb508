// Trade ids that are no float64 on their way into a slot: wide whole numbers in two halves, text
// into the byte ring beside the slots.
import { Refusal } from '../model/refusal.js'
import type { TradeIds } from '../pair-options.js'
import { FLAG_TEXT_ID } from '../ring/ring-layout.js'
import { isTextId, type TextWriter } from '../ring/text-ring.js'
import { wideId } from './trade-check.js'

export class IdTaker {
  /** What the id's word of the slot holds. */
  low = 0
  high = 0

  /** Takes an id; returns the flags of its slot, or the refusal (< 0). */
  take(id: unknown, mode: TradeIds, texts: TextWriter | undefined): number {
    if (mode === 'text') return this.#takeText(id, texts)
    const wide = wideId(id)
    if (wide === undefined) return Refusal.IdNotExact
    this.low = Number(BigInt.asIntN(32, wide))
    this.high = Number(wide >> 32n)
    return 0
  }

  #takeText(id: unknown, texts: TextWriter | undefined): number {
    if (typeof id !== 'string' || texts === undefined || !isTextId(id)) return Refusal.IdNotExact
    if (!texts.put(id)) return Refusal.RingFull
    this.low = texts.at
    this.high = texts.length
    return FLAG_TEXT_ID
  }
}
