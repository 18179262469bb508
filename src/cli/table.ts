import { colored } from './output.js'

/** A column of a table: its head, and whether it holds numbers. */
export interface Column {
  readonly head: string
  /** Set to the right, with the decimal points one below the other. */
  readonly right?: boolean
}

/** Rows under heads, as wide as they need to be; dim rules where the terminal has colours. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const texts = columns.map((column, i) => {
    const cells = rows.map((row) => row[i])
    return column.right ? pointsInLine(cells) : cells
  })
  const widths = columns.map((c, i) => Math.max(c.head.length, ...texts[i].map((t) => t.length)))
  const dim = colored(process.stdout) ? (s: string) => `\x1b[2m${s}\x1b[0m` : (s: string) => s
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i].right ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  const rule = dim(widths.map((w) => '─'.repeat(w)).join('──'))
  const lines = rows.map((_, row) => line(texts.map((cells) => cells[row])))
  return `${[line(columns.map((c) => c.head)), rule, ...lines].join('\n')}\n`
}

// Blanks behind the shorter fractions, so that a magnitude is seen by its place.
function pointsInLine(cells: readonly string[]): string[] {
  const fractions = cells.map((cell) => (cell.includes('.') ? cell.length - cell.indexOf('.') : 0))
  const longest = Math.max(0, ...fractions)
  return cells.map((cell, i) => cell + ' '.repeat(longest - fractions[i]))
}
