import type { Feed } from '../feeds/feed.js'
import { type Pair, type PairStats, Refusal } from '../index.js'
import type { ReplayRun } from '../replay/replay-run.js'
import type { ReplaySummary } from './replay.js'

/** What a replay came to. */
export async function summarize(
  run: ReplayRun,
  feeds: readonly Feed[],
  elapsedMs: number,
): Promise<ReplaySummary> {
  const pairs: PairStats[] = []
  for (const pair of run.pairs) pairs.push(await pair.stats())
  const sum = (of: (s: PairStats) => number) => pairs.reduce((n, s) => n + of(s), 0)
  const bad = feeds.reduce((n, { tally }) => n + tally.bad, 0)
  const rows = feeds.reduce((n, { tally }) => n + tally.rows, 0)
  const read = rows + bad - run.leftOut - run.undue - run.passedOver
  // A row that found the ring full was offered again, and is no row refused.
  const refused = [...run.pairs].reduce((n, pair) => n + refusedOf(pair), 0)
  return {
    read,
    accepted: sum((s) => s.stored),
    rejected: sum((s) => s.rejected + s.tooLate) + refused + bad + run.nameless,
    duplicates: sum((s) => s.duplicates),
    late: sum((s) => s.late),
    gaps: sum((s) => s.gaps),
    elapsedMs: Math.round(elapsedMs),
    ticksPerSecond: Math.round((read / elapsedMs) * 1000),
    pairs: pairs.map(({ pair, stored, cvd, buyVolume, sellVolume, ...s }) => {
      const { firstTimestamp, lastTimestamp } = s
      return { pair, ticks: stored, cvd, buyVolume, sellVolume, firstTimestamp, lastTimestamp }
    }),
    reading: run.readings,
    warnings: [...run.readings.flatMap((one) => one.warnings), ...(await run.refused.warnings())],
  }
}

function refusedOf(pair: Pair): number {
  let refused = 0
  for (const [refusal, count] of pair.refusals) {
    // Both were offered again: when there was room, and without their id.
    if (refusal !== Refusal.RingFull && refusal !== Refusal.IdNotExact) refused += count
  }
  return refused
}
