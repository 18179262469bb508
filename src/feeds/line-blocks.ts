// Chunks of bytes as blocks of whole lines, in bounded memory. A line is never cut in two:
//
//   chunk  …price,vol\n123,4        block  …price,vol\n
//   chunk  5,6\n789,                block  123,45,6\n        held  789,

/** Longest line that is held together over chunks. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024

const NEWLINE = 10
// An over-long line becomes a line of one NUL: no format can parse it, so that it is counted as bad
// and the line numbers after it still hold.
const STAND_IN = Uint8Array.of(0, NEWLINE)

/** Whole lines: bytes[0, end), the last byte a newline. Valid until the next block is asked for. */
export interface LineBlock {
  bytes: Uint8Array
  end: number
}

/** Splits chunks into blocks of whole lines; a last line without newline gets one. */
export async function* lineBlocks(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<LineBlock> {
  let held = new Uint8Array(1 << 19)
  let length = 0
  let discarding = false
  const append = (bytes: Uint8Array): void => {
    if (length + bytes.length > held.length) {
      const larger = new Uint8Array(Math.max(held.length * 2, length + bytes.length))
      larger.set(held.subarray(0, length))
      held = larger
    }
    held.set(bytes, length)
    length += bytes.length
  }
  for await (const chunk of chunks) {
    if (discarding) {
      const newline = chunk.indexOf(NEWLINE)
      if (newline < 0) continue
      append(STAND_IN)
      append(chunk.subarray(newline + 1))
      discarding = false
    } else append(chunk)
    const end = held.lastIndexOf(NEWLINE, length - 1) + 1
    if (end > 0 && length > 0) {
      yield { bytes: held, end }
      held.copyWithin(0, end, length)
      length -= end
    }
    if (length > maxLineBytes) {
      length = 0
      discarding = true
    }
  }
  if (discarding) append(STAND_IN)
  else if (length > 0) append(Uint8Array.of(NEWLINE))
  if (length > 0) yield { bytes: held, end: length }
}
