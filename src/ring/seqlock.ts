// Words in shared memory with one writer, read elsewhere without a message. There are two copies:
// while one is read, the writer makes the next in the other, so nobody waits for a writer that has
// been suspended, or has died, in the middle. The counter's accesses are read-modify-writes, so
// that the plain words between them cannot be moved past them, on ARM either.
//
//   | counter i32 … 128 bytes | words of even writes … | words of odd writes … |

const HEADER_BYTES = 128

export class Seqlock {
  readonly buffer: SharedArrayBuffer
  /** Writes that are complete; the lowest bit says in which half the last of them is. */
  readonly #counter: Int32Array
  readonly #halves: readonly [Float64Array, Float64Array]
  readonly #copy: Float64Array

  constructor(buffer: SharedArrayBuffer) {
    const words = (buffer.byteLength - HEADER_BYTES) / 16
    this.buffer = buffer
    this.#counter = new Int32Array(buffer, 0, 1)
    this.#halves = [
      new Float64Array(buffer, HEADER_BYTES, words),
      new Float64Array(buffer, HEADER_BYTES + words * 8, words),
    ]
    this.#copy = new Float64Array(words)
  }

  static allocate(words: number): Seqlock {
    return new Seqlock(new SharedArrayBuffer(HEADER_BYTES + words * 16))
  }

  /** Lets `fill` write all the words; the writer's thread. */
  write(fill: (words: Float64Array) => void): void {
    fill(this.#halves[(Atomics.add(this.#counter, 0, 0) + 1) & 1])
    Atomics.add(this.#counter, 0, 1)
  }

  /**
   * A copy of `length` words from `at`, all of one moment; undefined before the first write. The
   * copy is overwritten by the next read.
   */
  read(at: number, length: number): Float64Array | undefined {
    const counter = this.#counter
    const copy = this.#copy
    // Tried again where a write was completed meanwhile: the next may be in this half already. A
    // write follows folding, which takes longer than a copy: two in a row are not met.
    for (;;) {
      const before = Atomics.add(counter, 0, 0)
      if (before === 0) return undefined
      const words = this.#halves[before & 1]
      for (let i = 0; i < length; i++) copy[i] = words[at + i]
      if (Atomics.add(counter, 0, 0) === before) return copy
    }
  }
}
