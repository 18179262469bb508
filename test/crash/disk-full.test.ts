import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { madeTick } from '../support/made-tick.mjs'
import { runChild } from '../support/run-child.js'

// A disk that is full: what comes waits in ring and spill, then is refused truthfully; when there is
// room again the engine goes on by itself, with everything it had received.

const CHILD = fileURLToPath(new URL('../support/full-child.mjs', import.meta.url))
const CHECKPOINT_CHILD = fileURLToPath(
  new URL('../support/full-checkpoint-child.mjs', import.meta.url),
)
const disk = mkdtempSync(join(tmpdir(), 'tickloom-full-'))
const mounted = mount()
afterAll(() => {
  if (mounted) execFileSync('umount', ['-l', disk])
  rmSync(disk, { recursive: true, force: true })
})

function mount(): boolean {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk])
  if (status !== 0) console.log(`skipped: no small disk can be mounted here: ${stderr}`)
  return status === 0
}

test.skipIf(!mounted)('a full disk loses nothing, and is survived three times', async () => {
  const dataDir = join(disk, 'data')
  mkdirSync(dataDir)
  const { stdout, stderr, status } = await runChild([CHILD, JSON.stringify({ dataDir })])
  expect([status, stderr]).toEqual([0, ''])
  const { received, refused, faults, counts } = JSON.parse(stdout)
  expect(faults).toContain('JOURNAL_FAILED')
  expect(refused).toBeGreaterThan(0)
  expect(counts).toMatchObject({
    received,
    refused,
    stored: received,
    duplicates: 0,
    rejected: 0,
  })
  const ticks = await ticksOf(filePath(dataDir, 'venue', 'spot', 'A'))
  const made = Array.from({ length: received }, (_, i) => ({ ...madeTick('A', i + 1) }))
  const stored = ticks.map(({ seq, ...tick }) => tick)
  stored.sort((a, b) => Number(a.tradeId) - Number(b.tradeId))
  expect(stored).toEqual(made)
  expect((await verify(dataDir)).problems).toEqual([])
})

test.skipIf(!mounted)(
  'a checkpoint that finds the disk full: its file goes on when there is room',
  async () => {
    const dataDir = join(disk, 'checkpointed')
    mkdirSync(dataDir)
    rmSync(join(disk, 'data'), { recursive: true, force: true })
    const args = [CHECKPOINT_CHILD, JSON.stringify({ dataDir, disk })]
    const { stdout, stderr, status } = await runChild(args)
    expect([status, stderr]).toEqual([0, ''])
    const { id, cleaned, stored, read, stats } = JSON.parse(stdout)
    expect(cleaned).toMatch(/No space left on device|invalidated/)
    expect([stored, read]).toEqual([true, 100])
    expect(stats).toMatchObject({ received: id, stored: id, staged: 0 })
    expect((await verify(dataDir)).problems).toEqual([])
  },
)
