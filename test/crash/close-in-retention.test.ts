import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { withDir } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// Retention takes seconds with many pairs, and an engine is mostly closed in the middle of a run. What
// it stores behind the database's end ends the process.

const CHILD = fileURLToPath(new URL('../support/close-in-retention-child.mjs', import.meta.url))
const HOOK = fileURLToPath(new URL('../support/slow-retention-hook.mjs', import.meta.url))

test('close() waits for the pair that retention is at, and stores nothing behind the end', async () => {
  await withDir(async (dataDir) => {
    const child = await runChild(['--import', HOOK, CHILD, dataDir])
    expect([child.signal, child.status, child.stderr, child.stdout]).toEqual([
      null,
      0,
      '',
      'closed\n',
    ])
    const { problems, ticks } = await verify(dataDir)
    expect([problems, ticks]).toEqual([[], 300])
  })
})
