import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Side, TickEngine } from 'tickloom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setOptions } from '../../dist/src/refold/set-options.js'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, filePath, type SqlRow, sql } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'
import { readPacked, unpackDirectory } from '../support/stored-dir.mjs'

// An option of a stored pair is changed: what its ticks say is what the new option says, what has
// no ticks stays, and a crash in the middle leaves the old or the new, whole.

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')
const HOOK = join(import.meta.dirname, '../support/set-kill-hook.mjs')
const STORED = join(import.meta.dirname, '../fixtures/stored/0.1.0')
const EVENT = { shards: 1, clock: 'event' } as const
const NAME = 'venue:spot:A'
const MINUTE = 60e6
const folder = mkdtempSync(join(tmpdir(), 'tickloom-set-'))
let copies = 0

interface Tick {
  timestamp: number
  price: number
  id: number | undefined
}

/** Five of a minute, the last three at one time: their ids fall, one has none. */
function ticksOf(minutes: number): Tick[] {
  return Array.from({ length: minutes * 5 }, (_, i) => {
    const [minute, k] = [Math.floor(i / 5), i % 5]
    const at = T0 + minute * MINUTE + Math.min(k, 2) * 20e6
    const id = k === 3 && minute % 2 === 0 ? undefined : 1000 + minute * 5 + (k < 2 ? k : 6 - k)
    return { timestamp: at, price: 100 + ((i * 7) % 13), id }
  })
}

const TICKS = ticksOf(150)

/** A directory of a pair that goes by arrival; candles of its first hours have lost their ticks. */
async function make(dataDir: string, keepTicks: string): Promise<void> {
  const retention = { ticks: keepTicks, '1m': 'off', '5m': 'off', '15m': 'off', '1h': 'off' }
  await opened({ dataDir, ...EVENT, retention: { ...retention, '1d': 'off' } }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A', { order: 'arrival' })
    for (const { timestamp, price, id } of TICKS) pair.trade(timestamp, price, 1, Side.Buy, id)
    await engine.flush({ stored: true })
    if (keepTicks !== 'off') await engine.cleanup()
  })
}

beforeAll(async () => {
  await make(join(folder, 'all'), 'off')
  await make(join(folder, 'some'), '1h')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function copyOf(which: 'all' | 'some'): string {
  const dataDir = join(folder, `copy-${++copies}`)
  cpSync(join(folder, which), dataDir, { recursive: true })
  return dataDir
}

function tickloom(dataDir: string, words: string[], env: Record<string, string> = {}) {
  const hooked = env['KILL_AT'] === undefined ? [] : ['--import', HOOK]
  const ran = spawnSync(process.execPath, [...hooked, MAIN, ...words, '--data-dir', dataDir], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, ...env },
  })
  return { code: ran.status, signal: ran.signal, out: ran.stdout, err: ran.stderr }
}

const pathOf = (dataDir: string) => filePath(dataDir, 'venue', 'spot', 'A')

/** Open and close of every stored candle, and the rest of it. */
async function candles(dataDir: string) {
  const found: Record<string, SqlRow[]> = {}
  for (const [table] of CANDLE_TABLES) found[table] = await candlesOf(pathOf(dataDir), table)
  return found
}

/** The twin: first and last of a bucket by (timestamp, id or nothing, arrival). */
function ends(from: number, lengthUs: number, by: 'id' | 'arrival') {
  const members = TICKS.map((tick, arrival) => ({ ...tick, arrival })).filter(
    ({ timestamp }) => timestamp >= from && timestamp < from + lengthUs,
  )
  const idOf = ({ id = Number.POSITIVE_INFINITY }) => (by === 'id' ? id : 0)
  members.sort((a, b) => {
    if (a.timestamp !== b.timestamp) return a.timestamp - b.timestamp
    if (idOf(a) !== idOf(b)) return idOf(a) < idOf(b) ? -1 : 1
    return a.arrival - b.arrival
  })
  return { open: members[0].price, close: members.at(-1)?.price }
}

/** As it is, and back in the order of arrival, nothing is wrong with it. */
async function backAndSound(dataDir: string, name: string): Promise<void> {
  expect((await verify(dataDir)).problems).toEqual([])
  await setOptions(dataDir, name, { order: 'arrival' })
  expect((await verify(dataDir)).problems).toEqual([])
}

