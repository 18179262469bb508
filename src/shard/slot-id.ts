// The trade id of a slot, where a number in two halves is not what is wanted.
import * as L from '../ring/ring-layout.js'

/** As a whole number; undefined where the slot has none. `at`: the slot's first word. */
export function wholeId(halves: Int32Array, at: number, tag: number): bigint | undefined {
  if ((tag & L.FLAG_NO_ID) !== 0) return undefined
  const id = (at + L.WORD_ID) * 2
  return (BigInt(halves[id + 1]) << 32n) | BigInt(halves[id] >>> 0)
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
