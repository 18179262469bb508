import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ManualClock, TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { withDir } from '../support/engine-dir.js'
import { rawTables, readAll, readPacked, unpackDirectory } from '../support/stored-dir.mjs'

// Directories that earlier releases have left, closed and killed (make-stored.mjs made them): each
// is opened as it was, value by value, against what that release itself had written down.

const STORED = join(import.meta.dirname, '../fixtures/stored')

type Trade = [number, number, number, 0 | 1 | 2, string | number | undefined, number]

interface Told {
  readonly options: object
  readonly pairs: { name: [string, string, string]; options: object }[]
  readonly rows: [pair: number, trade: Trade][]
  readonly closed: ToldOf
  readonly killed: ToldOf
}

/** What the release found in the directory when it opened it again. */
interface ToldOf {
  readonly nowUs: number
  readonly answers: Readonly<Record<string, Record<string, unknown>>>
  readonly tables: Readonly<Record<string, Record<string, unknown[]>>>
  readonly again: Readonly<Record<string, Record<string, number>>>
}

/** 0.1.0 did not round sums of values off the grid to the nearest double. */
const OFF_GRID = 'venue:spot:INT/USD'
const CLOSE = 1e-14
/** Of 1m candles, in the fixtures. */
const KEPT_US = 2 * 86_400e6

// Alike but for the last digits of numbers.
function isClose(found: unknown, told: unknown): boolean {
  if (typeof found === 'number' && typeof told === 'number') {
    return Object.is(found, told) || Math.abs(found - told) <= CLOSE * Math.abs(told)
  }
  if (typeof found !== 'object' || typeof told !== 'object' || !found || !told) {
    return Object.is(found, told)
  }
  const [f, t] = [found, told] as Record<string, unknown>[]
  if (Array.isArray(told) && t['length'] !== f['length']) return false
  return Object.keys(told).every((key) => isClose(f[key], t[key]))
}

function expectSame(what: string, exact: boolean, found: unknown, told: unknown): void {
  if (!exact && isClose(found, told)) return
  // A later release may answer more.
  expect(found, what).toMatchObject(told as object)
}

for (const release of readdirSync(STORED)) {
  const told = readPacked(join(STORED, release, 'told.br')) as Told
  for (const how of ['closed', 'killed'] as const) {
    const { nowUs, answers, tables, again } = told[how]
    const open = (dataDir: string, shards: number) =>
      TickEngine.open({ dataDir, shards, clock: new ManualClock(nowUs), ...told.options })
    const names = told.pairs.map(({ name }) => name.join(':'))

    for (const shards of [1, 3]) {
      test(`${release} ${how}: every value is what it was, over ${shards} shards`, async () => {
        await withDir(async (dataDir) => {
          unpackDirectory(join(STORED, release, `${how}.br`), dataDir)
          const faults: string[] = []
          const engine = await open(dataDir, shards)
          engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
          expect(engine.pairs().map(({ name }) => name)).toEqual([...names].sort())
          for (const name of names) {
            const found = (await readAll(engine.find(name))) as Record<string, unknown>
            for (const [key, value] of Object.entries(answers[name])) {
              const exact = name !== OFF_GRID || key === 'ticks'
              expectSame(`${name} ${key}`, exact, found[key], value)
            }
          }
          await engine.close()
          expect(faults).toEqual([])
          for (const { name } of told.pairs) {
            const found = (await rawTables(dataDir, name)) as Record<string, unknown[]>
            for (const [table, rows] of Object.entries(tables[name.join(':')])) {
              const what = `${name.join(':')} ${table}`
              // What was in the file is as it was; what the journal held is folded by this build.
              const exact =
                how === 'closed' || name.join(':') !== OFF_GRID || table.endsWith('ticks')
              expect(found[table].length, what).toBe(rows.length)
              expectSame(what, exact, found[table], rows)
            }
          }
          expect((await verify(dataDir)).problems).toEqual([])
        })
      })
    }

    test(`${release} ${how}: the same trades are known, and what is new goes on`, async () => {
      await withDir(async (dataDir) => {
        unpackDirectory(join(STORED, release, `${how}.br`), dataDir)
        const engine = await open(dataDir, 2)
        // Options are what was stored, said or not; those that came later have their old meaning.
        const pairs = told.pairs.map(({ name, options }, i) =>
          i % 2 === 0 ? engine.find(name.join(':')) : engine.pair(...name, options),
        )
        for (const [i, { options }] of told.pairs.entries()) {
          const old = { prices: 'positive', order: 'arrival' }
          expect(pairs[i].options).toMatchObject({ ...old, ...options })
        }
        for (const [at, trade] of told.rows) expect(pairs[at].trade(...trade)).toBeGreaterThan(0)
        for (const pair of pairs) {
          const { duplicates, tooLate, ...stats } = await pair.stats()
          const { duplicates: known, tooLate: unknown, ...rest } = again[pair.name]
          expect(stats, pair.name).toMatchObject(rest)
          // 0.1.0 knew ids alone, and so those of trades behind even the candles kept.
          const at = pairs.indexOf(pair)
          const old = told.rows.filter(([p, [time]]) => p === at && time < nowUs - KEPT_US).length
          expect([duplicates + tooLate, tooLate], pair.name).toEqual([known + unknown, old])
        }
        for (const [i, pair] of pairs.entries()) {
          const id = told.rows.filter(([at]) => at === i).at(-1)?.[1][4]
          const fresh = typeof id === 'number' ? 5000 : id === undefined ? id : 'of-this-release'
          pair.trade(nowUs + 1e6, 103, 2, 1, fresh as never)
          expect(await pair.last()).toMatchObject({ timestamp: nowUs + 1e6, volume: 2 })
          const before = answers[pair.name]['cvd'] as { cvd: number }[]
          const lookback = (await pair.cvd({ lookback: '3d' })).cvd
          if (fresh !== undefined) expect(lookback).toBeCloseTo(before[1].cvd + 2, 9)
        }
        await engine.close()
        expect((await verify(dataDir)).problems).toEqual([])
      })
    })
  }
}
