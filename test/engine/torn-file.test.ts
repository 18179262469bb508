import {
  cpSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TickEngine } from 'tickloom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mendTorn } from '../../dist/src/shard/torn-file.js'
import { tornBlockOf } from '../../dist/src/store/damage.js'
import { tableNames } from '../../dist/src/store/schema.js'
import { repair } from '../../dist/src/verify/repair.js'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { CRASHED_COUNT, makeCrashed } from '../support/crashed-dir.js'
import { mix } from '../support/made-tick.mjs'
import { rowsOf } from '../support/rows-of.js'
import { SEED } from '../support/seed.js'

// A power cut in the middle of a checkpoint: of the blocks that it writes, some sectors are there and
// some are not. Blocks that the checkpoint before still needs are among them; the file is mended, and
// everything is there. There is no journal: what was stored long ago is in files alone.

const NAME = 'venue:spot:A'
const HEADERS = 3 * 4096
const BLOCK = 65_536
const EVENT = { shards: 1, clock: 'event' } as const

/** Files in which a bit is flipped, or noise written. */
const SPOILT = Number(process.env['TICKLOOM_SPOILT'] ?? 4)

const folder = mkdtempSync(join(tmpdir(), 'tickloom-torn-'))
let before: Buffer
let after: Buffer
let whole: string
let copies = 0
let draws = 0
const random = (below: number) => mix(SEED, draws++) % below

beforeAll(async () => {
  await makeCrashed(folder)
  rmSync(join(folder, 'crashed', 'journal'), { recursive: true })
  const { path } = crashed()
  before = readFileSync(path)
  whole = await fingerprint(path)
  await rowsOf(`ATTACH '${path}' AS f; CHECKPOINT f`)
  after = readFileSync(path)
})
afterAll(() => rmSync(folder, { recursive: true }))

function crashed(): { dataDir: string; path: string } {
  const dataDir = join(folder, `copy-${++copies}`)
  cpSync(join(folder, 'crashed'), dataDir, { recursive: true })
  return { dataDir, path: filePath(dataDir, 'venue', 'spot', 'A') }
}

/** Every value of every table, in a number each. */
async function fingerprint(path: string): Promise<string> {
  const sums = tableNames().map(
    (table) => `SELECT '${table}', count(*), sum(hash(t)) FROM f.${table} AS t`,
  )
  const sql = `ATTACH '${path}' AS f (READ_ONLY); ${sums.join(' UNION ALL ')}`
  return JSON.stringify(await rowsOf(sql))
}

/** Why DuckDB does not read the file. */
async function refusal(path: string): Promise<unknown> {
  return fingerprint(path).then(
    () => undefined,
    (cause) => cause,
  )
}

/** What a cut in the checkpoint leaves: any sectors of the blocks it wrote. */
function tear(sector: number): Buffer {
  const torn = Buffer.from(before)
  for (let at = HEADERS; at < before.length; at += sector) {
    if (random(2) === 0) after.copy(torn, at, at, Math.min(at + sector, before.length))
  }
  return torn
}

function blocksThatDiffer(): number[] {
  const blocks: number[] = []
  for (let at = HEADERS; at < before.length; at += BLOCK) {
    const end = Math.min(at + BLOCK, before.length)
    if (!before.subarray(at, end).equals(after.subarray(at, end))) blocks.push(at)
  }
  return blocks
}

test('a checkpoint writes blocks in place', () => {
  expect(blocksThatDiffer().length).toBeGreaterThan(0)
})

test('torn at any sector, all of it is there again', async () => {
  console.log(`torn-file seed=${SEED}`)
  let refused = 0
  for (const sector of [512, 4096, 512, 32_768, 4096, 512]) {
    const { dataDir, path } = crashed()
    writeFileSync(path, tear(sector))
    const cause = await refusal(path)
    if (cause !== undefined) {
      refused++
      expect(tornBlockOf(cause)).toBeDefined()
      expect(await mendTorn(path, NAME, cause)).toBe(`${path}.broken-1`)
    }
    expect(await fingerprint(path)).toBe(whole)
    expect((await verify(dataDir)).problems).toEqual([])
  }
  expect(refused).toBeGreaterThan(2)
})

test('its log may be missing: what was checkpointed is there', async () => {
  const { path } = crashed()
  rmSync(`${path}.wal`)
  const checkpointed = await fingerprint(path)
  do writeFileSync(path, tear(4096))
  while ((await refusal(path)) === undefined)
  expect(await mendTorn(path, NAME, await refusal(path))).toBe(`${path}.broken-1`)
  expect(await fingerprint(path)).toBe(checkpointed)
})

