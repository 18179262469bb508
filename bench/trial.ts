// What a trial declares, and what one run of it answers. Each run is a process of its own.
import type { Better, Requirement } from './statistics.js'

/** What a run is given. */
export interface RunContext {
  /** An empty directory on the project's disk; removed by the harness. */
  readonly dataDir: string
  readonly seed: number
  /** Tiny sizes: the figures mean nothing, the answers are checked all the same. */
  readonly smoke: boolean
}

/** What a run measured, its answers already checked. */
export interface RunResult {
  /** In the trial's unit. */
  readonly value: number
  /** Further figures, by name; their medians are reported. */
  readonly figures?: Readonly<Record<string, number>>
}

export type Run = (context: RunContext) => Promise<RunResult>

export interface Trial {
  readonly name: string
  readonly unit: string
  readonly better: Better
  readonly mustReach: readonly Requirement[]
  readonly subject: Run
  readonly baseline: {
    readonly name: string
    readonly run: Run
    /** What it is known to do (DESIGN.md); below half of it the trial is void. */
    readonly known?: number
  }
}

export type Part = 'subject' | 'baseline'

/** What the child process is told, as JSON in its only argument. */
export interface RunOrder extends RunContext {
  readonly trial: string
  readonly part: Part
}

/** What it sends back. */
export type RunReply = { readonly result: RunResult } | { readonly error: string }
