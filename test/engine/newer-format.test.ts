import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { crc32 } from 'node:zlib'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { Refusal, TickEngine } from 'tickloom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { STATE_VERSION, stateCodec } from '../../dist/src/shard/pair-batch.js'
import { repair } from '../../dist/src/verify/repair.js'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { CRASHED_COUNT, crashedTick, makeCrashed } from '../support/crashed-dir.js'
import { opened, until } from '../support/engine-dir.js'

// What a newer release has written is refused by name, and not a byte of it is touched: a journal
// refuses the directory, a pair's file its pair.

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')
const EVENT = { shards: 1, clock: 'event' } as const
const folder = mkdtempSync(join(tmpdir(), 'tickloom-newer-'))
let copies = 0

beforeAll(() => makeCrashed(folder))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function crashed(): string {
  const dataDir = join(folder, `copy-${++copies}`)
  cpSync(join(folder, 'crashed'), dataDir, { recursive: true })
  return dataDir
}

/** Every file below a folder and what is in it; the owner's lock aside. */
function filesOf(path: string): Record<string, string> {
  const found = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('owner.'))
    .map((entry) => join(entry.parentPath, entry.name))
  const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
  return Object.fromEntries(found.sort().map((file) => [relative(path, file), hash(file)]))
}

function tickloom(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
    cwd: folder,
  })
  return { status, said: stdout + stderr }
}

function setVersion(segment: string, version: number, sealed: boolean): void {
  const bytes = readFileSync(segment)
  bytes.writeUInt32LE(version, 8)
  if (sealed) {
    const header = Buffer.from(bytes.subarray(0, 64))
    header.writeUInt32LE(0, 20)
    bytes.writeUInt32LE(crc32(header), 20)
  }
  writeFileSync(segment, bytes)
}

for (const [how, sealed] of [
  ['with the checksum we know', true],
  ['with one we do not know', false],
] as const) {
  test(`a journal of a newer version, ${how}: nothing is opened, written or moved`, async () => {
    const dataDir = crashed()
    const journal = join(dataDir, 'journal')
    const [name] = readdirSync(journal)
    const segment = join(journal, name)
    // A second one that could be read is no reason to go on.
    copyFileSync(segment, join(journal, 'shard-0-00000009.journal'))
    setVersion(segment, 3, sealed)
    const before = filesOf(dataDir)
    const said = `version=3 reads=1-2 path=${segment}`
    const refused = expect.objectContaining({
      code: 'NEWER_FORMAT',
      message: expect.stringContaining(said),
    })
    await expect(TickEngine.open({ dataDir, ...EVENT })).rejects.toThrow(refused)
    await expect(TickEngine.open({ dataDir, shards: 2 })).rejects.toThrow(refused)
    await expect(repair(dataDir)).rejects.toThrow(refused)
    expect((await verify(dataDir)).problems).toContainEqual({
      where: segment,
      check: 'journal',
      detail: expect.stringContaining(said),
    })
    const other = join(folder, `replayed-${copies}`)
    for (const words of [
      ['verify', '--data-dir', dataDir],
      ['repair', '--data-dir', dataDir],
      ['replay', '--journal', dataDir, '--data-dir', other],
      ['pairs', '--data-dir', dataDir],
      ['candles', 'venue:spot:A', '--interval', '1m', '--data-dir', dataDir],
    ]) {
      const ran = tickloom(...words)
      expect(ran.said, words[0]).toContain(said)
      expect(ran.status, words[0]).toBe(1)
    }
    expect(existsSync(other)).toBe(false)
    expect(filesOf(dataDir)).toEqual(before)
    // Of the version it is, all of it is taken up.
    setVersion(segment, 2, true)
    rmSync(join(journal, 'shard-0-00000009.journal'))
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const ticks = await engine.find('venue:spot:A').recentTicks({ limit: 10_000 })
      expect(ticks.length).toBe(2 * CRASHED_COUNT)
    })
  })
}

type Change = (connection: DuckDBConnection) => Promise<unknown>

/** Changes a file and leaves what is written in its log. */
async function changed(path: string, change: Change): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`ATTACH '${path}' AS f; USE f`)
  await connection.run('CHECKPOINT f')
  await change(connection)
  await connection.run('PRAGMA disable_checkpoint_on_shutdown; USE memory; DETACH f')
  connection.closeSync()
  instance.closeSync()
  expect(statSync(`${path}.wal`).size).toBeGreaterThan(0)
}

async function setState(connection: DuckDBConnection, change: (state: object) => object) {
  const newest = 'SELECT max(rowid) FROM state'
  const read = `SELECT state FROM state WHERE rowid = (${newest})`
  const [[bytes]] = (await connection.runAndReadAll(read)).getRowsJS()
  const state = stateCodec.pack(change(stateCodec.unpack(bytes as Uint8Array)))
  const hex = [...state].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  await connection.run(`UPDATE state SET state = '${hex}'::BLOB WHERE rowid = (${newest})`)
}