test('an engine mends it when it opens the pair, and says so', async () => {
  const { dataDir, path } = crashed()
  do writeFileSync(path, tear(4096))
  while ((await refusal(path)) === undefined)
  const torn = readFileSync(path)
  const engine = await TickEngine.open({ dataDir, ...EVENT })
  const faults: string[] = []
  engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
  const pair = engine.pair('venue', 'spot', 'A')
  await pair.ready()
  expect((await pair.recentTicks({ limit: 10_000 })).length).toBe(2 * CRASHED_COUNT)
  expect(await pair.gaps()).toEqual([])
  await engine.close()
  expect(faults.length).toBe(1)
  expect(faults[0]).toMatch(/^FILE_MENDED a checkpoint was cut off in the middle of a block/)
  expect(readFileSync(`${path}.broken-1`).equals(torn)).toBe(true)
  expect((await ticksOf(path)).length).toBe(2 * CRASHED_COUNT)
  expect((await verify(dataDir)).problems).toEqual([])
})

test('where no process can be started, it is left as it is', async () => {
  const { dataDir, path } = crashed()
  do writeFileSync(path, tear(4096))
  while ((await refusal(path)) === undefined)
  const torn = readFileSync(path)
  const { execPath } = process
  process.execPath = '/nowhere'
  try {
    const cause = await refusal(path)
    await expect(mendTorn(path, NAME, cause)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    const { repairs } = await repair(dataDir)
    expect(repairs).toMatchObject([{ done: expect.stringMatching(/^left as it is: .*ENOENT/) }])
  } finally {
    process.execPath = execPath
  }
  expect(readFileSync(path).equals(torn)).toBe(true)
  expect(readdirSync(dirname(path)).filter((name) => name.includes('.mended'))).toEqual([])
})

test('a crash in the middle of mending leaves what the next one mends', async () => {
  const { path } = crashed()
  do writeFileSync(path, tear(4096))
  while ((await refusal(path)) === undefined)
  // What the one before had made when it ended: a part of a copy, and the second name of the torn file.
  writeFileSync(`${path}.mended`, 'a part')
  writeFileSync(`${path}.mended.wal`, 'another')
  linkSync(path, `${path}.broken-1`)
  const torn = readFileSync(path)
  expect(await mendTorn(path, NAME, await refusal(path))).toBe(`${path}.broken-2`)
  expect(await fingerprint(path)).toBe(whole)
  for (const kept of ['broken-1', 'broken-2']) {
    expect(readFileSync(`${path}.${kept}`).equals(torn)).toBe(true)
  }
  expect(readdirSync(dirname(path)).filter((name) => name.includes('.mended'))).toEqual([])
})

test('so does repair', async () => {
  const { dataDir, path } = crashed()
  do writeFileSync(path, tear(512))
  while ((await refusal(path)) === undefined)
  const { repairs, report } = await repair(dataDir)
  expect(repairs).toMatchObject([
    { where: NAME, done: expect.stringMatching(/^torn in a checkpoint, and mended/) },
  ])
  expect(report.problems).toEqual([])
  expect(await fingerprint(path)).toBe(whole)
})

/** What mendTorn() makes of the file with something wrong in it. */
async function spoilt(spoil: (bytes: Buffer) => void): Promise<'unharmed' | 'broken' | 'mended'> {
  const { path } = crashed()
  const bytes = Buffer.from(before)
  spoil(bytes)
  writeFileSync(path, bytes)
  const cause = await refusal(path)
  if (cause === undefined) return 'unharmed'
  if ((await mendTorn(path, NAME, cause)) === undefined) {
    expect(readFileSync(path).equals(bytes)).toBe(true)
    return 'broken'
  }
  expect(await fingerprint(path)).toBe(whole)
  return 'mended'
}

test('a flipped bit is not taken for a tear', { timeout: 600_000 + SPOILT * 3000 }, async () => {
  for (let i = 0; i < SPOILT; i++) {
    const block = HEADERS + BLOCK * random((before.length - HEADERS) / BLOCK)
    const at = block + 8 + random(BLOCK - 8)
    const became = await spoilt((bytes) => {
      bytes[at] ^= 1 << random(8)
    })
    // Some blocks are free.
    expect(became).not.toBe('mended')
  }
})

test('noise is not taken for a tear unless nothing is lost', {
  timeout: 600_000 + SPOILT * 3000,
}, async () => {
  const seen = { unharmed: 0, mended: 0, broken: 0 }
  for (let i = 0; i < SPOILT; i++) {
    const inPlace = blocksThatDiffer()[0] + 8 + random(BLOCK - 100)
    const at = i % 2 === 0 ? inPlace : HEADERS + random(before.length - HEADERS - 100)
    const length = 2 + random(64)
    const became = await spoilt((bytes) => {
      for (let k = 0; k < length; k++) bytes[at + k] = random(256)
    })
    seen[became]++
  }
  console.log(`torn-file: noise ${JSON.stringify(seen)}`)
  expect(seen.broken).toBeGreaterThan(0)
})
