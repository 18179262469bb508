// Trade ids that are no float64 on their way into a slot: wide whole numbers in two halves, text
// into the byte ring beside the slots. A pair whose ids are text takes a whole number by its
// digits; one whose ids are whole numbers takes text, and wider numbers, beside the others.
import { isNoId } from '../model/no-id.js'
import { Refusal } from '../model/refusal.js'
import type { TradeIds } from '../pair-options.js'
import { FLAG_NO_ID, FLAG_TEXT_ID } from '../ring/ring-layout.js'
import { isTextId, type TextWriter } from '../ring/text-ring.js'
import { wideId } from './trade-check.js'

export class IdTaker {
  /** What the id's word of the slot holds. */
  low = 0
  high = 0

  /**
   * Takes an id that is no number; returns the flags of its slot, or the refusal (< 0). `texts`
   * gives the ring that text goes into.
   */
  take(id: unknown, mode: TradeIds, texts: () => TextWriter): number {
    this.low = 0
    this.high = 0
    if (typeof id === 'string' && isNoId(id)) return FLAG_NO_ID
    const wide = mode === 'text' ? undefined : wideId(id)
    if (wide !== undefined) {
      this.low = Number(BigInt.asIntN(32, wide))
      this.high = Number(wide >> 32n)
      return 0
    }
    if (typeof id !== 'string' && typeof id !== 'bigint') return Refusal.IdNotExact
    return this.#takeText(String(id), texts())
  }

  #takeText(id: string, texts: TextWriter): number {
    if (!isTextId(id)) return Refusal.IdNotExact
    if (!texts.put(id)) return Refusal.RingFull
    this.low = texts.at
    this.high = texts.length
    return FLAG_TEXT_ID
  }
}
