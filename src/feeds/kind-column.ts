// The column that says of what kind a row is: rows of another kind than trades are passed over and
// told, wherever in the file the first one stands.
import type { CsvRow } from './csv-row.js'
import { plainName } from './formats/format.js'
import { OTHER_KINDS } from './usual-names.js'
import { OTHER_WORD, WordTable } from './word-table.js'

export class KindColumn {
  readonly #column: number
  readonly #name: string
  /** By word: 1 = rows with it are no trades. */
  readonly #other = new Uint8Array(256)
  readonly #table: WordTable
  #last = 0

  /** `trades`: the words of trades; without it every word is one's but those of other kinds. */
  constructor(column: number, name: string, trades: readonly string[] | undefined) {
    this.#column = column
    this.#name = name
    this.#table = new WordTable((index, word) => {
      const other = trades === undefined ? OTHER_KINDS.has(plainName(word)) : !trades.includes(word)
      const counts = index === OTHER_WORD ? trades !== undefined : other
      this.#other[index] = counts ? 1 : 0
    })
  }

  /** Whether the row is no trade. */
  isOther(bytes: Uint8Array, { start, end }: CsvRow): boolean {
    this.#last = this.#table.indexOf(bytes, start[this.#column], end[this.#column])
    return this.#other[this.#last] === 1
  }

  /** Of the row just looked at. */
  get reason(): string {
    return `${this.#name} is ${this.#table.words[this.#last]}`
  }
}
