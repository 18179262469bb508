// From the ring through the journal to the folder: a run of slots is copied out, appended to the
// journal, and folded in place. The ring's cursor moves when the whole run is folded.
import type { JournalWriter } from '../journal/journal-writer.js'
import { CHUNK_ROWS } from '../limits.js'
import { SLOT_WORDS } from '../ring/ring-layout.js'
import type { RingReader } from '../ring/ring-reader.js'

export class Intake {
  readonly words: Float64Array
  readonly halves: Int32Array
  /** Next slot of the run to fold, slots in the run, and the sequence of its first. */
  at = 0
  count = 0
  firstSeq = 0
  readonly #reader: RingReader
  readonly #journal: JournalWriter | undefined
  readonly #hearPairs: () => void

  /** `hearPairs` takes up every message that main has posted. */
  constructor(reader: RingReader, journal: JournalWriter | undefined, hearPairs: () => void) {
    this.#hearPairs = hearPairs
    this.#reader = reader
    this.#journal = journal
    this.words = journal?.slots ?? new Float64Array(CHUNK_ROWS * SLOT_WORDS)
    this.halves = new Int32Array(
      this.words.buffer,
      this.words.byteOffset,
      CHUNK_ROWS * SLOT_WORDS * 2,
    )
  }

  /** Last sequence folded. */
  get foldedThrough(): number {
    return this.count === 0 ? this.#reader.nextSequence - 1 : this.firstSeq + this.at - 1
  }

  /** Whether there is a slot to fold; takes the next run where the last one is done. */
  fill(): boolean {
    if (this.at < this.count) return true
    this.finish()
    this.firstSeq = this.#reader.nextSequence
    const count = this.#reader.take(this.words, CHUNK_ROWS)
    if (count === 0) return false
    this.count = count
    // The pairs of these slots were declared before: they go into the journal before the slots.
    this.#hearPairs()
    this.#journal?.appendSlots(count, this.firstSeq, Date.now() * 1000)
    return true
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
  }
}
