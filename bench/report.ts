// The results as a person reads them: every run, then a table; and as latest.json.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Machine } from './machine.js'
import type { Requirement } from './statistics.js'
import type { Summary, TrialEntry } from './summary.js'
import type { Trial } from './trial.js'

/** A figure with three or four digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '—'
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(2)}M`
  if (Math.abs(value) >= 10_000) return `${(value / 1e3).toFixed(0)}k`
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGb, platform, node, date } = machine
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}, ${date}`
}

function requirementText({ figure: name, atLeast, atMost }: Requirement): string {
  return atLeast === undefined ? `${name} ≤ ${atMost}` : `${name} ≥ ${atLeast}`
}

/** The lines of a trial: all its runs, and the verdict. */
export function trialLines(trial: Trial, summary: Summary): string[] {
  const { entry, baselineRuns, figures, verdict, why } = summary
  const goals = trial.mustReach.map(requirementText).join(', ')
  const goal = goals === '' ? 'shown, no goal' : `must reach ${goals}`
  const extra = Object.entries(figures).map(([name, value]) => `${name} ${figure(value)}`)
  return [
    `  subject  ${entry.runs.map(figure).join('  ')}  ${entry.unit}`,
    `  baseline ${baselineRuns.map(figure).join('  ')}  (${entry.baseline.name})`,
    ...(extra.length > 0 ? [`  figures  ${extra.join(', ')}`] : []),
    `  ratio    ${entry.ratio.toFixed(2)} (${entry.spread.map((r) => r.toFixed(2)).join('..')}), ` +
      `${goal}: ` +
      `${verdict}${why.length > 0 ? ` (${why.join('; ')})` : ''}`,
  ]
}

/** One row a trial, columns aligned. */
export function table(summaries: readonly Summary[]): string {
  const head = ['trial', 'unit', 'median', 'baseline', 'ratio', 'spread', 'verdict']
  const rows = summaries.map(({ entry, verdict }) => [
    entry.name,
    entry.unit,
    figure(entry.median),
    figure(entry.baseline.median),
    entry.ratio.toFixed(2),
    entry.spread.map((r) => r.toFixed(2)).join('..'),
    verdict,
  ])
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)))
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Writes the results. `keepOthers`: trials the file already has, of the same machine, stay. */
export function writeResults(
  path: string,
  machine: Machine,
  entries: readonly TrialEntry[],
  keepOthers: boolean,
): void {
  const ran = new Set(entries.map(({ name }) => name))
  const kept = keepOthers ? keptEntries(path, machine).filter(({ name }) => !ran.has(name)) : []
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify({ machine, trials: [...kept, ...entries] }, null, 2)}\n`)
}

function keptEntries(path: string, machine: Machine): TrialEntry[] {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as {
      machine: Machine
      trials: TrialEntry[]
    }
    const same = (['cpu', 'cores', 'node'] as const).every((k) => found.machine[k] === machine[k])
    return same ? found.trials : []
  } catch {
    // Nothing written yet, or nothing that can be read.
    return []
  }
}
