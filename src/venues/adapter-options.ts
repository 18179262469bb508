// What can be said to an adapter of the messages that it reads.
import { bare, EngineError } from '../errors.js'
import { objectOf } from '../model/given.js'
import { refuseUnknown } from '../options.js'

export interface AdapterOptions {
  /** Whose side the messages tell: the taker's (default), or the maker's, which is turned round. */
  readonly sideOf?: 'taker' | 'maker'
  /**
   * Trades made off the venue's book (block trades, RFQ, insurance fund, ADL): 'skip' (default)
   * counts them and takes their ids as seen; 'trade' takes them for trades.
   */
  readonly offBook?: 'skip' | 'trade'
}

const ALLOWED = { sideOf: ['taker', 'maker'], offBook: ['skip', 'trade'] } as const
const DEFAULTS: AdapterOptions = {}
const checked = new WeakSet<object>()

/** The options, as they are; throws BAD_OPTION for what no adapter knows. */
export function adapterOptions(given: AdapterOptions = DEFAULTS): AdapterOptions {
  if (checked.has(given)) return given
  refuseUnknown(objectOf('options', given), Object.keys(ALLOWED), 'adapter options')
  for (const key of ['sideOf', 'offBook'] as const) {
    const allowed: readonly unknown[] = ALLOWED[key]
    if (given[key] === undefined || allowed.includes(given[key])) continue
    const rule = `${key} must be one of ${allowed.join(', ')}`
    throw new EngineError('BAD_OPTION', `${rule}: ${key}=${bare(given[key])}`)
  }
  checked.add(given)
  return given
}
