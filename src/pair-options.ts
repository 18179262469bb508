// What can be said of one pair. Kept in the pair's file: a pair reopened with another id mode is
// refused.
import { bare, EngineError } from './errors.js'
import { objectOf } from './model/given.js'
import { refuseUnknown } from './options.js'

/**
 * How a venue numbers its trades. 'integer': exact dedupe; 'sequential': contiguous, gaps are
 * reported; 'text': dedupe over the last 65,536 ids; 'none': no dedupe.
 */
export type TradeIds = 'integer' | 'sequential' | 'text' | 'none'
/** What `trade()` takes as an id. */
export type TradeId<Ids extends TradeIds> = Ids extends 'none'
  ? undefined
  : Ids extends 'text'
    ? string
    : number | bigint | string

/** What one unit of `volume` is: the base currency, the quote currency, or contracts. */
export type VolumeUnit = 'base' | 'quote' | 'contracts'

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
  readonly maxPrice: number
  readonly maxVolume: number
}

const ID_MODES: readonly string[] = ['integer', 'sequential', 'text', 'none']
const VOLUME_UNITS: readonly string[] = ['base', 'quote', 'contracts']

/** Options that say what the rows of a file mean: a reopened pair must agree with them. */
export const STORED_PAIR_OPTIONS = [
  'tradeIds',
  'decimals',
  'volumeUnit',
  'contractSize',
  'inverse',
] as const
export type StoredPairOptions = Pick<ResolvedPairOptions, (typeof STORED_PAIR_OPTIONS)[number]>

/** The stored ones of a pair's options. */
export function storedOptions(options: ResolvedPairOptions): StoredPairOptions {
  const { tradeIds, decimals, volumeUnit, contractSize, inverse } = options
  return { tradeIds, decimals, volumeUnit, contractSize, inverse }
}

/** Options as the engine uses them; `stored` stands in for what is not given. Throws BAD_OPTION. */
export function resolvePairOptions(
  asked: PairOptions,
  stored?: StoredPairOptions,
): ResolvedPairOptions {
  const given = { ...DEFAULTS, ...stored, ...defined(objectOf('pair options', asked)) }
  refuseUnknown(given, Object.keys(DEFAULTS), 'pair options')
  const { tradeIds, decimals, volumeUnit, contractSize, inverse, maxPrice, maxVolume } = given
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
  // What is like a number is none: it could not be sent to the pair's shard, or not be compared.
  if (typeof maxPrice !== 'number' || !(maxPrice > 0)) bad('maxPrice', 'above 0', maxPrice)
  if (typeof maxVolume !== 'number' || !(maxVolume > 0)) bad('maxVolume', 'above 0', maxVolume)
  return { tradeIds, decimals, volumeUnit, contractSize, inverse, maxPrice, maxVolume }
}

const DEFAULTS: ResolvedPairOptions = {
  tradeIds: 'integer',
  decimals: 8,
  volumeUnit: 'base',
  contractSize: 1,
  inverse: false,
  maxPrice: Number.MAX_VALUE,
  maxVolume: Number.MAX_VALUE,
}

function defined(asked: PairOptions): PairOptions {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

function bad(option: string, rule: string, value: unknown): never {
  throw new EngineError('BAD_OPTION', `${option} must be ${rule}: ${option}=${bare(value)}`)
}
