// Which pair a row of a file belongs to, by name, and what its volumes are: by --pair and
// --volume-unit, or as the file's format says.
import { basename } from 'node:path'
import { EngineError } from '../errors.js'
import type { Feed } from '../feeds/feed.js'
import type { Contract } from '../feeds/formats/format.js'
import { contractOfExchange, marketOfExchange } from '../feeds/formats/tardis.js'
import { formatsOf } from '../feeds/recognise.js'
import type { FeedInstrument } from '../feeds/trade-batch.js'
import type { PairKey } from '../model/pair-key.js'
import type { PairOptions, VolumeUnit } from '../pair-options.js'

/** `binance:spot:*`: each symbol of the file becomes a pair of its own. */
const EACH = ':*'
/** The exchange of symbols that come without one. */
const NO_EXCHANGE = 'file'

export interface NamingOptions {
  /** Which pair the rows are of, or 'exchange:market:*'; default: as the files say. */
  readonly pair?: string | undefined
  /** What one unit of a volume is; default: as the file's format says, else base units. */
  readonly volumeUnit?: VolumeUnit | undefined
  /** Worth of a contract in base currency, in quote currency where inverse. */
  readonly contractSize?: number | undefined
  readonly inverse?: boolean | undefined
}

export class PairNames {
  readonly #given: NamingOptions
  readonly #each: boolean
  /** What stands for the exchange in a file without that column. */
  #exchange: string | undefined
  /** The one symbol that --pair stands for. */
  #symbol: string | undefined
  #feed: Feed | undefined

  constructor(given: NamingOptions) {
    this.#given = given
    this.#each = given.pair?.endsWith(EACH) === true
  }

