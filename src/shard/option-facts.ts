// A pair's stored options as facts of its file: tradeIds as trade_ids, all of them text.
import {
  OLD_MEANING,
  parseStoredOptions,
  STORED_PAIR_OPTIONS,
  type StoredPairOptions,
} from '../pair-options.js'
import type { Meta } from '../store/schema.js'

/** The facts of options. */
export function optionFacts(options: StoredPairOptions): Meta {
  const facts = STORED_PAIR_OPTIONS.map((option) => [factOf(option), String(options[option])])
  return Object.fromEntries(facts) as Meta
}

/** What the facts say of one option, or its old meaning; undefined where it has none. */
export function factAbout(facts: Meta, option: keyof StoredPairOptions): string | undefined {
  const old: Partial<Readonly<Record<string, string>>> = OLD_MEANING
  return facts[factOf(option)] ?? old[option]
}

/** Options of the facts of a file; undefined for a file that no commit has reached. */
export function optionsOf(facts: Meta): StoredPairOptions | undefined {
  if (facts['name'] === undefined) return undefined
  const said = STORED_PAIR_OPTIONS.map((option) => [option, parsed(factAbout(facts, option))])
  return parseStoredOptions(JSON.stringify(Object.fromEntries(said)))
}

function parsed(fact: string | undefined): string | number | boolean | undefined {
  if (fact === 'true' || fact === 'false') return fact === 'true'
  return fact === undefined || Number.isNaN(Number(fact)) ? fact : Number(fact)
}

function factOf(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
