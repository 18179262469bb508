// Which pair a row of a file goes to: named by PairNames, opened in the engine as its ids and
// volumes need it.

import type { TickEngine } from '../engine.js'
import { EngineError } from '../errors.js'
import type { Feed } from '../feeds/feed.js'
import type { FeedInstrument, TradeBatch } from '../feeds/trade-batch.js'
import { type Glob, globOf } from '../model/glob.js'
import { type PairKey, parsePairName } from '../model/pair-key.js'
import type { Pair } from '../pair.js'
import type { PairOptions, Prices, TradeIds } from '../pair-options.js'
import { inferIds } from './infer-ids.js'
import { inferPrices } from './infer-prices.js'
import { type NamingOptions, PairNames } from './pair-names.js'

export interface RouterOptions extends NamingOptions {
  readonly ids?: TradeIds | undefined
  /** What prices new pairs take; default: told from the first rows. */
  readonly prices?: Prices | undefined
  /** Only symbols that match: 'BTC*'. */
  readonly symbol?: string | undefined
}

export class PairRouter {
  /** Every pair met, by name, in the order in which they were met. */
  readonly pairs = new Map<string, Pair<'integer'>>()
  /** What there is to say of how files were taken. */
  readonly notes: string[] = []
  readonly #engine: TickEngine
  readonly #names: PairNames
  readonly #asked: RouterOptions
  /** What --symbol says. */
  readonly #wanted: Glob | undefined
  readonly #stored: ReadonlySet<string>
  #inferred: (TradeIds | undefined)[] = []
  #below: (number | undefined)[] = []
  #feed: Feed | undefined

  constructor(engine: TickEngine, options: RouterOptions) {
    const { symbol } = options
    this.#engine = engine
    this.#names = new PairNames(options)
    this.#asked = options
    this.#wanted = symbol === undefined ? undefined : globOf(symbol)
    this.#stored = new Set(engine.pairs().map((key) => key.name))
  }

  /** Takes up a file by its first batches; throws BAD_ARGUMENT where it names no pair at all. */
  begin(feed: Feed, first: readonly TradeBatch[]): void {
    this.#feed = feed
    this.#inferred = inferIds(first)
    this.#below = inferPrices(first)
    const note = this.#names.begin(feed)
    if (note !== undefined) this.notes.push(note)
  }

  /** Whether --symbol leaves out the file's instrument of this index. */
  leavesOut(index: number): boolean {
    const symbol = this.#feed?.instruments[index]?.symbol
    return this.#wanted !== undefined && symbol !== undefined && !this.#wanted.test(symbol)
  }

  /**
   * The pair of the file's instrument of this index; undefined where its name is none, as one bad
   * row must not end a replay. Throws BAD_ARGUMENT for a second symbol under one pair.
   */
  pairOf(index: number): Pair<'integer'> | undefined {
    const instrument = this.leavesOut(index) ? undefined : this.#feed?.instruments[index]
    const name = instrument === undefined ? undefined : this.#names.nameOf(instrument)
    if (instrument === undefined || name === undefined) return undefined
    try {
      const key = parsePairName(name)
      const known = this.pairs.get(key.name)
      const pair = known ?? this.#open(key, instrument, index)
      if (known !== undefined) this.#names.tellStored(instrument, key, known.options)
      return pair
    } catch (cause) {
      if (cause instanceof EngineError && cause.code === 'BAD_NAME') return undefined
      throw cause
    }
  }

  #open(key: PairKey, instrument: FeedInstrument, index: number): Pair<'integer'> {
    // A pair with a file goes on as it was stored, unless something else is asked for.
    const stored = this.#stored.has(key.name)
    const ids = this.#asked.ids ?? (stored ? undefined : this.#idsOf(index))
    const { volumeUnit, contractSize, inverse } = this.#asked
    const asked = { volumeUnit, contractSize, inverse } as PairOptions
    const units = stored ? asked : this.#names.unitsOf(instrument, key)
    const prices = this.#asked.prices ?? (stored ? undefined : this.#pricesOf(key, index))
    const options = {
      ...units,
      ...(ids === undefined ? {} : { tradeIds: ids as 'integer' }),
      ...(prices === undefined ? {} : { prices }),
    }
    const pair = this.#engine.pair(key.exchange, key.market, key.symbol, options)
    if (stored && volumeUnit === undefined) {
      this.#names.tellStored(instrument, key, pair.options)
    }
    this.#feed?.setIds(pair.options.tradeIds, this.#whyIds(stored, index))
    this.pairs.set(key.name, pair as Pair<'integer'>)
    return pair as Pair<'integer'>
  }

  // On a spot market a price below 0 is an error of the data, until somebody says that it is none.
  #pricesOf({ name, market }: PairKey, index: number): Prices | undefined {
    const below = this.#below[index]
    if (below === undefined || market === 'spot') return undefined
    this.notes.push(
      `${name}: prices below 0 are taken as prices; --prices positive rejects them: price=${below}`,
    )
    return 'any'
  }

  #whyIds(stored: boolean, index: number): string {
    if (this.#asked.ids !== undefined) return 'as it was asked for'
    if (stored) return 'as the pair is stored'
    const mode = this.#inferred[index]
    if (mode === undefined) return this.#feed?.hasIds ? 'no row has an id' : 'no column has ids'
    if (mode === 'text') return 'some of the first ids are no whole numbers'
    return mode === 'sequential'
      ? 'nearly every one of the first ids follows on another'
      : 'the first ids are whole numbers with holes between them'
  }

  #idsOf(index: number): TradeIds {
    const inferred = this.#inferred[index]
    if (inferred !== undefined) return inferred
    return this.#feed?.hasIds === true ? 'integer' : 'none'
  }
}
