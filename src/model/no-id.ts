// What stands in an id's place where there is none. Such ids identify nothing: taken for ids, every
// trade that has one would be the same trade.
//
// The number 0 is none of them. Where a venue counts from 0 it is the id of one trade; where 0
// stands for "none" it comes with every trade, at other times, and is told as a shared id.

const NOTHING: ReadonlySet<string> = new Set([
  '',
  '-',
  'none',
  'null',
  'nil',
  'nan',
  'n/a',
  'na',
  'undefined',
  '<na>',
])
/** The longest of them, with a blank on either side. */
const LONGEST = 11
/** A nil UUID has 32 zeros, and up to four dashes, two braces and two blanks. */
const SHORTEST_UUID = 32
const LONGEST_UUID = 40
const NIL_UUID = /^\s?\{?0{8}-?0{4}-?0{4}-?0{4}-?0{12}\}?\s?$/

/** Whether a text in an id's place is no id: empty, None, nan, null, the nil UUID. */
export function isNoId(text: string): boolean {
  if (text.length <= LONGEST) return NOTHING.has(text.trim().toLowerCase())
  if (text.length < SHORTEST_UUID || text.length > LONGEST_UUID) return false
  return text.includes('00000000') && NIL_UUID.test(text)
}
