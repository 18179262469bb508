// Values that nobody should hand in, and a generator that is fast enough for many of them.

import { IS_LONG } from './seed.js'

export { SEED as seed } from './seed.js'

/**
 * How many of `most` cases: all of them for a million of TICKLOOM_CASES, which a round of
 * `npm run test:long` makes, and so on.
 */
export function cases(most: number): number {
  const million = Number(process.env['TICKLOOM_CASES'] ?? (IS_LONG ? 1_000_000 : 250_000))
  return Math.max(10, Math.round((most * million) / 1_000_000))
}

/** A whole number below `below`, by xorshift. */
export type Next = (below: number) => number

export function random(start: number): Next {
  let state = start >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

export const pick = <T>(next: Next, from: readonly T[]): T => from[next(from.length)]

/** Ten million characters. */
export const LONG = 'x'.repeat(10_000_000)

/** Throws whenever it is looked at as a number or as text. */
export const thrower = {
  valueOf() {
    throw new Error('a getter that throws')
  },
  toString() {
    throw new Error('a getter that throws')
  },
}

const itself: unknown[] = []
itself.push(itself)

/** By name, so that a failure says which. */
export const ODD: Readonly<Record<string, unknown>> = {
  null: null,
  zero: 0,
  'minus zero': -0,
  minus: -1,
  NaN: Number.NaN,
  infinite: Number.POSITIVE_INFINITY,
  'beyond exact': 2 ** 53,
  'last exact': 2 ** 53 - 1,
  tiny: 5e-324,
  broken: 1.5,
  bigint: 10n,
  'long bigint': 10n ** 5000n,
  empty: '',
  text: 'x',
  '10 MB': LONG,
  'lone surrogate': '\ud800',
  NUL: 'a\0b',
  lines: 'a\nb\r\u2028c',
  __proto__: '__proto__',
  constructor: 'constructor',
  symbol: Symbol('s'),
  function: () => 1,
  true: true,
  list: [],
  one: [1],
  symbols: [Symbol('s')],
  itself,
  object: {},
  'no prototype': Object.create(null),
  thrower,
  'like a date': Object.create(Date.prototype),
  'no date': new Date(Number.NaN),
  map: new Map([[1, 1]]),
  bytes: new Uint8Array(3),
  expression: /x/,
  promise: Promise.resolve(1),
}

/** Bytes changed, cut off, doubled, filled, or with signs of the format put in between. */
export function mutated(next: Next, base: Uint8Array, signs = ',"\r\n,;\t'): Buffer {
  let bytes: Buffer = Buffer.from(base)
  for (let n = next(8); n >= 0; n--) {
    const at = next(Math.max(1, bytes.length))
    const how = next(5)
    if (how === 0 && bytes.length > 0) bytes[at] = next(256)
    if (how === 1) bytes = bytes.subarray(0, Math.max(1, at))
    if (how === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at >> 1)])
    if (how === 3) bytes.fill(next(256), at, Math.min(bytes.length, at + next(200)))
    if (how === 4) {
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(signs), bytes.subarray(at)])
    }
  }
  return bytes
}

/** MB this process takes. */
export const residentMb = () => process.memoryUsage.rss() / 2 ** 20
