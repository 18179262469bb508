// What can be said of one pair. Kept in the pair's file: a pair reopened with another id mode is
// refused.
import { EngineError } from './errors.js'
import { refuseUnknown } from './options.js'

/**
 * How a venue numbers its trades. 'integer': exact dedupe; 'sequential': contiguous, gaps are
 * reported; 'none': no dedupe.
 */
export type TradeIds = 'integer' | 'sequential' | 'none'

export interface PairOptions<Ids extends TradeIds = TradeIds> {
  /** Default 'integer'. */
  tradeIds?: Ids
  /** Places of the decimal grid on which sums are exact, 0 to 8; default 8. */
  decimals?: number
  /** Largest price taken for real; default no limit. */
  maxPrice?: number
  /** Largest volume taken for real; default no limit. */
  maxVolume?: number
}

export interface ResolvedPairOptions {
  readonly tradeIds: TradeIds
  readonly decimals: number
  readonly maxPrice: number
  readonly maxVolume: number
}

const ID_MODES: readonly string[] = ['integer', 'sequential', 'none']

/** What a pair's file was made with: kept beside it, and what a reopened pair must agree with. */
export type StoredPairOptions = Pick<ResolvedPairOptions, 'tradeIds' | 'decimals'>

/** Options as the engine uses them; `stored` stands in for what is not given. Throws BAD_OPTION. */
export function resolvePairOptions(
  asked: PairOptions,
  stored?: StoredPairOptions,
): ResolvedPairOptions {
  const given = { ...stored, ...asked }
  refuseUnknown(given, ['tradeIds', 'decimals', 'maxPrice', 'maxVolume'], 'pair options')
  const tradeIds = given.tradeIds ?? 'integer'
  const decimals = given.decimals ?? 8
  const maxPrice = given.maxPrice ?? Number.MAX_VALUE
  const maxVolume = given.maxVolume ?? Number.MAX_VALUE
  if (!ID_MODES.includes(tradeIds)) {
    throw new EngineError(
      'BAD_OPTION',
      `tradeIds must be one of ${ID_MODES.join(', ')}: tradeIds=${tradeIds}`,
    )
  }
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 8) {
    throw new EngineError(
      'BAD_OPTION',
      `decimals must be a whole number from 0 to 8: decimals=${decimals}`,
    )
  }
  if (!(maxPrice > 0))
    throw new EngineError('BAD_OPTION', `maxPrice must be above 0: maxPrice=${maxPrice}`)
  if (!(maxVolume > 0))
    throw new EngineError('BAD_OPTION', `maxVolume must be above 0: maxVolume=${maxVolume}`)
  return { tradeIds, decimals, maxPrice, maxVolume }
}
