// Words in shared memory with one writer, read elsewhere without a message. The counter is odd
// while the writer is at work; its checks are read-modify-writes, so that the plain words between
// them cannot be moved past them, on ARM either.
//
//   | counter i32 … 128 bytes | words …

const HEADER_BYTES = 128
/**
 * A writer is never inside for longer than a few µs: more tries than this mean that it died there.
 */
const MAX_TRIES = 10_000

export class Seqlock {
  readonly buffer: SharedArrayBuffer
  readonly #counter: Int32Array
  readonly #words: Float64Array
  readonly #copy: Float64Array

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#counter = new Int32Array(buffer, 0, 1)
    this.#words = new Float64Array(buffer, HEADER_BYTES)
    this.#copy = new Float64Array(this.#words.length)
  }

  static allocate(words: number): Seqlock {
    return new Seqlock(new SharedArrayBuffer(HEADER_BYTES + words * 8))
  }

  /** Lets `fill` write the words; the writer's thread. */
  write(fill: (words: Float64Array) => void): void {
    Atomics.store(this.#counter, 0, Atomics.load(this.#counter, 0) | 1)
    fill(this.#words)
    Atomics.add(this.#counter, 0, 1)
  }

  /**
   * A copy of `length` words from `at`, all of one moment; undefined before the first write. The
   * copy is overwritten by the next read.
   */
  read(at: number, length: number): Float64Array | undefined {
    const counter = this.#counter
    const words = this.#words
    const copy = this.#copy
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const before = Atomics.add(counter, 0, 0)
      if (before === 0) return undefined
      if ((before & 1) === 1) continue
      for (let i = 0; i < length; i++) copy[i] = words[at + i]
      if (Atomics.add(counter, 0, 0) === before) return copy
    }
    return undefined
  }
}
