import { colored } from './output.js'

/** A column of a table: its head, and whether it is set to the right. */
export interface Column {
  readonly head: string
  readonly right?: boolean
}

/** Rows under heads, as wide as they need to be; dim rules where the terminal has colours. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((c, i) => Math.max(c.head.length, ...rows.map((r) => r[i].length)))
  const dim = colored(process.stdout) ? (s: string) => `\x1b[2m${s}\x1b[0m` : (s: string) => s
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i].right ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  const rule = dim(widths.map((w) => '─'.repeat(w)).join('──'))
  return `${[line(columns.map((c) => c.head)), rule, ...rows.map(line)].join('\n')}\n`
}