test('by id and back: open and close of every candle are the new order, sums are untouched', async () => {
  const dataDir = copyOf('all')
  const before = await candles(dataDir)
  for (const order of ['id', 'arrival'] as const) {
    const ran = tickloom(dataDir, ['set', NAME, '--order', order, '--json'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    const from = order === 'id' ? 'arrival' : 'id'
    expect(JSON.parse(ran.out)).toMatchObject({
      pair: NAME,
      changed: [{ option: 'order', from, to: order }],
      refolded: { candles: before['candles_1m'].length, from: T0 },
      left: { candles: 0 },
      notes: [],
    })
    expect(JSON.parse(ran.out).rewritten).toBeGreaterThan(0)
    const now = await candles(dataDir)
    for (const [table, lengthUs] of CANDLE_TABLES) {
      for (const [i, candle] of now[table].entries()) {
        const { open, close } = ends(candle.start as number, lengthUs, order)
        expect(candle, `${table} ${candle.start}`).toEqual({ ...before[table][i], open, close })
      }
      expect(now[table].length).toBe(before[table].length)
    }
    expect((await sql(pathOf(dataDir), 'SELECT count(*) AS n FROM state'))[0].n).toBe(1)
  }
  expect(await candles(dataDir)).toEqual(before)
  expect(before['candles_1m']).not.toEqual([])
  expect((await verify(dataDir)).problems).toEqual([])
})

test('an engine goes on with it: its options, its open candles, the newest price of the flow', async () => {
  const dataDir = copyOf('all')
  const report = await setOptions(dataDir, NAME, { order: 'id' })
  expect(report.changed.length).toBe(1)
  await opened({ dataDir, ...EVENT }, async (engine) => {
    expect(() => engine.pair('venue', 'spot', 'A', { order: 'arrival' })).toThrow(
      expect.objectContaining({ code: 'PAIR_MISMATCH' }),
    )
    const pair = engine.pair('venue', 'spot', 'A', { order: 'id' })
    await pair.ready()
    const last = T0 + 149 * MINUTE
    const { open, close } = ends(last, MINUTE, 'id')
    expect(pair.candle('1m')).toMatchObject({ timestamp: last, open, close, trades: 5 })
    expect(pair.candle('1d')).toMatchObject({ close, trades: TICKS.length })
    expect(pair.flow()).toMatchObject({ price: close, timestamp: last + 40e6 })
    // The same trades again are known.
    for (const tick of TICKS) {
      if (tick.id !== undefined) pair.trade(tick.timestamp, tick.price, 1, Side.Buy, tick.id)
    }
    expect(await pair.stats()).toMatchObject({ stored: 0, tooLate: 0 })
  })
  const again = await setOptions(dataDir, NAME, { order: 'id' })
  expect(again).toMatchObject({ changed: [], rewritten: 0, refolded: { candles: 0 } })
})

test('candles whose ticks are gone stay as they are, and the command says which', async () => {
  const dataDir = copyOf('some')
  const before = await candles(dataDir)
  const [kept] = await sql(
    pathOf(dataDir),
    'SELECT epoch_us(min(timestamp)) AS first, count(*) AS n FROM ticks',
  )
  expect(kept.n).toBeLessThan(TICKS.length)
  expect(kept.n).toBeGreaterThan(200)
  const ran = tickloom(dataDir, ['set', NAME, '--order', 'id'])
  expect([ran.code, ran.err]).toEqual([0, ''])
  expect(ran.out).toMatch(/^venue:spot:A {2}order: arrival → id\n/)
  expect(ran.out).toMatch(
    /\d+ candles stay as they are, since their ticks are gone: 2025-03-01T00:00:00\S*Z to /,
  )
  const first = Math.ceil((kept.first as number) / MINUTE) * MINUTE
  const now = await candles(dataDir)
  for (const [i, candle] of now['candles_1m'].entries()) {
    const start = candle.start as number
    const expected = start >= first ? ends(start, MINUTE, 'id') : ends(start, MINUTE, 'arrival')
    expect(candle, String(start)).toEqual({ ...before['candles_1m'][i], ...expected })
  }
  await backAndSound(dataDir, NAME)
  expect(await candles(dataDir)).toEqual(before)
})

for (const [at, then] of [
  ['before BEGIN', 'arrival'],
  ['before COMMIT', 'arrival'],
  ['after COMMIT', 'id'],
  ['after CHECKPOINT', 'id'],
] as const) {
  test(`killed ${at}: the pair is as ${then === 'id' ? 'asked' : 'before'}, whole`, async () => {
    const dataDir = copyOf('all')
    const ran = tickloom(dataDir, ['set', NAME, '--order', 'id'], { KILL_AT: at })
    expect(ran.signal).toBe('SIGKILL')
    expect(existsSync(join(dirname(pathOf(dataDir)), 'pair.json'))).toBe(false)
    await opened({ dataDir, ...EVENT }, async (engine) => {
      expect(engine.pair('venue', 'spot', 'A').options.order).toBe(then)
      await engine.find(NAME).ready()
      const minute = await engine.find(NAME).candles('1m', { limit: 1, to: T0 + 2 * MINUTE })
      expect(minute[0]).toMatchObject(ends(T0 + MINUTE, MINUTE, then))
    })
    for (const candle of (await candles(dataDir))['candles_1m']) {
      expect(candle).toMatchObject(ends(candle.start as number, MINUTE, then))
    }
    const text = readFileSync(join(dirname(pathOf(dataDir)), 'pair.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ order: then })
    await backAndSound(dataDir, NAME)
  })
}

test('what volumes mean is said from now on; rows before keep theirs, and that is told', async () => {
  const dataDir = copyOf('all')
  const before = await candles(dataDir)
  const words = ['--volume-unit', 'contracts', '--contract-size', '100', '--inverse']
  const ran = tickloom(dataDir, ['set', NAME, ...words])
  expect(ran.code).toBe(0)
  expect(ran.out.split('\n').slice(0, 3)).toEqual([
    'venue:spot:A  volumeUnit: base → contracts',
    'venue:spot:A  contractSize: 1 → 100',
    'venue:spot:A  inverse: false → true',
  ])
  expect(ran.err).toMatch(
    /contractSize says what volumes mean from now on; rows up to \S+Z keep theirs, of contractSize 1\n/,
  )
  expect(await candles(dataDir)).toEqual(before)
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const { options } = engine.find(NAME)
    expect(options).toMatchObject({ volumeUnit: 'contracts', contractSize: 100, inverse: true })
  })
  const [facts] = await sql(pathOf(dataDir), "SELECT value FROM meta WHERE key = 'option_changes'")
  expect(JSON.parse(String(facts.value))).toMatchObject([
    { option: 'volumeUnit', from: 'base', to: 'contracts' },
    { option: 'contractSize', from: 1, to: 100 },
    { option: 'inverse', from: false, to: true },
  ])
})

test('what cannot be done is refused by name, and nothing is changed', async () => {
  const dataDir = copyOf('all')
  const file = readFileSync(pathOf(dataDir))
  for (const [words, code, said] of [
    [['set', NAME], 2, 'set wants an option to change'],
    [['set', '--order', 'id'], 2, 'set wants one PAIR'],
    [['set', NAME, '--order', 'up'], 2, '--order must be one of id, arrival: up'],
    [['set', NAME, '--contract-size', '-1'], 2, 'contractSize must be a number above 0'],
    [['set', NAME, '--inverse', '--linear'], 2, '--inverse and --linear exclude each other'],
    [['set', NAME, '--decimals', '3'], 2, 'no option --decimals'],
    [['set', 'venue:spot:B', '--order', 'id'], 1, 'no such pair'],
    [['set', NAME, '--ids', 'text'], 1, 'tradeIds of venue:spot:A cannot be changed so'],
  ] as const) {
    const ran = tickloom(dataDir, [...words])
    expect([ran.code, ran.err], words.join(' ')).toEqual([code, expect.stringContaining(said)])
  }
  // A default of the environment changes nothing.
  const ran = tickloom(dataDir, ['set', NAME, '--prices', 'positive'], { TICKLOOM_ORDER: 'id' })
  expect([ran.code, ran.out]).toEqual([0, 'venue:spot:A is so already\n'])
  await opened({ dataDir, ...EVENT }, async () => {
    await expect(setOptions(dataDir, NAME, { order: 'id' })).rejects.toThrow(
      expect.objectContaining({ code: 'OWNED_ELSEWHERE' }),
    )
    expect(tickloom(dataDir, ['set', NAME, '--order', 'id']).err).toContain('has it open')
  })
  expect(readFileSync(pathOf(dataDir)).equals(file)).toBe(true)
})

test('a journal that holds more than the file is taken up first', async () => {
  await withDir(async (dataDir) => {
    unpackDirectory(join(STORED, 'killed.br'), dataDir)
    await expect(setOptions(dataDir, 'venue:spot:SEQ/USD', { order: 'id' })).rejects.toThrow(
      /^the journal holds trades of venue:spot:SEQ\/USD that its file does not; .*: trades=\d+$/,
    )
    const ran = tickloom(dataDir, ['set', 'venue:spot:SEQ/USD', '--order', 'id', '--json'])
    expect(ran.code).toBe(0)
    const told = readPacked(join(STORED, 'told.br')) as {
      killed: { tables: Record<string, Record<string, unknown[]>> }
    }
    const { ticks } = told.killed.tables['venue:spot:SEQ/USD']
    const path = filePath(dataDir, 'venue', 'spot', 'SEQ/USD')
    expect(await sql(path, 'SELECT count(*) AS n FROM ticks')).toEqual([{ n: ticks.length }])
    await opened({ dataDir, ...EVENT }, async (engine) => {
      expect(engine.find('venue:spot:SEQ/USD').options.order).toBe('id')
      expect(engine.find('venue:spot:INT/USD').options.order).toBe('arrival')
      await engine.find('venue:spot:SEQ/USD').ready()
    })
    await backAndSound(dataDir, 'venue:spot:SEQ/USD')
  })
})

test('a description that is lost is made again from the file', async () => {
  await withDir(async (dataDir) => {
    unpackDirectory(join(STORED, 'closed.br'), dataDir)
    const path = filePath(dataDir, 'venue', 'swap', 'TEXT/USD:USD')
    rmSync(join(dirname(path), 'pair.json'))
    const engine = await TickEngine.open({ dataDir, ...EVENT })
    const { options } = engine.find('venue:swap:TEXT/USD:USD')
    const stored = { tradeIds: 'text', contractSize: 10, volumeUnit: 'contracts', inverse: true }
    expect(options).toMatchObject({ ...stored, order: 'arrival', prices: 'positive' })
    await engine.find('venue:swap:TEXT/USD:USD').ready()
    await engine.close()
    expect(existsSync(join(dirname(path), 'pair.json'))).toBe(true)
  })
})
