// Where the command writes: data to stdout, everything else to stderr. A reader that goes away ends
// the command quietly.

/** A chart is drawn into as many columns as the environment says, within reason. */
const MOST_COLUMNS = 1000

/** Ends the process quietly when whoever reads stdout has gone. */
export function quietEpipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
}

/** Writes data; resolves when the pipe has taken it. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve())
  })
}

/** The same, of a message with words that were given: one line, whatever stands in them. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

/** Writes what is not data. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function colored(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === ''
}

/** Columns of the terminal; 80 where there is none. */
export function terminalColumns(): number {
  const columns = process.stdout.columns ?? (Number(process.env['COLUMNS']) || 80)
  return Math.min(Math.trunc(columns), MOST_COLUMNS)
}

/** A number in its shortest exact decimal form, never with an exponent. */
export function decimal(x: number): string {
  const text = String(x)
  const at = text.indexOf('e')
  if (at < 0) return text
  const exponent = Number(text.slice(at + 1))
  const negative = text.startsWith('-')
  const [whole, fraction = ''] = text.slice(negative ? 1 : 0, at).split('.')
  const digits = whole + fraction
  const point = whole.length + exponent
  const plain =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : digits.length > point
        ? `${digits.slice(0, point)}.${digits.slice(point)}`
        : digits + '0'.repeat(point - digits.length)
  return negative ? `-${plain}` : plain
}

/** 1234567 as 1,234,567. */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString('en-US')
}

/** A text as one field of CSV. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
