import type { Feed } from '../feeds/feed.js'
import { type Pair, type PairStats, Refusal, type TickEngine } from '../index.js'
import type { FeedWarning } from '../model/reading.js'
import { refusalsOf } from '../replay/replay.js'
import type { ReplayRun } from '../replay/replay-run.js'
import type { ReplaySummary } from './replay.js'

/** What a replay came to. */
export async function summarize(
  engine: TickEngine,
  run: ReplayRun,
  feeds: readonly Feed[],
  elapsedMs: number,
): Promise<ReplaySummary> {
  const pairs: PairStats[] = []
  for (const pair of run.pairs) pairs.push(await pair.stats())
  const sum = (of: (s: PairStats) => number) => pairs.reduce((n, s) => n + of(s), 0)
  const bad = feeds.reduce((n, { tally }) => n + tally.bad, 0)
  const rows = feeds.reduce((n, { tally }) => n + tally.rows, 0)
  const read = rows + bad - run.leftOut - run.undue
  // A row that found the ring full was offered again, and is no row refused.
  const refused = [...run.pairs].reduce((n, pair) => n + refusedOf(pair), 0)
  const { unknownVolume } = engine.stats()
  return {
    read,
    accepted: sum((s) => s.stored),
    rejected: sum((s) => s.rejected + s.tooLate) + refused + bad + run.nameless,
    duplicates: sum((s) => s.duplicates),
    noTrades: sum((s) => s.noTrades),
    late: sum((s) => s.late),
    gaps: sum((s) => s.gaps),
    unknownSide: sum((s) => s.unknownSide),
    unknownVolume,
    elapsedMs: Math.round(elapsedMs),
    ticksPerSecond: Math.round((read / elapsedMs) * 1000),
    pairs: pairs.map((s) => ({
      pair: s.pair,
      ticks: s.stored,
      cvd: s.cvd,
      buyVolume: s.buyVolume,
      sellVolume: s.sellVolume,
      unknownSide: s.unknownSide,
      unknownVolume: s.unknownVolume,
      firstTimestamp: s.firstTimestamp,
      lastTimestamp: s.lastTimestamp,
    })),
    reading: run.readings,
    warnings: [
      ...run.readings.flatMap((one) => one.warnings),
      ...refusalsOf(run.pairs),
      ...pairs.filter((s) => s.rejected + s.tooLate > 0).map(rejectionOf),
    ],
  }
}

function rejectionOf({ pair, rejected, tooLate }: PairStats): FeedWarning {
  const count = rejected + tooLate
  const message = `${count} trades were received and set aside; its table rejected_ticks says why`
  return { code: 'rejected-rows', file: pair, message, count }
}

function refusedOf(pair: Pair): number {
  let refused = 0
  for (const [refusal, count] of pair.refusals) {
    // Both were offered again: when there was room, and without their id.
    if (refusal !== Refusal.RingFull && refusal !== Refusal.IdNotExact) refused += count
  }
  return refused
}
