import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TickEngine } from 'tickloom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, sql, ticksOf } from '../support/closed-file.js'
import { CRASHED_COUNT, crashedTick, makeCrashed } from '../support/crashed-dir.js'
import { opened, until } from '../support/engine-dir.js'

// A file that cannot be read is set aside, and its pair goes on: with what the journal holds, with
// what is left of the file, and with a row in `gaps` that says what may be missing.

const EVENT = { shards: 1, clock: 'event' } as const
const COUNT = CRASHED_COUNT
const tick = crashedTick
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
const idsOf = async (path: string) => (await ticksOf(path)).map((t) => t.tradeId)

const folder = mkdtempSync(join(tmpdir(), 'tickloom-broken-'))

beforeAll(() => makeCrashed(folder))
afterAll(() => rmSync(folder, { recursive: true }))

let copies = 0

/** A copy of it, with or without its journal; what was acknowledged long ago is in files alone. */
function crashed(journal: boolean): { dataDir: string; path: string } {
  const dataDir = join(folder, `copy-${++copies}`)
  cpSync(join(folder, 'crashed'), dataDir, { recursive: true })
  if (!journal) rmSync(join(dataDir, 'journal'), { recursive: true })
  return { dataDir, path: filePath(dataDir, 'venue', 'spot', 'A') }
}

const flipBit = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes[at] ^= 16
  writeFileSync(path, bytes)
}

const BROKEN: [what: string, broken: (path: string) => void, aside: string][] = [
  ['truncated', (path) => truncateSync(path, 10_000), 'trading.duckdb.broken-1'],
  [
    'overwritten',
    (path) => writeFileSync(path, 'noise '.repeat(40_000)),
    'trading.duckdb.broken-1',
  ],
  ['empty', (path) => truncateSync(path, 0), 'trading.duckdb.broken-1'],
  [
    'empty, and without its log',
    (path) => {
      truncateSync(path, 0)
      rmSync(`${path}.wal`)
    },
    'trading.duckdb.broken-1',
  ],
  ['with a flipped bit', (path) => flipBit(path, 5000), 'trading.duckdb.broken-1'],
  [
    'with a flipped bit in its log',
    (path) => flipBit(`${path}.wal`, 5000),
    'trading.duckdb.wal.broken-1',
  ],
]

for (const [what, breaks, aside] of BROKEN) {
  test(`a file ${what}: what the journal holds is back, and the next open() is quiet`, async () => {
    const { dataDir, path } = crashed(true)
    breaks(path)
    const engine = await TickEngine.open({ dataDir, ...EVENT })
    const faults: string[] = []
    engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
    const [a, b] = ['A', 'B'].map((symbol) => engine.pair('venue', 'spot', symbol))
    await a.ready()
    await until('the fault', () => faults.length > 0)
    expect(faults.length).toBe(1)
    expect(faults[0]).toMatch(/^FILE_SET_ASIDE what cannot be read was moved to /)
    expect(faults[0]).toContain(join('A', aside))
    for (const pair of [a, b]) {
      expect((await pair.recentTicks({ limit: 10_000 })).map((t) => t.tradeId)).toEqual(upTo(6000))
      expect(pair.trade(...tick(6001))).toBeGreaterThan(0)
    }
    expect(await b.gaps()).toEqual([])
    const gaps = await a.gaps()
    await engine.close()
    expect(gaps).toMatchObject([{ firstId: null, missing: null, closed: false }])
    expect(existsSync(join(path, '..', aside))).toBe(true)
    expect((await verify(dataDir)).problems).toEqual([])
    await opened({ dataDir, ...EVENT }, async (again) => {
      expect(await again.pair('venue', 'spot', 'A').gaps()).toEqual(gaps)
    })
    expect(await idsOf(path)).toEqual(upTo(6001))
  })
}

