// Which pair a row of a file belongs to: by --pair, or by the names the file gives.

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

/** `binance:spot:*`: each symbol of the file becomes a pair of its own. */
const EACH = ':*'
/** The exchange of symbols that come without one. */
const NO_EXCHANGE = 'file'

export interface RouterOptions {
  /** Which pair the rows are of, or 'exchange:market:*'; default: as the files say. */
  readonly pair?: string | undefined
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
  /** What --pair says. */
  readonly #name: string | undefined
  /** What --ids says. */
  readonly #ids: TradeIds | undefined
  /** What --prices says. */
  readonly #prices: Prices | undefined
  /** What --symbol says. */
  readonly #wanted: Glob | undefined
  readonly #stored: ReadonlySet<string>
  #inferred: (TradeIds | undefined)[] = []
  #below: (number | undefined)[] = []
  #feed: Feed | undefined
  /** What stands for the exchange in a file without that column. */
  #exchange: string | undefined
  /** The one symbol that --pair stands for. */
  #symbol: string | undefined

  constructor(engine: TickEngine, { pair, ids, prices, symbol }: RouterOptions) {
    this.#engine = engine
    this.#name = pair
    this.#ids = ids
    this.#prices = prices
    this.#wanted = symbol === undefined ? undefined : globOf(symbol)
    this.#stored = new Set(engine.pairs().map((key) => key.name))
  }

  /** Takes up a file by its first batches; throws BAD_ARGUMENT where it names no pair at all. */
  begin(feed: Feed, first: readonly TradeBatch[]): void {
    this.#feed = feed
    this.#inferred = inferIds(first)
    this.#below = inferPrices(first)
    const each = this.#name?.endsWith(EACH) === true
    if (feed.instruments.length === 0 || (this.#name !== undefined && !each)) return
    if (!feed.instruments.some((i) => i.symbol !== undefined)) {
      throw new EngineError(
        'BAD_ARGUMENT',
        `${feed.path} does not name its symbol; say which pair it is: tickloom replay ${feed.path} --pair 'binance:spot:BTC/USDT'`,
      )
    }
    this.#exchange = undefined
    if (each || feed.instruments.some((i) => i.exchange !== undefined)) return
    this.#exchange = NO_EXCHANGE
    this.notes.push(
      `${feed.path}: names symbols and no exchange, taken as ${NO_EXCHANGE}:spot:*; --pair 'EXCHANGE:MARKET:*' says which`,
    )
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
    const name = instrument === undefined ? undefined : this.#nameOf(instrument)
    if (name === undefined) return undefined
    try {
      const key = parsePairName(name)
      let pair = this.pairs.get(key.name)
      if (pair === undefined) {
        pair = this.#engine.pair(key.exchange, key.market, key.symbol, this.#optionsOf(key, index))
        this.pairs.set(key.name, pair)
      }
      return pair
    } catch (cause) {
      if (cause instanceof EngineError && cause.code === 'BAD_NAME') return undefined
      throw cause
    }
  }

  // A pair with a file goes on as it was stored, unless --ids or --prices ask for something else.
  #optionsOf(key: PairKey, index: number): PairOptions<'integer'> {
    const stored = this.#stored.has(key.name)
    const ids = this.#ids ?? (stored ? undefined : this.#idsOf(index))
    const prices = this.#prices ?? (stored ? undefined : this.#pricesOf(key, index))
    return {
      ...(ids === undefined ? {} : { tradeIds: ids as 'integer' }),
      ...(prices === undefined ? {} : { prices }),
    }
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

  #nameOf({ exchange, symbol }: FeedInstrument): string | undefined {
    const given = this.#name
    if (given === undefined) {
      const venue = exchange?.toLowerCase() ?? this.#exchange
      return venue === undefined || symbol === undefined ? undefined : `${venue}:spot:${symbol}`
    }
    if (given.endsWith(EACH)) {
      return symbol === undefined ? undefined : `${given.slice(0, -1)}${symbol}`
    }
    this.#symbol ??= symbol
    if (symbol === undefined || symbol === this.#symbol) return given
    throw new EngineError(
      'BAD_ARGUMENT',
      `--pair ${given} is one pair, and the input holds several symbols (${this.#symbol}, ${symbol}, …); say --pair 'EXCHANGE:MARKET:*', so that each becomes its own pair`,
    )
  }

  #idsOf(index: number): TradeIds {
    const inferred = this.#inferred[index]
    if (inferred !== undefined) return inferred
    return this.#feed?.hasIds === true ? 'integer' : 'none'
  }
}
