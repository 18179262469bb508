// `npm run bench [-- --only NAME] [--smoke] [--pairs N] [--json FILE] [--strict]`
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { thisMachine } from './machine.js'
import { figure, machineLine, table, trialLines, writeResults } from './report.js'
import { runPairs } from './run-pairs.js'
import { type Summary, summarize } from './summary.js'
import type { Trial } from './trial.js'
import { TRIALS } from './trials.js'

const PAIRS = 5

interface Arguments {
  readonly trials: readonly Trial[]
  readonly pairs: number
  readonly smoke: boolean
  readonly strict: boolean
  readonly json: string
  readonly keepOthers: boolean
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      smoke: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      pairs: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const { only, smoke, strict } = values
  const trials = only === undefined ? TRIALS : only.flatMap(chosen)
  const pairs = Number(values.pairs ?? (smoke ? 1 : PAIRS))
  if (!(Number.isSafeInteger(pairs) && pairs > 0)) throw new Error(`--pairs is a number above 0`)
  const latest = join('bench', 'results', smoke ? 'smoke.json' : 'latest.json')
  const json = values.json ?? latest
  return { trials, pairs, smoke, strict, json, keepOthers: only !== undefined && !values.json }
}

/** The trial of that name, or the family that begins so. */
function chosen(name: string): Trial[] {
  const exact = TRIALS.filter((trial) => trial.name === name)
  const trials = exact.length > 0 ? exact : TRIALS.filter((trial) => trial.name.startsWith(name))
  if (trials.length > 0) return trials
  throw new Error(`no trial ${name}; there are ${TRIALS.map((trial) => trial.name).join(', ')}`)
}

async function main(): Promise<number> {
  const { trials, pairs, smoke, strict, json, keepOthers } = readArguments()
  const machine = thisMachine()
  console.log(machineLine(machine))
  if (smoke) console.log('smoke: tiny sizes, answers checked; the figures mean nothing')
  const summaries: Summary[] = []
  let failed = false
  for (const trial of trials) {
    console.log(`\n${trial.name}, ${trial.unit}, ${trial.better} is better`)
    try {
      const runs = await runPairs(trial, pairs, smoke, (part, { value }) => {
        console.error(`  … ${part} ${figure(value)}`)
      })
      const summary = summarize(trial, runs)
      summaries.push(summary)
      for (const line of trialLines(trial, summary)) console.log(line)
    } catch (cause) {
      failed = true
      console.error(cause instanceof Error ? cause.message : cause)
    }
  }
  if (summaries.length > 0) console.log(`\n${table(summaries)}`)
  writeResults(
    json,
    machine,
    summaries.map(({ entry }) => entry),
    keepOthers,
  )
  console.log(`\n${json}`)
  const short = strict && summaries.some(({ verdict }) => verdict !== 'ok')
  return failed || short ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause)
  process.exitCode = 2
}
