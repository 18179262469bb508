import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Side, TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { repair } from '../../dist/src/verify/repair.js'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { T0, withDir } from '../support/engine-dir.js'

// What cannot be read is set aside, and what the journal holds of it comes back.

const COUNT = 3000

/** A directory as a crash leaves it: journal, files, and logs beside them. */
async function crashed(folder: string, stored: boolean): Promise<string> {
  const [live, dataDir] = [join(folder, 'live'), join(folder, 'crashed')]
  const engine = await TickEngine.open({ dataDir: live, shards: 1, clock: 'event' })
  const pairs = ['A', 'B'].map((symbol) => engine.pair('venue', 'spot', symbol))
  for (let i = 0; i < COUNT; i++) {
    pairs[i % 2].trade(T0 + i * 1e6, 100 + (i % 9), 1, (i % 3) as Side, i + 1)
  }
  await engine.flush({ stored: true })
  for (let i = 0; i < COUNT; i++) {
    pairs[i % 2].trade(T0 + (COUNT + i) * 1e6, 100, 1, 1, COUNT + i + 1)
  }
  await engine.flush(stored ? { stored: true } : {})
  cpSync(live, dataDir, { recursive: true })
  await engine.close()
  return dataDir
}

async function idsAfterOpen(dataDir: string, symbol: string): Promise<number[]> {
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
  await engine.close()
  const ticks = await ticksOf(filePath(dataDir, 'venue', 'spot', symbol))
  return ticks.map((tick) => Number(tick.tradeId)).sort((a, b) => a - b)
}

test('a file of noise is set aside; its pair goes on with what the journal holds', async () => {
  await withDir(async (folder) => {
    const dataDir = await crashed(folder, false)
    const path = filePath(dataDir, 'venue', 'spot', 'A')
    writeFileSync(path, 'noise '.repeat(40_000))
    const { repairs, report } = await repair(dataDir)
    expect(report.problems).toEqual([])
    expect(repairs.map(({ where }) => where)).toEqual(['venue:spot:A'])
    expect(readdirSync(dirname(path)).sort()).toEqual([
      'pair.json',
      'trading.duckdb.broken-1',
      'trading.duckdb.broken-1.wal',
    ])
    // Nothing was dropped from this journal yet: all of it is there again.
    const all = await idsAfterOpen(dataDir, 'A')
    expect(all).toEqual(Array.from({ length: COUNT }, (_, i) => 2 * i + 1))
    const others = await ticksOf(filePath(dataDir, 'venue', 'spot', 'B'))
    expect(others.length).toBe(COUNT)
    expect((await verify(dataDir)).problems).toEqual([])
  })
})

test('a log with flipped bits: opened, or set aside, and never a crash', async () => {
  await withDir(async (folder) => {
    const dataDir = await crashed(folder, true)
    const wal = `${filePath(dataDir, 'venue', 'spot', 'B')}.wal`
    const bytes = readFileSync(wal)
    expect(statSync(wal).size).toBeGreaterThan(10_000)
    for (const at of [100, 5000, bytes.length - 2000]) {
      const flipped = Buffer.from(bytes)
      flipped[at] ^= 16
      writeFileSync(wal, flipped)
    }
    const { report } = await repair(dataDir)
    expect(report.problems.filter(({ check }) => check === 'file')).toEqual([])
    const ids = await idsAfterOpen(dataDir, 'B')
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(Array.from({ length: COUNT }, (_, i) => 2 * i + 2))
  })
})

test('a broken segment is left to open(), which takes up what stands before the break', async () => {
  await withDir(async (folder) => {
    const dataDir = await crashed(folder, false)
    // What the files hold is gone: the journal alone has it.
    for (const symbol of ['A', 'B']) {
      rmSync(filePath(dataDir, 'venue', 'spot', symbol))
      rmSync(`${filePath(dataDir, 'venue', 'spot', symbol)}.wal`)
    }
    const [name] = readdirSync(join(dataDir, 'journal'))
    const path = join(dataDir, 'journal', name)
    const bytes = readFileSync(path)
    bytes[Math.floor(bytes.length * 0.7)] ^= 1
    writeFileSync(path, bytes)
    const { repairs, report } = await repair(dataDir)
    expect([repairs, report.problems.map(({ check }) => check)]).toEqual([[], ['journal']])
    const ids = await idsAfterOpen(dataDir, 'A')
    expect(ids.length).toBeGreaterThan(COUNT / 3)
    expect(ids).toEqual(ids.map((_, i) => 2 * i + 1))
    expect((await verify(dataDir)).problems).toEqual([])
  })
})

test('a file that only cannot be opened now is left as it is', async () => {
  await withDir(async (folder) => {
    const dataDir = await crashed(folder, true)
    const path = filePath(dataDir, 'venue', 'spot', 'A')
    renameSync(path, `${path}-elsewhere`)
    // DuckDB cannot open a folder.
    mkdirSync(path)
    const { repairs, report } = await repair(dataDir)
    expect([repairs, report.problems.map(({ check }) => check)]).toEqual([[], ['file']])
    rmSync(path, { recursive: true })
    renameSync(`${path}-elsewhere`, path)
    expect(await idsAfterOpen(dataDir, 'A')).toHaveLength(COUNT)
  })
})

test('nothing is touched where nothing is wrong', async () => {
  await withDir(async (folder) => {
    const dataDir = await crashed(folder, true)
    const before = readdirSync(dataDir, { recursive: true }).sort()
    const { repairs, report } = await repair(dataDir)
    expect([repairs, report.problems]).toEqual([[], []])
    expect(readdirSync(dataDir, { recursive: true }).sort()).toEqual(before)
  })
})