test('without a journal, the file before its last log is left; the loss is told with its times', async () => {
  const { dataDir, path } = crashed(false)
  flipBit(`${path}.wal`, 5000)
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    await pair.ready()
    expect(await pair.gaps()).toMatchObject([
      { timestampBefore: tick(COUNT)[0], timestampAfter: null },
    ])
    pair.trade(...tick(9000))
    expect(await pair.gaps()).toMatchObject([
      { firstId: null, timestampBefore: tick(COUNT)[0], timestampAfter: tick(9000)[0] },
    ])
    expect((await engine.pair('venue', 'spot', 'B').stats()).gaps).toBe(0)
  })
  expect(await idsOf(path)).toEqual([...upTo(COUNT), 9000])
  expect((await idsOf(filePath(dataDir, 'venue', 'spot', 'B'))).length).toBe(2 * COUNT)
  expect((await verify(dataDir)).problems).toEqual([])
})

test('without a journal, the commits in front of a break in the log are left', async () => {
  const { dataDir, path } = crashed(false)
  const log = readFileSync(`${path}.wal`)
  flipBit(`${path}.wal`, Math.floor(log.length * 0.9))
  const broken = readFileSync(`${path}.wal`)
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    await pair.ready()
    expect(await pair.gaps()).toMatchObject([{ firstId: null, timestampBefore: tick(5000)[0] }])
    pair.trade(...tick(9000))
  })
  expect(await idsOf(path)).toEqual([...upTo(5000), 9000])
  expect(readFileSync(`${path}.wal.broken-1`).equals(broken)).toBe(true)
  expect((await verify(dataDir)).problems).toEqual([])
})

test('without a journal, nothing of a broken file is left, and it is kept as it was', async () => {
  const { dataDir, path } = crashed(false)
  const broken = Buffer.from('noise '.repeat(40_000))
  writeFileSync(path, broken)
  appendFileSync(`${path}.wal`, 'more')
  const log = readFileSync(`${path}.wal`)
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    pair.trade(...tick(9000))
    expect(await pair.gaps()).toEqual([
      {
        firstId: null,
        lastId: null,
        missing: null,
        timestampBefore: null,
        timestampAfter: tick(9000)[0],
        closed: false,
      },
    ])
  })
  expect(readFileSync(`${path}.broken-1`)).toEqual(broken)
  expect(readFileSync(`${path}.broken-1.wal`)).toEqual(log)
  expect(await idsOf(path)).toEqual([9000])
})

test('a crash between setting aside and storing leaves no file without its row', async () => {
  const { dataDir, path } = crashed(true)
  // As if the process had died right after renaming.
  cpSync(path, `${path}.broken-1`)
  rmSync(path)
  rmSync(`${path}.wal`)
  await opened({ dataDir, ...EVENT }, async (engine) => {
    expect(await engine.pair('venue', 'spot', 'A').gaps()).toMatchObject([{ firstId: null }])
  })
  expect(await sql(path, 'SELECT count(*) AS n FROM gaps')).toEqual([{ n: 1 }])
  expect(await idsOf(path)).toEqual(upTo(2 * COUNT))
})

test('a file that only cannot be opened now is left where it is', async () => {
  const { dataDir, path } = crashed(true)
  const bytes = readFileSync(path)
  rmSync(path)
  // DuckDB cannot open a folder: nothing says that the file is broken.
  cpSync(join(dataDir, 'venue', 'spot', 'B'), path, { recursive: true })
  await opened({ dataDir, ...EVENT }, async (engine) => {
    await expect(engine.pair('venue', 'spot', 'A').ready()).rejects.toThrow()
    expect(engine.pair('venue', 'spot', 'B').trade(...tick(6001))).toBeGreaterThan(0)
  })
  expect(readdirSync(join(path, '..')).filter((name) => name.includes('broken'))).toEqual([])
  rmSync(path, { recursive: true })
  writeFileSync(path, bytes)
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const ids = await engine.pair('venue', 'spot', 'A').recentTicks({ limit: 10_000 })
    expect(ids.map((t) => t.tradeId)).toEqual(upTo(2 * COUNT))
  })
})
