// The trade id of a slot, where a number in two halves is not what is wanted.
import * as L from '../ring/ring-layout.js'

/** Ids whose upper half is below fit a float64. */
const EXACT_HIGH = 2 ** 21
const TWO_32 = 2 ** 32

/** As a whole number; undefined where the slot has none. `at`: the slot's first word. */
export function wholeId(halves: Int32Array, at: number, tag: number): bigint | undefined {
  if ((tag & L.FLAG_NO_ID) !== 0) return undefined
  const id = (at + L.WORD_ID) * 2
  return (BigInt(halves[id + 1]) << 32n) | BigInt(halves[id] >>> 0)
}

/** As a number where it is a whole one below 2^53, else −1; of a slot that has one. */
export function exactId(halves: Int32Array, at: number): number {
  const id = (at + L.WORD_ID) * 2
  const high = halves[id + 1]
  return high < EXACT_HIGH ? high * TWO_32 + (halves[id] >>> 0) : -1
}

/** As text: the bytes of `texts` it points to, or the digits of a number that a caller gave. */
export function textId(
  halves: Int32Array,
  at: number,
  tag: number,
  texts: Buffer,
): string | undefined {
  if ((tag & L.FLAG_TEXT_ID) === 0) return wholeId(halves, at, tag)?.toString()
  const id = (at + L.WORD_ID) * 2
  return texts.toString('utf8', halves[id], halves[id] + halves[id + 1])
}
