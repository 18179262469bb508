// What can be said of one pair. Kept in the pair's file: a pair reopened with another id mode is
// refused.
import { bare, EngineError } from './errors.js'
import { objectOf } from './model/given.js'
import { refuseUnknown } from './options.js'

/**
 * What a venue's trade ids are. 'integer': whole numbers; 'sequential': contiguous ones, gaps are
 * reported; 'text': any text. A trade is its id and its time: the same again is a duplicate.
 * 'none': no dedupe.
 */
export type TradeIds = 'integer' | 'sequential' | 'text' | 'none'
/**
 * What `trade()` takes as an id. On a pair of whole numbers text is kept beside, in `text_ids`; on
 * one of text a whole number is taken by its digits.
 */
export type TradeId<Ids extends TradeIds> = Ids extends 'none'
  ? undefined
  : number | bigint | string

/** What one unit of `volume` is: the base currency, the quote currency, or contracts. */
export type VolumeUnit = 'base' | 'quote' | 'contracts'

/**
 * Which prices are prices: above 0, or any (spreads, power, oil in April 2020), 0 and below among
 * them.
 */
export type Prices = 'positive' | 'any'

/**
 * Which of two trades of one time came first: by id, where ids are whole numbers, or as they
 * arrived, for venues whose ids are no order.
 */
export type TradeOrder = 'id' | 'arrival'

export interface PairOptions<Ids extends TradeIds = TradeIds> {
  /** Default 'integer'. */
  tradeIds?: Ids
  /** Places of the decimal grid on which sums are exact, 0 to 8; default 8. */
  decimals?: number
  /** What `trade()` is given and what is stored; default 'base'. */
  volumeUnit?: VolumeUnit
  /** Worth of a contract in base currency, or in quote currency where `inverse`. Default 1. */
  contractSize?: number
  /** Whether a contract is worth a fixed amount of the quote currency. Default false. */
  inverse?: boolean
  /** Default 'positive'. */
  prices?: Prices
  /** Order of trades at equal times; default 'id'. */
  order?: TradeOrder
  /** Largest price taken for real; default no limit. */
  maxPrice?: number
  /** Largest volume taken for real; default no limit. */
  maxVolume?: number
}

export interface ResolvedPairOptions {
  readonly tradeIds: TradeIds
  readonly decimals: number
  readonly volumeUnit: VolumeUnit
  readonly contractSize: number
  readonly inverse: boolean
  readonly prices: Prices
  readonly order: TradeOrder
  readonly maxPrice: number
  readonly maxVolume: number
}

const ID_MODES: readonly string[] = ['integer', 'sequential', 'text', 'none']
const VOLUME_UNITS: readonly string[] = ['base', 'quote', 'contracts']
const PRICES: readonly string[] = ['positive', 'any']
const ORDERS: readonly string[] = ['id', 'arrival']

/** Options that say what the rows of a file mean: a reopened pair must agree with them. */
export const STORED_PAIR_OPTIONS = [
  'tradeIds',
  'decimals',
  'volumeUnit',
  'contractSize',
  'inverse',
  'prices',
  'order',
] as const
export type StoredPairOptions = Pick<ResolvedPairOptions, (typeof STORED_PAIR_OPTIONS)[number]>

/** The stored ones of a pair's options. */
export function storedOptions(options: ResolvedPairOptions): StoredPairOptions {
  const { tradeIds, decimals, volumeUnit, contractSize, inverse, prices, order } = options
  return { tradeIds, decimals, volumeUnit, contractSize, inverse, prices, order }
}

/**
 * What a file or a journal means that says nothing of an option: what was so before there was the
 * option.
 */
export const OLD_MEANING = {
  prices: 'positive',
  order: 'arrival',
} as const satisfies Partial<StoredPairOptions>

/**
 * Stored options from the text that stands beside a pair's file; undefined where it is damaged.
 * What a newer release keeps there besides is no matter of this one.
 */
export function parseStoredOptions(text: string): StoredPairOptions | undefined {
  try {
    const said = JSON.parse(text) as Readonly<Record<string, unknown>>
    const known = STORED_PAIR_OPTIONS.filter((option) => said[option] !== undefined)
    const options = Object.fromEntries(known.map((option) => [option, said[option]]))
    return storedOptions(resolvePairOptions({ ...OLD_MEANING, ...options }))
  } catch {
    return undefined
  }
}

// What `tickloom set` calls the stored options that it can change.
const SETTABLE: Readonly<Record<string, string>> = {
  tradeIds: '--ids',
  volumeUnit: '--volume-unit',
  contractSize: '--contract-size',
  prices: '--prices',
  order: '--order',
}

/** The way on for a pair that is stored with another value of an option; none for some. */
export function wayOn(name: string, option: string, asked: unknown): string {
  const flag = SETTABLE[option]
  let words = flag === undefined ? '' : `${flag} ${asked}`
  if (option === 'inverse') words = String(asked) === 'true' ? '--inverse' : '--linear'
  if (words === '') return ''
  return `, or close the engine and change it: tickloom set ${name} ${words}`
}

/** Options as the engine uses them; `stored` stands in for what is not given. Throws BAD_OPTION. */
export function resolvePairOptions(
  asked: PairOptions,
  stored?: StoredPairOptions,
): ResolvedPairOptions {
  const given = { ...DEFAULTS, ...stored, ...defined(objectOf('pair options', asked)) }
  refuseUnknown(given, Object.keys(DEFAULTS), 'pair options')
  const { tradeIds, decimals, volumeUnit, contractSize, inverse, maxPrice, maxVolume } = given
  const { prices, order } = given
  if (!ID_MODES.includes(tradeIds)) bad('tradeIds', `one of ${ID_MODES.join(', ')}`, tradeIds)
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 8) {
    bad('decimals', 'a whole number from 0 to 8', decimals)
  }
  if (!VOLUME_UNITS.includes(volumeUnit)) {
    bad('volumeUnit', `one of ${VOLUME_UNITS.join(', ')}`, volumeUnit)
  }
  if (!Number.isFinite(contractSize) || contractSize <= 0) {
    bad('contractSize', 'a number above 0', contractSize)
  }
  if (typeof inverse !== 'boolean') bad('inverse', 'true or false', inverse)
  if (!PRICES.includes(prices)) bad('prices', `one of ${PRICES.join(', ')}`, prices)
  if (!ORDERS.includes(order)) bad('order', `one of ${ORDERS.join(', ')}`, order)
  // What is like a number is none: it could not be sent to the pair's shard, or not be compared.
  if (typeof maxPrice !== 'number' || !(maxPrice > 0)) bad('maxPrice', 'above 0', maxPrice)
  if (typeof maxVolume !== 'number' || !(maxVolume > 0)) bad('maxVolume', 'above 0', maxVolume)
  // A literal: an object made by spreading is several times as slow to read, once for every tick.
  return {
    tradeIds,
    decimals,
    volumeUnit,
    contractSize,
    inverse,
    prices,
    order,
    maxPrice,
    maxVolume,
  }
}

const DEFAULTS: ResolvedPairOptions = {
  tradeIds: 'integer',
  decimals: 8,
  volumeUnit: 'base',
  contractSize: 1,
  inverse: false,
  prices: 'positive',
  order: 'id',
  maxPrice: Number.MAX_VALUE,
  maxVolume: Number.MAX_VALUE,
}

function defined(asked: PairOptions): PairOptions {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

function bad(option: string, rule: string, value: unknown): never {
  throw new EngineError('BAD_OPTION', `${option} must be ${rule}: ${option}=${bare(value)}`)
}
