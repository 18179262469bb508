// One pair in numbers, for `pair.stats()` and for the engine's account.

import type { PairStats } from '../model/answer.js'
import { differenceValue, SUM_WORDS, sumValue } from '../model/exact-sum.js'
import type { PairState } from './pair-state.js'

/** What the pair's own thread knows: main adds what was offered and refused. */
export function pairStats(pair: PairState): Omit<PairStats, 'offered' | 'refused'> {
  return {
    pair: pair.name,
    ...pair.counters,
    gaps: pair.gaps.openGaps().length + pair.gaps.pendingHoles,
    buyVolume: sumValue(pair.sums, 0, pair.scale),
    sellVolume: sumValue(pair.sums, SUM_WORDS, pair.scale),
    unknownVolume: sumValue(pair.sums, 2 * SUM_WORDS, pair.scale),
    cvd: differenceValue(pair.sums, 0, SUM_WORDS, pair.scale),
    firstTimestamp: pair.firstTimestamp,
    lastTimestamp: pair.clock.newest,
    recovered: pair.recovered.received,
    staged: pair.stagedRows,
  }
}
