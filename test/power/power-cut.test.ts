import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { mix } from '../support/made-tick.mjs'
import { IS_LONG, SEED } from '../support/seed.js'
import { Disk, type Names } from './disk.js'
import type { Random } from './disk-file.js'
import { checkAfterCut, type Told } from './rebuilt.js'
import { type Entry, entriesOf, Kind } from './recording.js'

// The power fails, again and again: every write, sync and name of a child's sessions is recorded,
// DuckDB's included; at points by a seed the directory is made as a disk might hold it after a cut
// there (disk.ts), and the engine opens it. Whatever the child had been told durable by then must be
// there, once, and the candles right. One of the cuts is where the next child starts, so that cuts
// also fall into a recovery.
//
// TICKLOOM_NAMES=ordered|strict takes one model of names alone.

const CUTS = Number(process.env['TICKLOOM_CUTS'] ?? (IS_LONG ? 8 : 4))
/** One model of the disk's names alone, where it is given. */
const NAMES = process.env['TICKLOOM_NAMES'] as Names | undefined
const CUTS_A_ROUND = 10
/** Of the files of pairs. */
const BLOCK_BYTES = 65_536
const ROUNDS = Math.ceil(CUTS / CUTS_A_ROUND)
const CHILD = fileURLToPath(new URL('power-child.mjs', import.meta.url))
const RECORDER = fileURLToPath(new URL('recorder.c', import.meta.url))
const NOBODY: Told = { 'AAA/USDT': 0, 'BBB/USDT': 0, 'CCC/USDT': 0 }