  /** Takes up a file; throws BAD_ARGUMENT where it names no pair at all. Says what was assumed. */
  begin(feed: Feed): string | undefined {
    this.#feed = feed
    const { pair } = this.#given
    if (feed.instruments.length === 0 || (pair !== undefined && !this.#each)) return undefined
    if (feed.symbol === undefined && !feed.instruments.some((i) => i.symbol !== undefined)) {
      throw new EngineError(
        'BAD_ARGUMENT',
        `${feed.path} does not name its symbol; say which pair it is: tickloom replay ${feed.path} --pair 'binance:spot:BTC/USDT'`,
      )
    }
    this.#exchange = feed.declared?.venue
    if (this.#each || this.#exchange !== undefined) return undefined
    if (feed.instruments.some((i) => i.exchange !== undefined)) return undefined
    this.#exchange = NO_EXCHANGE
    return `${feed.path}: names symbols and no exchange, taken as ${NO_EXCHANGE}:spot:*; --pair 'EXCHANGE:MARKET:*' says which`
  }

  /** The pair of an instrument, by name; undefined where the file does not name it. */
  nameOf(instrument: FeedInstrument): string | undefined {
    const { pair: given } = this.#given
    const symbol = instrument.symbol ?? this.#feed?.symbol
    if (given === undefined) {
      const venue = instrument.exchange?.toLowerCase() ?? this.#exchange
      if (venue === undefined || symbol === undefined) return undefined
      return `${venue}:${this.#marketOf(instrument, venue, symbol)}:${symbol}`
    }
    if (this.#each) return symbol === undefined ? undefined : `${given.slice(0, -1)}${symbol}`
    this.#symbol ??= instrument.symbol
    if (instrument.symbol === undefined || instrument.symbol === this.#symbol) return given
    throw new EngineError(
      'BAD_ARGUMENT',
      `--pair ${given} is one pair, and the input holds several symbols (${this.#symbol}, ${symbol}, …); say --pair 'EXCHANGE:MARKET:*', so that each becomes its own pair`,
    )
  }

  /** Options of a pair that say what its volumes are; tells where they may be others. */
  unitsOf(instrument: FeedInstrument, key: PairKey): PairOptions {
    const feed = this.#feed as Feed
    const { volumeUnit, contractSize, inverse } = this.#given
    const symbol = instrument.symbol ?? feed.symbol ?? key.symbol
    const declared = feed.contractOf(instrument, symbol, key.market)
    this.#tellMarket(instrument, key, symbol)
    const asked = given({ volumeUnit, contractSize, inverse })
    const units = { ...given(declared ?? {}), ...asked }
    if (volumeUnit !== undefined) {
      if (declared !== undefined && declared.volumeUnit !== volumeUnit) {
        const rule = `volumes of ${feed.format} are ${wordsOf(declared)} for ${symbol}`
        feed.warn({ code: 'volume-unit', message: `${rule}, and are taken for ${volumeUnit}` })
      }
    } else if (declared === undefined) this.#tellPlain(instrument, key)
    if (units.volumeUnit === 'contracts' && units.contractSize === undefined) {
      const rule = `the volumes of ${key.name} are contracts of a size that the file does not say`
      feed.warn({ code: 'contract-size', message: `${rule}; say --contract-size N` })
    }
    feed.setVolumeUnit(wordsOf(units))
    return units
  }

  /** A pair that is open or stored in another unit than the file's: told. */
  tellStored(instrument: FeedInstrument, key: PairKey, held: Contract): void {
    const feed = this.#feed as Feed
    const symbol = instrument.symbol ?? feed.symbol ?? key.symbol
    const declared = feed.contractOf(instrument, symbol, key.market)
    feed.setVolumeUnit(wordsOf(held))
    this.#tellMarket(instrument, key, symbol)
    if (declared === undefined || declared.volumeUnit === held.volumeUnit) return
    const rule = `volumes of ${feed.format} are ${wordsOf(declared)}`
    const message = `${rule}, and ${key.name} holds ${wordsOf(held)}: they were added as they are`
    feed.warn({ code: 'volume-unit', message })
  }

  #marketOf(instrument: FeedInstrument, venue: string, symbol: string): string {
    const feed = this.#feed as Feed
    if (instrument.market !== undefined) return instrument.market
    const declared = feed.declared?.market(symbol, basename(feed.path))
    if (declared !== undefined) return declared
    if (feed.declared?.venue !== undefined) {
      throw new EngineError(
        'BAD_ARGUMENT',
        `${feed.path} does not say its market; say which pairs it has: --pair '${venue}:MARKET:*'`,
      )
    }
    return marketOfExchange(venue, symbol) ?? 'spot'
  }

  #tellMarket(instrument: FeedInstrument, key: PairKey, symbol: string): void {
    const feed = this.#feed as Feed
    const market = instrument.market ?? feed.declared?.market(symbol, basename(feed.path))
    if (market === undefined || isDerivative(market) === isDerivative(key.market)) return
    const rule = `${feed.format} says that ${symbol} is of the market ${market}`
    const message = `${rule}, and the pair is ${key.name}: volumes and ids of the two differ`
    feed.warn({ code: 'other-market', message })
  }

  // A plain file of a venue whose own volumes are no base units: nobody knows what these are.
  #tellPlain(instrument: FeedInstrument, key: PairKey): void {
    const feed = this.#feed as Feed
    const own = [
      ...formatsOf(key.exchange).map((format) => format.contract(key.symbol, key.market, '')),
      contractOfExchange(instrument.exchange ?? key.exchange, instrument.symbol ?? key.symbol),
    ].find(({ volumeUnit }) => volumeUnit !== 'base')
    if (own === undefined || feed.format === 'binance-raw') return
    const rule = `${key.exchange} counts volumes of ${key.symbol} in ${wordsOf(own)}`
    const taken = 'the file does not say what these are: they were taken for base units'
    const message = `${rule}, and ${taken}; say --volume-unit base|quote|contracts`
    feed.warn({ code: 'volume-unit', message })
  }
}

function isDerivative(market: string): boolean {
  return market === 'swap' || market === 'future'
}

function given(units: Partial<Contract>): PairOptions {
  return Object.fromEntries(Object.entries(units).filter(([, value]) => value !== undefined))
}

/** What one unit of a volume is, in words. */
function wordsOf({ volumeUnit, contractSize, inverse }: PairOptions): string {
  if (volumeUnit !== 'contracts') return `${volumeUnit ?? 'base'} units`
  const size = contractSize === undefined ? '' : ` of ${contractSize}`
  return `contracts${size}${inverse ? ' in quote currency' : ''}`
}
