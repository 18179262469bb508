import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type Side, TickEngine } from 'tickloom'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Problem, verify } from '../../dist/src/verify/verify.js'
import { filePath } from '../support/closed-file.js'
import { T0, withDir } from '../support/engine-dir.js'

// verify: silent over whatever an engine has left, and never over what somebody has changed.

const MINUTE = 60e6
const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')

async function fill(dataDir: string, options: object = {}, count = 4000): Promise<void> {
  const engine = await TickEngine.open({ dataDir, shards: 2, clock: 'event', ...options })
  const pairs = ['A', 'B/C'].map((symbol) => engine.pair('venue', 'spot', symbol))
  for (let i = 0; i < count; i++) {
    // Over three hours, some of it late.
    const at = T0 + i * 2.7e6 - (i % 37 === 0 ? 9 * MINUTE : 0)
    const pair = pairs[i % 5 === 0 ? 1 : 0]
    pair.trade(at, 100 + (i % 23) / 4, ((i % 11) + 1) / 8, (i % 3) as Side, i + 1)
    if (i % 1500 === 700) await engine.flush({ stored: true })
  }
  await engine.close()
}

/** Runs a statement over a closed file. */
async function change(dataDir: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(filePath(dataDir, 'venue', 'spot', 'A'))
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

async function checks(dataDir: string): Promise<string[]> {
  const { problems } = await verify(dataDir)
  return [...new Set(problems.map(({ check }: Problem) => check))].sort()
}

describe('verify', () => {
  test('finds nothing wrong with what an engine leaves', async () => {
    await withDir(async (dataDir) => {
      await fill(dataDir)
      const report = await verify(dataDir)
      expect(report).toMatchObject({ pairs: 2, ticks: 4000, problems: [], notes: [] })
      expect(report.candles).toBeGreaterThan(2 * 170)
    })
    // Cut by retention, off the grid, without ids.
    await withDir(async (dataDir) => {
      const engine = await TickEngine.open({
        dataDir,
        shards: 1,
        clock: 'event',
        retention: { ticks: '20m', '1m': '2d', '5m': '2d', '15m': '2d', '1h': '3d', '1d': '5d' },
      })
      const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'none' })
      for (let i = 0; i < 3000; i++) {
        pair.trade(T0 + i * 200e6, 100 + Math.sin(i), 1 / 3 + i / 7, (i % 3) as Side)
        if (i % 500 === 499) await engine.cleanup()
      }
      await engine.close()
      const report = await verify(dataDir)
      expect(report.problems).toEqual([])
      expect(report.ticks).toBeLessThan(3000)
    })
  })

  const changes: [string, string, string[]][] = [
    [
      'a price',
      'UPDATE ticks SET price = 1000 WHERE seq = (SELECT max(seq) - 50 FROM ticks)',
      ['candles'],
    ],
    [
      'a side',
      "UPDATE ticks SET side = 'BUY' WHERE seq = (SELECT min(seq) FROM ticks WHERE side = 'SELL')",
      ['candles'],
    ],
    [
      'a tick less',
      'DELETE FROM ticks WHERE seq = (SELECT min(seq) + 100 FROM ticks WHERE seq IN (SELECT seq FROM ticks))',
      ['candles'],
    ],
    [
      'a tick twice',
      'INSERT INTO ticks SELECT * FROM ticks ORDER BY seq LIMIT 1',
      ['candles', 'ids', 'sequence'],
    ],
    [
      'a candle',
      'UPDATE candles_1m SET close = close + 1 WHERE timestamp = (SELECT max(timestamp) FROM candles_1m)',
      ['candles', 'delta'],
    ],
    [
      'a candle less',
      'DELETE FROM candles_1m WHERE timestamp = (SELECT min(timestamp) + INTERVAL 20 MINUTE FROM candles_1m)',
      ['candles', 'levels'],
    ],
    [
      'a volume',
      'UPDATE candles_5m SET volume = volume + 0.125, buy_volume = buy_volume + 0.125, delta = delta + 0.125 WHERE timestamp = (SELECT min(timestamp) FROM candles_5m)',
      ['levels'],
    ],
    ['a delta', 'UPDATE candles_1h SET delta = delta + 1', ['delta']],
    [
      'an hour less',
      'DELETE FROM candles_1h WHERE timestamp = (SELECT min(timestamp) FROM candles_1h)',
      ['levels'],
    ],
    ['the state', 'DELETE FROM state', ['sequence']],
    ['the schema', "UPDATE meta SET value = '99' WHERE key = 'schema_version'", ['schema']],
    ['the name', "UPDATE meta SET value = 'venue:spot:X' WHERE key = 'name'", ['schema']],
  ]
  const folder = mkdtempSync(join(tmpdir(), 'tickloom-verify-'))
  const sound = join(folder, 'sound')
  afterAll(() => rmSync(folder, { recursive: true }))
  beforeAll(async () => {
    await fill(sound, {}, 1500)
    expect(await checks(sound)).toEqual([])
  })

  for (const [what, sql, found] of changes) {
    test(`tells of ${what} that was changed`, async () => {
      await withDir(async (dataDir) => {
        cpSync(sound, dataDir, { recursive: true })
        await change(dataDir, sql)
        const told = await checks(dataDir)
        expect(told).toEqual(expect.arrayContaining(found.slice(0, 1)))
        for (const check of told) expect([...found, 'delta', 'levels']).toContain(check)
        const { problems } = await verify(dataDir)
        for (const { where } of problems) expect(where).toBe('venue:spot:A')
      })
    })
  }

  test('tells of a file that is none, one that is cut off, and a journal with a flipped bit', async () => {
    await withDir(async (dataDir) => {
      await fill(dataDir, {}, 300)
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      truncateSync(path, 100_000)
      writeFileSync(filePath(dataDir, 'venue', 'spot', 'B/C'), 'noise '.repeat(50_000))
      const { problems } = await verify(dataDir)
      expect(problems.map(({ where, check }) => [where, check])).toEqual([
        ['venue:spot:A', 'file'],
        ['venue:spot:B/C', 'file'],
      ])
    })
    await withDir(async (dataDir) => {
      const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
      const pair = engine.pair('venue', 'spot', 'A')
      for (let i = 0; i < 9000; i++) pair.trade(T0 + i, 100, 1, 1, i + 1)
      await engine.flush()
      const journal = join(dataDir, 'journal')
      // As a crash would leave it.
      const copies = readdirSync(journal).map(
        (name) => [name, readFileSync(join(journal, name))] as const,
      )
      await engine.close()
      for (const [name, bytes] of copies) writeFileSync(join(journal, name), bytes)
      expect((await verify(dataDir)).journalSlots).toBe(9000)
      const [name, bytes] = copies[0]
      const flipped = Buffer.from(bytes)
      flipped[5000] ^= 4
      writeFileSync(join(journal, name), flipped)
      const { problems } = await verify(dataDir)
      expect(problems).toMatchObject([{ where: join(journal, name), check: 'journal' }])
    })
  })

  test('refuses a directory that an engine has open, and one that is not there', async () => {
    await withDir(async (dataDir) => {
      await fill(dataDir, {}, 100)
      const run = () =>
        spawnSync(process.execPath, [MAIN, 'verify', '--data-dir', dataDir], { encoding: 'utf8' })
      const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
      await engine.pair('venue', 'spot', 'A').ready()
      const refused = run()
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringContaining('an engine has it open; close it first'),
      ])
      await engine.close()
      const sound = run()
      expect([sound.status, sound.stdout]).toEqual([
        0,
        expect.stringMatching(
          /^2 pairs, 100 ticks, \d+ candles, 0 slots in the journal: all sound\n$/,
        ),
      ])
      await change(dataDir, 'DELETE FROM state')
      const told = run()
      expect([told.status, told.stdout]).toEqual([1, expect.stringContaining(': 1 problem')])
      await expect(verify(join(dataDir, 'nowhere'))).rejects.toMatchObject({ code: 'DATA_DIR' })
    })
  })
})
