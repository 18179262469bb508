// The writing end of a ring, on the thread that opened the engine. Claim, write, publish: a slot
// becomes visible with one store, every PUBLISH_EVERY slots, when the shard sleeps, and once per
// turn of the event loop. What does not fit goes to the spill, and from there in order.
import { PUBLISH_EVERY } from '../limits.js'
import * as L from './ring-layout.js'
import { Spill } from './spill.js'

/** Looks before a sleep: some 20 µs. */
const SPINS = 2000
const LAST_UNPUBLISHED = PUBLISH_EVERY - 1

export class RingWriter {
  readonly #control: Int32Array
  readonly #words: Float64Array
  readonly #halves: Int32Array
  readonly #capacity: number
  readonly #mask: number
  readonly #spill: Spill | undefined
  /** How long a write may wait for room. */
  readonly #blockMs: number
  // A wait was in vain: no other until there is room, or a shard that hangs would hang the caller.
  #gaveUp = false
  /** Slots that may lie unread: the ring's, and none while others are spilled before them. */
  #room: number
  #head = 0
  #published = 0
  #tail = 0
  #next: number

  /**
   * `firstSequence`: the sequence of the first slot; sequences count up by one from there.
   * `blockMs`: how long a write may wait for room.
   */
  constructor(ring: L.RingMemory, firstSequence: number, spillSlots: number, blockMs: number) {
    this.#blockMs = blockMs
    this.#control = ring.control
    this.#words = ring.words
    this.#halves = ring.halves
    this.#capacity = ring.capacity
    this.#room = ring.capacity
    this.#mask = ring.capacity - 1
    this.#next = firstSequence
    this.#spill = spillSlots > 0 ? new Spill(spillSlots) : undefined
  }

  /** Sequence the next slot will get. */
  get nextSequence(): number {
    return this.#next
  }
  /** Slots waiting in main because the ring was full. */
  get spilled(): number {
    return this.#spill === undefined ? 0 : this.#spill.size
  }
  /** Slots the shard has not taken yet, spilled ones included. */
  get depth(): number {
    return ((this.#head - Atomics.load(this.#control, L.TAIL)) | 0) + this.spilled
  }
  get unpublished(): boolean {
    return this.#head !== this.#published
  }

  /** Writes one slot and returns its sequence, or 0 where there is no room for it. */
  write(
    tag: number,
    pair: number,
    timestamp: number,
    a: number,
    b: number,
    idLow: number,
    idHigh: number,
    d: number,
  ): number {
    const head = this.#head
    if (((head - this.#tail) | 0) >= this.#room) {
      return this.#writeFull(tag, pair, timestamp, a, b, idLow, idHigh, d)
    }
    const at = (head & this.#mask) * L.SLOT_WORDS
    const words = this.#words
    const halves = this.#halves
    const half = at * 2
    halves[half] = tag
    halves[half + 1] = pair
    words[at + L.WORD_TIMESTAMP] = timestamp
    words[at + L.WORD_PRICE] = a
    words[at + L.WORD_VOLUME] = b
    halves[half + 2 * L.WORD_ID] = idLow
    halves[half + 2 * L.WORD_ID + 1] = idHigh
    words[at + L.WORD_RECEIVED] = d
    this.#head = (head + 1) | 0
    if (((head - this.#published) | 0) >= LAST_UNPUBLISHED || this.#control[L.PARKED] === 1) {
      this.publish()
    }
    return this.#next++
  }

  /** Makes every written slot visible, and wakes the shard if it sleeps. */
  publish(): void {
    Atomics.store(this.#control, L.HEAD, this.#head)
    this.#published = this.#head
    if (
      this.#control[L.PARKED] === 1 &&
      Atomics.compareExchange(this.#control, L.PARKED, 1, 0) === 1
    ) {
      Atomics.notify(this.#control, L.PARKED)
    }
  }

  /** Moves spilled slots into the ring as far as there is room; true when none is left. */
  pump(): boolean {
    const spill = this.#spill
    if (spill === undefined || spill.size === 0) return true
    this.#tail = Atomics.load(this.#control, L.TAIL)
    let room = this.#capacity - ((this.#head - this.#tail) | 0)
    while (room > 0 && spill.size > 0) {
      const index = this.#head & this.#mask
      const moved = spill.moveInto(this.#words, index, Math.min(room, this.#capacity - index))
      this.#head = (this.#head + moved) | 0
      room -= moved
    }
    this.publish()
    if (spill.size > 0) return false
    this.#room = this.#capacity
    return true
  }

  /** True when the shard has folded everything up to now. */
  folded(): boolean {
    return this.spilled === 0 && Atomics.load(this.#control, L.FOLDED) === this.#head
  }

  /**
   * Sleeps on the caller's thread until the shard folds on, or `timeoutMs` have passed; looks a few
   * microseconds first, since to fall asleep and wake up costs more than to fold a tick.
   */
  awaitFolded(timeoutMs: number): void {
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.load(this.#control, L.FOLDED) === this.#head) return
    }
    const seen = Atomics.load(this.#control, L.FOLDED)
    if (seen !== this.#head) Atomics.wait(this.#control, L.FOLDED, seen, timeoutMs)
  }

  /** Highest sequence that survives a crash. */
  durableThrough(): number {
    return this.#sequenceAt(Atomics.load(this.#control, L.DURABLE))
  }
  /** Sequence of the first slot the shard has not finished: where a new shard takes over. */
  tailSequence(): number {
    return this.#sequenceAt(Atomics.load(this.#control, L.TAIL)) + 1
  }

  #sequenceAt(position: number): number {
    return this.#next - 1 - this.spilled - ((this.#head - position) | 0)
  }

  // The ring is full, or slots are spilled: after those, in order.
  #writeFull(
    tag: number,
    pair: number,
    timestamp: number,
    a: number,
    b: number,
    idLow: number,
    idHigh: number,
    d: number,
  ): number {
    if (this.#makeRoom()) {
      this.#gaveUp = false
      return this.write(tag, pair, timestamp, a, b, idLow, idHigh, d)
    }
    if (this.#head !== this.#published) this.publish()
    if (this.#blockMs > 0 && !this.#gaveUp && this.#waitForRoom()) {
      return this.write(tag, pair, timestamp, a, b, idLow, idHigh, d)
    }
    if (this.#spill?.push(tag, pair, timestamp, a, b, idLow, idHigh, d) !== true) return 0
    this.#room = 0
    return this.#next++
  }

  // Sleeps on the caller's thread. Nobody wakes it: the shard has better to do than to look whether
  // somebody waits.
  #waitForRoom(): boolean {
    const deadline = performance.now() + this.#blockMs
    while (performance.now() < deadline) {
      Atomics.wait(this.#control, L.TAIL, this.#tail, 1)
      if (this.#makeRoom()) return true
    }
    this.#gaveUp = true
    return false
  }

  #makeRoom(): boolean {
    if (!this.pump()) return false
    this.#tail = Atomics.load(this.#control, L.TAIL)
    return ((this.#head - this.#tail) | 0) < this.#capacity
  }
}
