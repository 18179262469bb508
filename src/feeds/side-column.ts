// Sides by the word that stands for them: counted by word, understood once a word. The meaning of a
// word can become clear later (1 beside −1, an amount without a sign beside one with); rows that
// are still held are then looked at again, the others are told.

import type { ReadingCounts } from '../model/reading-counts.js'
import { Side } from '../model/side.js'
import type { SideMeaning } from './side-meaning.js'
import type { TradeBatch } from './trade-batch.js'
import { WordTable } from './word-table.js'

const WORDS = 256
/** Words that a signed amount stands for. */
export const PLUS = 0
export const MINUS = 1

export class SideColumn {
  /** By word. */
  readonly side = new Uint8Array(WORDS)
  readonly counts = new Float64Array(WORDS)
  readonly volumes = new Float64Array(WORDS)
  readonly table: WordTable
  /** Trades whose word became clear after they were given away. */
  late = 0
  readonly #meaning: SideMeaning | undefined
  readonly #maker: boolean
  readonly #understood: (boolean | undefined)[] = []
  #learned = false

  /** Without a meaning there is no column: the sign of the amount is the side. */
  constructor(meaning: SideMeaning | undefined, maker: boolean) {
    this.#meaning = meaning
    this.#maker = maker
    this.table = new WordTable((index, word) => this.#meet(index, word))
    if (meaning !== undefined) return
    this.table.words.push('an amount above zero', 'an amount below zero')
    this.#understood.push(false, true)
    this.side[MINUS] = maker ? Side.Buy : Side.Sell
  }

  get signed(): boolean {
    return this.#meaning === undefined
  }

  /** Whether any word was met whose meaning nobody knows, in counts. */
  get notUnderstood(): number {
    let sum = 0
    for (const [index, known] of this.#understood.entries()) {
      if (known === false) sum += this.counts[index]
    }
    return sum
  }

  /** Values that stand in the file's head: what they say of each other is known from the start. */
  expect(values: readonly string[]): void {
    for (const value of values) {
      if (this.#meaning === undefined) {
        if (value.startsWith('-')) this.meetMinus()
      } else this.#meaning.learns(value)
    }
  }

  /** The first amount below zero: those above are buys from here on. */
  meetMinus(): void {
    if (this.#understood[PLUS]) return
    this.#understood[PLUS] = true
    this.#learn(PLUS, this.#maker ? Side.Sell : Side.Buy)
  }

  /** Looks again at the sides of rows that are about to be given away. */
  settle({ word, side, count }: TradeBatch): void {
    if (!this.#learned) return
    for (let row = 0; row < count; row++) {
      const known = this.side[word[row]]
      if (side[row] === known) continue
      side[row] = known
      this.late--
    }
  }

  /** The batch was given away: what is learned from now on does not change it. */
  pass(): void {
    this.#learned = false
  }

  /** Words with their counts and volumes, into the reading. */
  into(counts: ReadingCounts): void {
    for (const [index, word] of this.table.words.entries()) {
      if (word === undefined || this.counts[index] === 0) continue
      const side = this.#understood[index] ? (this.side[index] as Side) : undefined
      counts.side(word, side, this.volumes[index], this.counts[index])
    }
  }

  #meet(index: number, word: string): void {
    const meaning = this.#meaning as SideMeaning
    if (meaning.learns(word)) {
      for (const [known, other] of this.table.words.entries()) {
        if (known === index || this.#understood[known]) continue
        const side = meaning.of(other)
        if (side === undefined) continue
        this.#understood[known] = true
        this.#learn(known, side)
      }
    }
    const side = index === WORDS - 1 ? undefined : meaning.of(word)
    this.#understood[index] = side !== undefined
    this.side[index] = side ?? Side.Unknown
  }

  #learn(index: number, side: Side): void {
    this.side[index] = side
    this.late += this.counts[index]
    this.#learned = true
  }
}
