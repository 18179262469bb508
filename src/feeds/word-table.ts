// The few distinct words of a column, by their bytes: a row costs a hash and no string. 256 words
// at most; all that come after them are one.
import { textOf } from './parse-number.js'

/** Index of every word beyond the first 255, and of longer ones. */
export const OTHER_WORD = 255
const MOST_BYTES = 64
const FEW = 4
const SLOTS = 1024
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

export class WordTable {
  /** By index. */
  readonly words: string[] = []
  readonly #bytes: Uint8Array[] = []
  /** Index + 1 by hash, with linear probing. */
  readonly #slots = new Uint16Array(SLOTS)
  readonly #met: (index: number, word: string) => void

  /** `met` hears of each new word. */
  constructor(met: (index: number, word: string) => void) {
    this.#met = met
  }

  indexOf(bytes: Uint8Array, start: number, end: number): number {
    // Most columns have two words or three.
    const known = this.#bytes
    const few = Math.min(known.length, FEW)
    for (let i = 0; i < few; i++) if (same(known[i], bytes, start, end)) return i
    if (end - start > MOST_BYTES) return this.#other()
    let hash = FNV_OFFSET
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], FNV_PRIME)
    let slot = (hash >>> 8) & (SLOTS - 1)
    for (;;) {
      const index = this.#slots[slot] - 1
      if (index < 0) break
      if (same(known[index], bytes, start, end)) return index
      slot = (slot + 1) & (SLOTS - 1)
    }
    const index = this.words.length
    if (index >= OTHER_WORD) return this.#other()
    this.#slots[slot] = index + 1
    this.#bytes.push(bytes.slice(start, end))
    const word = textOf(bytes, start, end)
    this.words.push(word)
    this.#met(index, word)
    return index
  }

  #other(): number {
    if (this.words[OTHER_WORD] === undefined) {
      this.words[OTHER_WORD] = '(others)'
      this.#met(OTHER_WORD, '(others)')
    }
    return OTHER_WORD
  }
}

function same(word: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (word.length !== to - from) return false
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[from + i]) return false
  return true
}
