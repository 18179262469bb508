// What the values of a file's side column mean: by --sides, by the venue's declared rule, by the
// column's name where they are booleans, else by the vocabulary.
import { bare, EngineError } from '../errors.js'
import { Side } from '../model/side.js'
import { otherSide, takerSideOf } from '../model/side-words.js'
import type { SideRule } from './formats/format.js'

/** Values that name sides, as --sides has them: { buy: '2', sell: ['1', '3'] }. */
export type SideValues = Partial<
  Readonly<Record<'buy' | 'sell' | 'unknown', string | readonly string[]>>
>

const TRUE = /^(?:true|t|1|1\.0|yes|y)$/
const FALSE = /^(?:false|f|0|0\.0|no)$/
/** A one without a sign: a buy where the column has −1 as well. */
const BARE_ONE = /^1(?:\.0+)?$/
const MINUS_ONE = /^[-\u2212]1(?:\.0+)?$/

export class SideMeaning {
  readonly #given = new Map<string, Side>()
  readonly #whenTrue: Side | undefined
  readonly #maker: boolean
  #hasMinus = false

  /** `whenTrue`: what true says, by the column's name. */
  constructor(values: SideValues, rule: SideRule, whenTrue: Side | undefined) {
    this.#add(values.buy ?? rule.buy, Side.Buy)
    this.#add(values.sell ?? rule.sell, Side.Sell)
    this.#add(values.unknown, Side.Unknown)
    this.#whenTrue = whenTrue
    this.#maker = rule.of === 'maker'
  }

  /** The taker's side of a value; undefined where nobody knows it. */
  of(value: string): Side | undefined {
    const word = value.trim().toLowerCase()
    const side = this.#given.get(word) ?? this.#booleanOf(word)
    if (side !== undefined) return this.#turned(side, this.#given.has(word))
    if (MINUS_ONE.test(word)) return this.#turned(Side.Sell, true)
    if (BARE_ONE.test(word)) return this.#hasMinus ? this.#turned(Side.Buy, true) : undefined
    const known = takerSideOf(word)
    return known === undefined ? undefined : this.#turned(known, true)
  }

  /** Whether a value says that others mean more than they did: the first −1. */
  learns(value: string): boolean {
    if (this.#hasMinus || !MINUS_ONE.test(value.trim())) return false
    this.#hasMinus = true
    return true
  }

  // A boolean says by its name who took: it is never turned round.
  #turned(side: Side, word: boolean): Side {
    return word && this.#maker ? otherSide(side) : side
  }

  #booleanOf(word: string): Side | undefined {
    if (this.#whenTrue === undefined) return undefined
    if (TRUE.test(word)) return this.#whenTrue
    return FALSE.test(word) ? otherSide(this.#whenTrue) : undefined
  }

  #add(values: string | readonly string[] | undefined, side: Side): void {
    for (const value of [values ?? []].flat()) this.#given.set(value.trim().toLowerCase(), side)
  }
}

/** `buy=2,sell=1` as values; throws BAD_ARGUMENT. */
export function parseSideValues(text: string): SideValues {
  const values: Record<'buy' | 'sell' | 'unknown', string[]> = { buy: [], sell: [], unknown: [] }
  for (const part of text.split(',')) {
    const [name, ...rest] = part.split('=')
    const side = name.trim() as keyof SideValues
    if (!Object.hasOwn(values, side) || rest.length === 0) badSides(text)
    values[side].push(rest.join('=').trim())
  }
  return checkedSideValues(values)
}

/** Values that name each a side of their own; throws BAD_ARGUMENT. */
export function checkedSideValues(values: SideValues): SideValues {
  const all: string[] = []
  for (const [side, given] of Object.entries(values)) {
    const list = [given ?? []].flat()
    if (!['buy', 'sell', 'unknown'].includes(side)) badSides(side)
    for (const value of list) {
      if (typeof value !== 'string') badSides(bare(value))
      all.push(value.trim().toLowerCase())
    }
  }
  if (new Set(all).size !== all.length) badSides(all.join(','))
  return values
}

function badSides(given: string): never {
  throw new EngineError(
    'BAD_ARGUMENT',
    `sides must be buy=VALUE,sell=VALUE, each value once: sides=${given}`,
  )
}
