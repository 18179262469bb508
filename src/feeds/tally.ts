// What a feed has seen so far. Bad data never throws: it is counted, and the first few lines kept.

/** Line numbers of bad rows that are kept for the reader. */
const BAD_LINES_KEPT = 5

/** A feed's counters. rows + bad = trade rows seen. */
export class Tally {
  /** Trades parsed. */
  rows = 0
  /** Rows that cannot be parsed. */
  bad = 0
  /** Well-formed lines that are no trades: other streams of a raw capture. */
  skipped = 0
  /** Rows whose id is no whole number. */
  textIds = 0
  /** Lines read, header and empty ones included. */
  lines = 0
  /** Bytes read of the file, compressed where it is. */
  bytesRead = 0
  /** Size of the file; 0 when reading from a pipe. */
  bytesTotal = 0
  /** Line numbers (from 1) of the first bad rows. */
  readonly badLines: number[] = []

  /** Counts the line just read as bad. */
  addBad(): void {
    this.bad++
    if (this.badLines.length < BAD_LINES_KEPT) this.badLines.push(this.lines)
  }
}
