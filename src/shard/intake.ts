// From the ring through the journal to the folder: a run of slots is copied out, with the text ids
// they refer to, appended to the journal, and folded in place. The ring's cursor moves when the
// whole run is folded.
//
//   words: | slot 0 | slot 1 | … | slot count − 1 | bytes of text ids |
import { EngineError } from '../errors.js'
import { type JournalWriter, TEXT_ROOM } from '../journal/journal-writer.js'
import { CHUNK_ROWS } from '../limits.js'
import { FLAG_TEXT_ID, SLOT_BYTES, SLOT_WORDS, WORD_ID } from '../ring/ring-layout.js'
import type { RingReader } from '../ring/ring-reader.js'
import type { TextReader } from '../ring/text-ring.js'

export class Intake {
  readonly words: Float64Array
  readonly halves: Int32Array
  /** Next slot of the run to fold, slots in the run, and the sequence of its first. */
  at = 0
  count = 0
  firstSeq = 0
  /** Where main writes ids that are text, once a pair has any. */
  textRing: TextReader | undefined
  readonly #bytes: Uint8Array
  readonly #reader: RingReader
  readonly #journal: JournalWriter | undefined
  readonly #hearPairs: () => void
  // Position behind the last text of the run at hand; undefined where it has none.
  #textEnd: number | undefined
  #textBytes = 0

  /** `hearPairs` takes up every message that main has posted. */
  constructor(
    reader: RingReader,
    journal: JournalWriter | undefined,
    hearPairs: () => void,
    textRing: TextReader | undefined,
  ) {
    this.textRing = textRing
    this.#hearPairs = hearPairs
    this.#reader = reader
    this.#journal = journal
    const slotBytes = CHUNK_ROWS * SLOT_BYTES
    this.words = journal?.slots ?? new Float64Array((slotBytes + TEXT_ROOM) / 8)
    const { buffer, byteOffset } = this.words
    this.halves = new Int32Array(buffer, byteOffset, CHUNK_ROWS * SLOT_WORDS * 2)
    this.#bytes = new Uint8Array(buffer, byteOffset, slotBytes + TEXT_ROOM)
  }

  /** Why the last run could not be journaled; undefined where it could. */
  failure: unknown

  /** Last sequence folded. */
  get foldedThrough(): number {
    return this.count === 0 ? this.#reader.nextSequence - 1 : this.firstSeq + this.at - 1
  }

  /** The bytes that the text ids of the run point into. */
  get texts(): Buffer {
    const from = this.count * SLOT_BYTES
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + from, this.#textBytes)
  }

  /** Whether there is a slot to fold; takes the next run where the last one is done. */
  fill(): boolean {
    if (this.at < this.count) return true
    this.finish()
    this.firstSeq = this.#reader.nextSequence
    this.count = this.#reader.take(this.words, CHUNK_ROWS)
    if (this.count === 0) return false
    // The pairs of these slots were declared before: they go into the journal before the slots.
    this.#hearPairs()
    if (this.textRing !== undefined) this.count = this.#gatherTexts(this.textRing, this.count)
    return this.#append()
  }

  // What cannot be journaled goes back into the ring: it is taken again when there is room.
  #append(): boolean {
    try {
      this.#journal?.appendSlots(this.count, this.firstSeq, Date.now() * 1000, this.#textBytes)
      this.failure = undefined
      return true
    } catch (cause) {
      if (!(cause instanceof EngineError)) throw cause
      this.failure = cause
      this.#reader.untake(this.count)
      this.count = 0
      return false
    }
  }

  /** Journals what is in the ring without folding it; returns the last sequence taken. */
  passBy(): number {
    this.at = this.count
    while (this.fill()) this.at = this.count
    return this.#reader.nextSequence - 1
  }

  /** Gives a run that is folded whole back to the writer. */
  finish(): void {
    if (this.at < this.count || this.count === 0) return
    this.at = 0
    this.count = 0
    this.#reader.release()
    if (this.#textEnd !== undefined) this.textRing?.release(this.#textEnd)
  }

  // Copies the texts behind the slots and lets the slots point there. A run ends before the first
  // text that finds no room.
  #gatherTexts(ring: TextReader, taken: number): number {
    const { halves } = this
    const room = CHUNK_ROWS * SLOT_BYTES
    let used = 0
    let count = 0
    this.#textEnd = undefined
    for (; count < taken; count++) {
      const at = count * SLOT_WORDS * 2
      if ((halves[at] & FLAG_TEXT_ID) === 0) continue
      const id = at + WORD_ID * 2
      const [position, length] = [halves[id], halves[id + 1]]
      if (used + length > TEXT_ROOM) break
      ring.copy(position, length, this.#bytes, room + used)
      this.#textEnd = (position + length) | 0
      halves[id] = used
      used += length
    }
    this.#reader.untake(taken - count)
    this.#textBytes = used
    if (used > 0) this.#bytes.copyWithin(count * SLOT_BYTES, room, room + used)
    return count
  }
}