const facts: Change = (c) =>
  c.run(`UPDATE state SET meta = replace(meta, '"schema_version":"2"', '"schema_version":"3"')`)
const table: Change = (c) => c.run("UPDATE meta SET value = '3' WHERE key = 'schema_version'")

const NEWER: [what: string, change: Change, said: string][] = [
  ['schema', (c) => table(c).then(() => facts(c)), 'version=3 reads=2'],
  ['schema, by its table alone', table, 'version=3 reads=2'],
  [
    'schema with other columns',
    async (c) => {
      await table(c)
      await c.run('ALTER TABLE state DROP COLUMN bytes; ALTER TABLE ticks DROP COLUMN side')
    },
    'version=3 reads=2',
  ],
  [
    'state',
    (c) => setState(c, (state) => ({ ...state, v: STATE_VERSION + 1, rollup: 'of another kind' })),
    `version=${STATE_VERSION + 1} reads=${STATE_VERSION}`,
  ],
]

for (const [what, change, words] of NEWER) {
  test(`a file of a newer ${what}: its pair is refused, it stays, the others go on`, async () => {
    const dataDir = crashed()
    const path = filePath(dataDir, 'venue', 'spot', 'A')
    const kept = join(folder, `kept-${copies}`)
    cpSync(dirname(path), kept, { recursive: true })
    await changed(path, change)
    const before = filesOf(dirname(path))
    const said = `${words} path=${path}`
    const engine = await TickEngine.open({ dataDir, ...EVENT })
    const faults: string[] = []
    engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
    const [a, b] = ['A', 'B'].map((symbol) => engine.pair('venue', 'spot', symbol))
    // Taken before anybody knows: it is in the journal.
    expect(a.trade(...crashedTick(6001))).toBeGreaterThan(0)
    await expect(a.ready()).rejects.toThrow(expect.objectContaining({ code: 'NEWER_FORMAT' }))
    await until('the fault', () => faults.length > 0)
    expect(faults[0]).toMatch(/^NEWER_FORMAT /)
    expect(faults[0]).toContain(said)
    await until('the refusal', () => a.trade(...crashedTick(6002)) < 0)
    expect(a.trade(...crashedTick(6002))).toBe(Refusal.PairRefused)
    await expect(a.recentTicks({ limit: 1 })).rejects.toThrow(said)
    expect(b.trade(...crashedTick(6001))).toBeGreaterThan(0)
    expect(await b.last()).toMatchObject({ tradeId: 6001 })
    await engine.cleanup()
    await engine.close()
    expect(faults.length).toBe(1)
    expect(filesOf(dirname(path))).toEqual(before)

    const { problems } = await verify(dataDir)
    expect(problems).toMatchObject([{ where: 'venue:spot:A', check: 'schema' }])
    expect(problems[0].detail).toContain(said)
    const repaired = await repair(dataDir)
    expect(repaired.repairs).toEqual([])
    expect(repaired.report.problems).toEqual(problems)
    expect(filesOf(dirname(path))).toEqual(before)

    // With a file that can be read again, the journal has what was acknowledged meanwhile.
    rmSync(dirname(path), { recursive: true })
    cpSync(kept, dirname(path), { recursive: true })
    await opened({ dataDir, ...EVENT }, async (again) => {
      expect(await again.pair('venue', 'spot', 'A').last()).toMatchObject({ tradeId: 6001 })
    })
    const ids = (await ticksOf(path)).map((tick) => tick.tradeId)
    expect(ids).toEqual(Array.from({ length: 6001 }, (_, i) => i + 1))
  })
}

test("a file in a format of DuckDB's own that is newer is refused, and left as it is", async () => {
  const dataDir = crashed()
  const path = filePath(dataDir, 'venue', 'spot', 'A')
  const bytes = readFileSync(path)
  // Its first block: the checksum of the rest, four letters, the version.
  bytes.writeBigUInt64LE(99n, 12)
  let sum = 5381n
  for (let at = 8; at < 4096; at += 8) {
    sum ^= BigInt.asUintN(64, bytes.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n)
  }
  bytes.writeBigUInt64LE(sum, 0)
  writeFileSync(path, bytes)
  const before = filesOf(dirname(path))
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    await expect(pair.ready()).rejects.toThrow(expect.objectContaining({ code: 'NEWER_FORMAT' }))
    await engine.pair('venue', 'spot', 'B').ready()
  })
  expect((await repair(dataDir)).report.problems).toMatchObject([{ check: 'schema' }])
  expect(filesOf(dirname(path))).toEqual(before)
})
