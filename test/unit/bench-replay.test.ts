import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replayTrials } from '../../dist/bench/trials/replay-csv.js'

// The trials' answers, at a size that says nothing of speed: each run checks its own, and throws.

test.each(replayTrials)('$name: both sides store the rows of the dump', async (trial) => {
  for (const run of [trial.subject, trial.baseline.run]) {
    const dataDir = mkdtempSync(join(tmpdir(), 'tickloom-bench-'))
    try {
      const { value, figures } = await run({ dataDir, seed: 7, smoke: true })
      expect(value).toBeGreaterThan(0)
      expect(figures?.['rssMb']).toBeGreaterThan(0)
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
})
