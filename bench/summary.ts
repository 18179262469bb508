// What a trial's runs come to: the entry of latest.json, and the verdict.
import type { TrialRuns } from './run-pairs.js'
import { isVoid, median, missed, pairedRatio, ratioOf } from './statistics.js'
import type { RunResult, Trial } from './trial.js'

/** One entry of `trials` in latest.json. */
export interface TrialEntry {
  readonly name: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly runs: readonly number[]
  readonly median: number
  readonly baseline: { readonly name: string; readonly median: number }
  readonly ratio: number
  readonly spread: readonly [min: number, max: number]
  /** Medians of the subject's further figures, p99 say. */
  readonly [figure: string]: unknown
}

export interface Summary {
  readonly entry: TrialEntry
  readonly baselineRuns: readonly number[]
  readonly figures: Readonly<Record<string, number>>
  readonly verdict: 'ok' | 'MISSED' | 'void'
  /** What was missed, or why it is void. */
  readonly why: readonly string[]
}

export function summarize(trial: Trial, runs: TrialRuns): Summary {
  const values = runs.subject.map(({ value }) => value)
  const baselineRuns = runs.baseline.map(({ value }) => value)
  const { ratio, spread } = pairedRatio(values, baselineRuns, trial.better)
  const figures = { ...mediansOf(runs.subject), ...comparedOf(trial, runs) }
  const baseline = { name: trial.baseline.name, median: median(baselineRuns) }
  const { name, unit, better } = trial
  const runsMedian = median(values)
  const entry = {
    name,
    unit,
    better,
    runs: values,
    median: runsMedian,
    baseline,
    ratio,
    spread,
    ...figures,
  }
  const misses = missed(trial.mustReach, { ...figures, ratio, median: runsMedian })
  if (isVoid(baseline.median, trial.baseline.known, better)) {
    const why = [`baseline below half of ${trial.baseline.known} ${unit}`, ...misses]
    return { entry, baselineRuns, figures, verdict: 'void', why }
  }
  return {
    entry,
    baselineRuns,
    figures,
    verdict: misses.length > 0 ? 'MISSED' : 'ok',
    why: misses,
  }
}

function mediansOf(results: readonly RunResult[]): Record<string, number> {
  const medians: Record<string, number> = {}
  for (const name of Object.keys(results[0].figures ?? {})) {
    medians[name] = median(results.map(({ figures }) => figures?.[name] ?? Number.NaN))
  }
  return medians
}

// A figure that both sides have is compared pair by pair: how many times better the subject is
// (NAMERatio), and what it adds (NAMEAdded).
function comparedOf({ better }: Trial, { subject, baseline }: TrialRuns): Record<string, number> {
  const compared: Record<string, number> = {}
  for (const name of Object.keys(subject[0].figures ?? {})) {
    const pairs = subject.map(({ figures }, i) => [
      figures?.[name] ?? Number.NaN,
      baseline[i].figures?.[name] ?? Number.NaN,
    ])
    if (pairs.some(([, theirs]) => Number.isNaN(theirs))) continue
    compared[`${name}Ratio`] = median(pairs.map(([ours, theirs]) => ratioOf(ours, theirs, better)))
    compared[`${name}Added`] = median(pairs.map(([ours, theirs]) => ours - theirs))
  }
  return compared
}
