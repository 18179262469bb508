// A grid of characters, each in a colour of the terminal's own palette, so that it can be read on a
// dark ground and on a light one.

/** Colours by what they say; undefined is the terminal's own. */
export type Ink = 'up' | 'down' | 'line' | 'faint' | 'strong'

const CODES: Readonly<Record<Ink, string>> = {
  up: '32',
  down: '31',
  line: '36',
  faint: '2',
  strong: '1',
}

export class Canvas {
  readonly width: number
  readonly height: number
  readonly #chars: string[]
  readonly #inks: (Ink | undefined)[]

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.#chars = new Array(width * height).fill(' ')
    this.#inks = new Array(width * height).fill(undefined)
  }

  /** Writes text from a column on; what lies outside is cut off. */
  put(column: number, row: number, text: string, ink?: Ink): void {
    let at = column
    for (const char of text) {
      if (at >= 0 && at < this.width && row >= 0 && row < this.height) {
        this.#chars[row * this.width + at] = char
        this.#inks[row * this.width + at] = ink
      }
      at++
    }
  }

  /** The lines, without blanks at their ends. */
  lines(colored: boolean): string[] {
    return Array.from({ length: this.height }, (_, row) => this.#line(row, colored))
  }

  #line(row: number, colored: boolean): string {
    const from = row * this.width
    const text = this.#chars
      .slice(from, from + this.width)
      .join('')
      .trimEnd()
    if (!colored) return text
    let line = ''
    let ink: Ink | undefined
    for (const [i, char] of [...text].entries()) {
      const next = char === ' ' ? ink : this.#inks[from + i]
      if (next !== ink) line += next === undefined ? '\x1b[0m' : `\x1b[0;${CODES[next]}m`
      ink = next
      line += char
    }
    return ink === undefined ? line : `${line}\x1b[0m`
  }
}
