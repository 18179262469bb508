// Runs a trial: a fresh process for every run, subject and baseline by turns, a fresh directory each.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Part, RunOrder, RunReply, RunResult, Trial } from './trial.js'

const CHILD = fileURLToPath(new URL('run-trial.js', import.meta.url))
/** Beside the compiled benches: the project's disk, and no memory file system. */
const SCRATCH = fileURLToPath(new URL('scratch-', import.meta.url))
const FIRST_SEED = 20_260
const RUN_TIMEOUT_MS = 300_000

export interface TrialRuns {
  readonly subject: readonly RunResult[]
  readonly baseline: readonly RunResult[]
}

/** Makes `pairs` pairs of runs; `onRun` hears each as it ends. Rejects with the error of a run. */
export async function runPairs(
  trial: Trial,
  pairs: number,
  smoke: boolean,
  onRun: (part: Part, result: RunResult) => void,
): Promise<TrialRuns> {
  const runs = { subject: [] as RunResult[], baseline: [] as RunResult[] }
  for (let i = 0; i < pairs; i++) {
    // The first of a pair changes too: what it leaves in the caches helps neither side for good.
    const order: Part[] = i % 2 === 0 ? ['subject', 'baseline'] : ['baseline', 'subject']
    for (const part of order) {
      const result = await runOnce(trial.name, part, FIRST_SEED + i, smoke)
      runs[part].push(result)
      onRun(part, result)
    }
  }
  return runs
}

async function runOnce(
  trial: string,
  part: Part,
  seed: number,
  smoke: boolean,
): Promise<RunResult> {
  const dataDir = mkdtempSync(SCRATCH)
  try {
    const reply = await child({ trial, part, seed, smoke, dataDir })
    if ('error' in reply) throw new Error(`${trial} (${part}, seed ${seed}) failed: ${reply.error}`)
    return reply.result
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function child(order: RunOrder): Promise<RunReply> {
  return new Promise((resolve) => {
    let reply: RunReply = { error: 'the process ended without an answer' }
    const process = fork(CHILD, [JSON.stringify(order)], { timeout: RUN_TIMEOUT_MS })
    process.on('message', (message) => {
      reply = message as RunReply
    })
    process.on('error', (cause) => resolve({ error: String(cause) }))
    process.on('exit', (code, signal) => {
      if (code === 0) resolve(reply)
      else if ('error' in reply) resolve({ error: `${reply.error} (${signal ?? `exit ${code}`})` })
      else resolve({ error: `answered, then ended with ${signal ?? `exit ${code}`}` })
    })
  })
}
