// The reading end of a ring, on the shard's thread. Slots are copied out in runs; the cursor moves
// once per batch, and only when the batch is journaled and folded: what a shard had not finished
// is still in the ring when it dies.
import * as L from './ring-layout.js'
import type { TextReader } from './text-ring.js'

export class RingReader {
  readonly #control: Int32Array
  readonly #words: Float64Array
  readonly #halves: Int32Array
  readonly #capacity: number
  readonly #mask: number
  #tail: number
  #taken: number
  #tailSequence: number

  /** `tailSequence`: sequence of the slot at the ring's present tail. */
  constructor(ring: L.RingMemory, tailSequence: number) {
    this.#control = ring.control
    this.#words = ring.words
    this.#halves = ring.halves
    this.#capacity = ring.capacity
    this.#mask = ring.capacity - 1
    this.#tail = Atomics.load(ring.control, L.TAIL)
    this.#taken = this.#tail
    this.#tailSequence = tailSequence
  }

  /** Sequence of the first slot not taken yet. */
  get nextSequence(): number {
    return this.#tailSequence + ((this.#taken - this.#tail) | 0)
  }
  /** Published slots not taken yet. */
  get depth(): number {
    return (Atomics.load(this.#control, L.HEAD) - this.#taken) | 0
  }

  /** Copies up to `limit` published slots into `into`; they stay in the ring until release(). */
  take(into: Float64Array, limit: number): number {
    const count = Math.min(this.depth, limit)
    const index = this.#taken & this.#mask
    const first = Math.min(count, this.#capacity - index)
    const from = index * L.SLOT_WORDS
    into.set(this.#words.subarray(from, from + first * L.SLOT_WORDS))
    if (first < count) {
      into.set(this.#words.subarray(0, (count - first) * L.SLOT_WORDS), first * L.SLOT_WORDS)
    }
    this.#taken = (this.#taken + count) | 0
    return count
  }

  /** Gives the last `count` taken slots back to the ring: they are taken again. */
  untake(count: number): void {
    this.#taken = (this.#taken - count) | 0
  }

  /** Drops published slots below `sequence` that a journal already holds, and their texts. */
  skipTo(sequence: number, texts: TextReader | undefined): void {
    const behind = Math.min(this.depth, Math.max(0, sequence - this.nextSequence))
    for (let i = 0; i < behind; i++) {
      const half = ((this.#taken + i) & this.#mask) * L.SLOT_WORDS * 2
      if ((this.#halves[half] & L.FLAG_TEXT_ID) === 0) continue
      const id = half + L.WORD_ID * 2
      texts?.release((this.#halves[id] + this.#halves[id + 1]) | 0)
    }
    this.#taken = (this.#taken + behind) | 0
    this.release()
  }

  /** Gives the taken slots back to the writer. */
  release(): void {
    this.#tailSequence += (this.#taken - this.#tail) | 0
    this.#tail = this.#taken
    Atomics.store(this.#control, L.TAIL, this.#tail)
  }

  /** Says that everything released is folded and visible in the snapshots. */
  announceFolded(): void {
    if (Atomics.exchange(this.#control, L.FOLDED, this.#tail) !== this.#tail) {
      Atomics.notify(this.#control, L.FOLDED)
    }
  }

  /** Says that everything up to and including `sequence` survives a crash. */
  announceDurable(sequence: number): void {
    const position = (this.#tail - (this.#tailSequence - 1 - sequence)) | 0
    Atomics.store(this.#control, L.DURABLE, position)
  }
}
