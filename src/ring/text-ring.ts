// Trade ids that are text, beside a shard's ring: a slot holds where its bytes start and how many
// they are. One writer, one reader, positions that wrap, as in the ring; a text lies in one piece.
//
//   | HEAD … 128 | TAIL … 128 | bytes: | id | id | id … | (rest too short) | id …
import { Buffer } from 'node:buffer'
import { TEXT_BYTES } from '../limits.js'

const TAIL = 32
const CONTROL_BYTES = 256
/** Longest id, in bytes of UTF-8. */
export const MAX_TEXT_BYTES = 256

/** Whether text can be an id: not empty, not too long, and the same again when read back. */
export function isTextId(text: string): boolean {
  if (text.length === 0 || text.length > MAX_TEXT_BYTES) return false
  const bytes = Buffer.byteLength(text)
  // A lone surrogate would be read back as another character.
  return bytes === text.length || (bytes <= MAX_TEXT_BYTES && !/\p{Surrogate}/u.test(text))
}

/** The writing end, on the thread that opened the engine. */
export class TextWriter {
  /** Where the last text starts, and how many bytes it has. */
  at = 0
  length = 0
  readonly #control: Int32Array
  readonly #bytes: Buffer
  readonly #mask: number
  #head = 0
  #tail = 0
  #before = 0

  readonly buffer = new SharedArrayBuffer(CONTROL_BYTES + TEXT_BYTES)

  constructor() {
    this.#control = new Int32Array(this.buffer, 0, CONTROL_BYTES / 4)
    this.#bytes = Buffer.from(this.buffer, CONTROL_BYTES)
    this.#mask = this.#bytes.length - 1
  }

  /** Writes a text that isTextId(); false where there is no room. */
  put(text: string): boolean {
    const size = this.#bytes.length
    const index = this.#head & this.#mask
    const skipped = size - index < MAX_TEXT_BYTES ? size - index : 0
    if (((this.#head + skipped + MAX_TEXT_BYTES - this.#tail) | 0) > size) {
      this.#tail = Atomics.load(this.#control, TAIL)
      if (((this.#head + skipped + MAX_TEXT_BYTES - this.#tail) | 0) > size) return false
    }
    this.#before = this.#head
    this.at = (this.#head + skipped) | 0
    this.length = this.#bytes.write(text, this.at & this.#mask)
    this.#head = (this.at + this.length) | 0
    return true
  }

  /** Takes the last text back: its slot found no room. */
  takeBack(): void {
    this.#head = this.#before
  }
}

/** The writing end of a shard's texts, made when the first one comes. */
export class TextRing {
  #writer: TextWriter | undefined
  readonly #made: (buffer: SharedArrayBuffer) => void

  /** `made` is told of its memory, before there is anything in it. */
  constructor(made: (buffer: SharedArrayBuffer) => void) {
    this.#made = made
  }

  /** Undefined while no text has come. */
  get buffer(): SharedArrayBuffer | undefined {
    return this.#writer?.buffer
  }

  get writer(): TextWriter {
    if (this.#writer === undefined) {
      this.#writer = new TextWriter()
      this.#made(this.#writer.buffer)
    }
    return this.#writer
  }
}

/** The reading end, on the shard's thread. */
export class TextReader {
  readonly #control: Int32Array
  readonly #bytes: Uint8Array
  readonly #mask: number

  constructor(buffer: SharedArrayBuffer) {
    this.#control = new Int32Array(buffer, 0, CONTROL_BYTES / 4)
    this.#bytes = new Uint8Array(buffer, CONTROL_BYTES)
    this.#mask = this.#bytes.length - 1
  }

  /** Copies the text at a position to byte `to` of `into`. */
  copy(at: number, length: number, into: Uint8Array, to: number): void {
    const from = at & this.#mask
    into.set(this.#bytes.subarray(from, from + length), to)
  }

  /** Gives everything before a position back to the writer. */
  release(before: number): void {
    Atomics.store(this.#control, TAIL, before)
  }
}
