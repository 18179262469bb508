// What is told of late and rejected ticks: at most one event per pair and reason for each second of
// exchange time, with the count of what it stands for. Exchange time, so that a replay tells the
// same.
import type { Outbox } from './outbox.js'
import type { PairState } from './pair-state.js'

const SECOND_US = 1_000_000

function due(pair: PairState, key: string, timestamp: number): number {
  const second = Math.floor(Math.max(pair.clock.estimate, timestamp) / SECOND_US)
  const untold = pair.untold.get(key)
  if (untold !== undefined && untold.second === second) {
    untold.count++
    return 0
  }
  pair.untold.set(key, { count: 0, second })
  return 1 + (untold?.count ?? 0)
}

export function tellLate(
  pair: PairState,
  outbox: Outbox,
  timestamp: number,
  revised: boolean,
): void {
  const count = due(pair, revised ? 'late' : 'too-late', timestamp)
  if (count > 0) outbox.event('late', pair.id, { timestamp, revised, count })
}

export function tellReject(
  pair: PairState,
  outbox: Outbox,
  timestamp: number,
  reason: string,
): void {
  const count = due(pair, reason, 0)
  if (count > 0) outbox.event('reject', pair.id, { timestamp, reason, count })
}

/** A fault that is told once of a pair, in this session. */
export function tellOnce(pair: PairState, outbox: Outbox, code: string, message: string): void {
  if (pair.told.has(code)) return
  pair.told.add(code)
  outbox.event('fault', pair.id, { code, message })
}