// In memory where there is such a place: what a disk does is made up here.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tickloom-power-'))
let failed = false
const failures: string[] = []
let mended = 0
afterAll(() => {
  if (failed) console.log(`power-cut.test: the recording is in ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
})

/** The recorder as a library, or why there is none. */
function compiled(): { library: string } | { missing: string } {
  if (process.platform !== 'linux') return { missing: `no recorder for ${process.platform}` }
  const library = join(folder, 'recorder.so')
  const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, RECORDER]
  try {
    execFileSync('cc', [...flags, '-ldl', '-lpthread'], { stdio: 'pipe' })
    return { library }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { missing: 'no C compiler: cc' }
    throw cause
  }
}

const recorder = compiled()
if ('missing' in recorder) console.log(`power-cut.test is skipped: ${recorder.missing}`)

interface Recording {
  readonly entries: readonly Entry[]
  /** The root as it was, and as it is now. */
  readonly before: string
  readonly root: string
  /** What had been promised before. */
  readonly told: Told
}

/** Runs a child over `before`, which it leaves as it is. */
async function record(
  library: string,
  before: string,
  told: Told,
  seed: number,
): Promise<Recording> {
  const place = mkdtempSync(join(folder, 'round-'))
  const root = join(place, 'disk')
  cpSync(before, root, { recursive: true })
  const [log, marks] = [join(place, 'log'), join(place, 'marks')]
  const task = { dataDir: join(root, 'data'), marks, seed, told, sessions: 2 }
  const env = {
    ...process.env,
    UV_USE_IO_URING: '0',
    LD_PRELOAD: library,
    POWER_ROOT: root,
    POWER_LOG: log,
    POWER_MARKS: marks,
    POWER_SYNC_US: '1500',
  }
  const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], { env })
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return { entries: entriesOf(readFileSync(log)), before, root, told }
}

/** Every file below a folder, by its path. */
function filesOf(path: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name)
    files.set(full.slice(path.length + 1), entry.isFile() ? readFileSync(full) : Buffer.alloc(0))
  }
  return files
}

/** What the recorder saw is all that has happened: its end is the directory to the byte. */
function isComplete({ entries, before, root }: Recording): void {
  const disk = new Disk(root, before)
  disk.replay(entries, entries.length)
  const replayed = join(folder, 'replayed')
  mkdirSync(replayed)
  disk.writeNow(replayed)
  const [there, here] = [filesOf(root), filesOf(replayed)]
  expect([...here.keys()].sort()).toEqual([...there.keys()].sort())
  for (const [path, bytes] of there) {
    expect(here.get(path)?.equals(bytes), `${path} as it was recorded`).toBe(true)
  }
  rmSync(replayed, { recursive: true })
}

/** What the child had been told before an entry. */
function toldBefore({ entries, told }: Recording, end: number): Told {
  const promised: Record<string, number> = { ...told }
  for (const { kind, data } of entries.slice(0, end)) {
    if (kind !== Kind.Mark) continue
    for (const [name, id] of Object.entries(JSON.parse(data.toString()) as Told)) {
      promised[name] = Math.max(promised[name], id)
    }
  }
  return promised
}

// A third of them anywhere, a third beside something that a promise depends on, a third behind a block
// of DuckDB's that is not synced yet.
function cutsOf(entries: readonly Entry[], count: number, random: Random): number[] {
  const kinds: number[] = [Kind.Synced, Kind.Rename, Kind.Unlink, Kind.Truncate, Kind.Mark]
  const turning = entries.flatMap(({ kind }, i) => (kinds.includes(kind) ? [i] : []))
  const isBlock = ({ kind, data }: Entry) => kind === Kind.Write && data.length === BLOCK_BYTES
  const blocks = entries.flatMap((entry, i) => (isBlock(entry) ? [i] : []))
  const cuts = Array.from({ length: count }, (_, i) => {
    if (i % 3 === 0) return random(entries.length)
    const near = i % 3 === 1 ? turning : blocks
    return Math.min(near[random(near.length)] + random(3), entries.length)
  })
  return cuts.sort((a, b) => a - b)
}

function randomOf(seed: number): Random {
  let draws = 0
  return (below) => mix(seed, draws++) % below
}

interface Next {
  before: string
  told: Told
}

/** Cuts the power in a recording; returns what one of the cuts has left. */
async function cutPower(recording: Recording, count: number, seed: number): Promise<Next> {
  const random = randomOf(seed)
  const { entries, root, before } = recording
  const disk = new Disk(root, before)
  let next: Next = { before, told: recording.told }
  for (const [i, cut] of cutsOf(entries, count, random).entries()) {
    disk.replay(entries, cut)
    const drawn: Names = random(2) === 0 ? 'ordered' : 'strict'
    const names = NAMES ?? drawn
    const left = join(folder, `left-${seed}-${i}`)
    mkdirSync(left)
    disk.writeAfterCut(left, names, random)
    const told = toldBefore(recording, cut)
    const kept = `${left}-kept`
    cpSync(left, kept, { recursive: true })
    try {
      const shards = random(3) > 0 ? 1 : 2 + random(2)
      const faults = await checkAfterCut(join(left, 'data'), told, shards, random(4) > 0)
      mended += faults.filter((code) => code === 'FILE_MENDED').length
    } catch (cause) {
      const text = (cause as Error).message.slice(0, 300)
      failures.push(`cut=${cut} of=${entries.length} names=${names} left=${kept}: ${text}`)
      continue
    }
    rmSync(left, { recursive: true })
    if (i === count >> 1) next = { before: kept, told }
    else rmSync(kept, { recursive: true })
  }
  return next
}

test.skipIf('missing' in recorder)(
  `${CUTS} power cuts lose nothing that was durable`,
  {
    timeout: Math.max(600_000, CUTS * 3000),
  },
  async () => {
    if ('missing' in recorder) return
    console.log(`power-cut.test seed=${SEED}`)
    failed = true
    let next: Next = { before: join(folder, 'empty'), told: NOBODY }
    mkdirSync(next.before)
    const total = { entries: 0, syncs: 0, told: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      const seed = mix(SEED, round)
      const recording = await record(recorder.library, next.before, next.told, seed)
      isComplete(recording)
      const { entries } = recording
      total.entries += entries.length
      total.syncs += entries.filter(({ kind }) => kind === Kind.Synced).length
      total.told += entries.filter(({ kind }) => kind === Kind.Mark).length
      next = await cutPower(recording, Math.min(CUTS_A_ROUND, CUTS - round * CUTS_A_ROUND), seed)
    }
    failed = failures.length > 0
    console.log(`power-cut.test: ${JSON.stringify({ ...total, mended })}`)
    expect(failures).toEqual([])
    expect(total.told).toBeGreaterThan(10)
  },
)
