// One CSV row as ranges of bytes. Quotes are understood within a line; a newline inside quotes is
// not (no trade file has one), it makes two bad rows.

const NEWLINE = 10
const RETURN = 13
const QUOTE = 34
const SPACE = 32
/** Columns looked at; more are passed over. */
export const MAX_COLUMNS = 256

/** The ranges of a row's fields, filled by splitRow(). */
export interface CsvRow {
  readonly start: Int32Array
  readonly end: Int32Array
  /** Fields found; at most MAX_COLUMNS + 1. */
  fields: number
}

export function makeRow(): CsvRow {
  return {
    start: new Int32Array(MAX_COLUMNS + 1),
    end: new Int32Array(MAX_COLUMNS + 1),
    fields: 0,
  }
}

/** Splits the line at `from`, which ends with a newline; returns where the next line starts. */
export function splitRow(bytes: Uint8Array, from: number, delimiter: number, row: CsvRow): number {
  const { start, end } = row
  // Digits and letters are above all that ends a field, with every delimiter but the semicolon.
  const highest = Math.max(delimiter, QUOTE)
  let field = 0
  let at = from
  start[0] = from
  for (;;) {
    const byte = bytes[at]
    if (byte > highest) at++
    else if (byte === delimiter) {
      end[field] = at++
      if (field < MAX_COLUMNS) field++
      start[field] = at
    } else if (byte === NEWLINE) {
      break
    } else if (byte === QUOTE && at === start[field]) {
      at = afterQuotes(bytes, at + 1)
    } else at++
  }
  end[field] = at > from && bytes[at - 1] === RETURN ? at - 1 : at
  row.fields = field + 1
  return at + 1
}

// Past the closing quote; an unclosed one ends with its line.
function afterQuotes(bytes: Uint8Array, from: number): number {
  let at = from
  for (; bytes[at] !== NEWLINE; at++) {
    if (bytes[at] !== QUOTE) continue
    if (bytes[at + 1] !== QUOTE) return at + 1
    at++
  }
  return at
}

/** Takes blanks and quotes off the ends of a field, in place. */
export function trimField(bytes: Uint8Array, row: CsvRow, field: number): void {
  let start = row.start[field]
  let end = row.end[field]
  while (start < end && bytes[start] === SPACE) start++
  while (start < end && bytes[end - 1] === SPACE) end--
  if (end - start >= 2 && bytes[start] === QUOTE && bytes[end - 1] === QUOTE) {
    start++
    end--
  }
  row.start[field] = start
  row.end[field] = end
}
