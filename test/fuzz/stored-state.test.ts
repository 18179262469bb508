import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { EngineError, Side, TickEngine } from 'tickloom'
import { afterAll, expect, test } from 'vitest'
import { decodeHeld, encodeHeld } from '../../dist/src/dedupe/held-ids.js'
import { IdPage } from '../../dist/src/dedupe/id-page.js'
import { stateCodec } from '../../dist/src/shard/pair-batch.js'
import { filePath } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'
import { cases, mutated, type Next, ODD, pick, random, seed } from '../support/hostile.js'

// What a pair's file holds of its state, spoiled where DuckDB's checksums do not look: by whoever
// wrote it. The pair is refused or goes on; its shard, and the pairs beside it, never notice.

console.log(`stored-state seed=${seed}`)
const folder = mkdtempSync(join(tmpdir(), 'tickloom-state-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const EVENT = { shards: 1, clock: 'event' } as const
const next = random(seed)

test('ids of any bytes: an hour of them, or STORE_FAILED', () => {
  const page = new IdPage(0)
  for (let i = 0; i < 300; i++) {
    page.offer(next(1000), i * 1000)
    page.offerBig(2 ** 21 + next(2 ** 20) * 1000, next(1000), i)
    page.offerText({ hi: next(2 ** 31), lo: next(2 ** 31) }, i)
  }
  const good = page.encode()
  const held = heldOrRefused(good, (bytes) => {
    const spoiled = new IdPage(0)
    spoiled.take(bytes)
    for (let n = 0; n < 40; n++) spoiled.offer(next(1000), n)
    for (let n = 0; n < 40; n++) spoiled.offerBig(2 ** 21 + n * 2 ** 18, n, n)
    new IdPage(0).take(spoiled.encode())
  })
  expect(held).toBeGreaterThan(0)
})

test('ids of any bytes where an older version kept them: what is held, or STORE_FAILED', () => {
  // Ids 1, 2, 3, 5, 6, 100, 2^60 and 2^60 + 1, and anew 1, 2, 3.
  const old = '010601010101020200018097a86e902818430c0103030102020001025c000201800806010101000102'
  const held = heldOrRefused(Buffer.from(old, 'hex'), (bytes) => {
    const ids = decodeHeld(bytes).old?.heldBefore(T0)
    for (let n = 0; n < 40; n++) ids?.holdsBig(n % 2 === 0 ? 0 : 2 ** 21 + n * 2 ** 18, n, T0 - 1)
    decodeHeld(encodeHeld(ids))
  })
  expect(held).toBeGreaterThan(0)
})

// How often spoiled bytes are taken for good ones.
function heldOrRefused(good: Uint8Array, take: (bytes: Uint8Array) => void): number {
  let held = 0
  for (let i = 0; i < cases(10_000); i++) {
    try {
      take(mutated(next, good, '\xff\x7f\0'))
      held++
    } catch (cause) {
      if (!(cause instanceof EngineError)) throw cause
      expect(cause.code).toBe('STORE_FAILED')
    }
  }
  return held
}

type Tree = Record<string, unknown>

// One value of the state, however deep, in place of another.
function spoil(state: Tree): string {
  let at: Tree = state
  const path: string[] = []
  for (;;) {
    const key = pick(next, Object.keys(at))
    path.push(key)
    const value = at[key]
    const deeper = typeof value === 'object' && value !== null && Object.keys(value).length > 0
    if (deeper && next(4) > 0) {
      at = value as Tree
      continue
    }
    const odd = Object.entries(ODD).filter(([name]) => packable(name))
    const [name, other] = pick(next, odd)
    if (ArrayBuffer.isView(at)) (at as never as number[])[Number(key)] = numberOf(other)
    else if (next(4) === 0) delete at[key]
    else at[key] = other
    return `${path.join('.')}=${name}`
  }
}

function numberOf(value: unknown): number {
  try {
    return Number(value)
  } catch {
    return Number.NaN
  }
}

const packable = (name: string) =>
  !['10 MB', 'symbol', 'function', 'thrower', 'symbols', 'promise', 'like a date'].includes(name)

async function rewrite(
  path: string,
  work: (state: Uint8Array, meta: string) => [Uint8Array, string],
) {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  const rows = await connection.runAndReadAll('SELECT state, meta FROM state ORDER BY rowid DESC')
  const [[blob, meta]] = rows.getRows() as [[{ bytes: Uint8Array }, string]]
  const [state, told] = work(blob.bytes, meta)
  const hex = Buffer.from(state).toString('hex')
  await connection.run(`UPDATE state SET state = from_hex('${hex}'), meta = $1`, [told])
  connection.disconnectSync()
  instance.closeSync()
}

const tick = (id: number) => [T0 + id * 1e6, 100, 1, Side.Buy, id] as const

async function makeFile(dataDir: string): Promise<{ path: string; whole: Buffer }> {
  await opened({ dataDir, ...EVENT }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    for (let id = 1; id <= 300; id += id % 50 === 0 ? 3 : 1) pair.trade(...tick(id))
    engine.pair('venue', 'spot', 'B').trade(...tick(1))
  })
  const path = filePath(dataDir, 'venue', 'spot', 'A')
  return { path, whole: readFileSync(path) }
}

// Opens the spoiled pair, trades and reads it; the one beside it must be as if nothing was.
async function tryOut(dataDir: string, what: string): Promise<'refused' | 'goes on'> {
  const engine = await TickEngine.open({ dataDir, ...EVENT, closeTimeoutMs: 5000 })
  const faults: string[] = []
  engine.on('fault', ({ code, message, pair }) => faults.push(`${code} ${pair} ${message}`))
  try {
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    const other = engine.pair('venue', 'spot', 'B')
    for (let id = 400; id < 420; id++) pair.trade(...tick(id))
    other.trade(...tick(2))
    expect((await other.last())?.tradeId, what).toBe(2)
    const answers = [pair.candles('1m', { includeOpen: true }), pair.gaps(), pair.stats()]
    const ends = await Promise.allSettled(answers)
    const refused = ends.some(({ status }) => status === 'rejected')
    expect(
      faults.filter((fault) => fault.startsWith('SHARD') || fault.includes('venue:spot:B')),
      what,
    ).toEqual([])
    return refused ? 'refused' : 'goes on'
  } finally {
    await engine.close()
  }
}

async function spoiled(
  count: number,
  how: (next: Next) => (state: Uint8Array, meta: string) => [Uint8Array, string, string],
) {
  const ends = new Map<string, number>()
  await withDir(async (dataDir) => {
    const { path, whole } = await makeFile(dataDir)
    for (let i = 0; i < count; i++) {
      rmSync(join(dirname(path), 'trading.duckdb.wal'), { force: true })
      rmSync(join(dataDir, 'journal'), { recursive: true, force: true })
      writeFileSync(path, whole)
      let what = ''
      await rewrite(path, (state, meta) => {
        const [bytes, told, name] = how(next)(state, meta)
        what = `${name} seed=${seed}`
        return [bytes, told]
      })
      const end = await tryOut(dataDir, what)
      ends.set(end, (ends.get(end) ?? 0) + 1)
    }
  })
  return ends
}

test('a state with other values, or of other bytes', async () => {
  const values = await spoiled(cases(6), () => (state, meta) => {
    const tree = stateCodec.unpack(state) as Tree
    const what = spoil(tree)
    return [stateCodec.pack(tree), meta, what]
  })
  const bytes = await spoiled(cases(5), (from) => (state, meta) => [
    mutated(from, state, '\xdd\xff\xff\xff\xff'),
    meta,
    'bytes',
  ])
  expect(bytes.get('refused')).toBeGreaterThan(0)
  expect([...values.values()].reduce((a, b) => a + b, 0)).toBe(cases(6))
})

test('facts of a file that are none', async () => {
  const facts = ['null', '[]', '{', '{"schema_version":"__proto__"}']
  const ends = await spoiled(facts.length, () => (state) => {
    const meta = facts.shift() as string
    return [state, meta, `meta ${meta}`]
  })
  expect([...ends.keys()]).toEqual(['refused'])
})

test('engine.json and pair.json of any text: read, refused by name, or done without', async () => {
  await withDir(async (dataDir) => {
    const { path } = await makeFile(dataDir)
    const texts = ['', 'null', '[]', '{', '{"__proto__":{"anchor":7}}']
    const engines = ['{"anchor":7}', '{"windows":[null]}', '{"clock":{}}']
    const pairs = ['{"tradeIds":"x"}', '{"decimals":1e9}']
    for (const [file, own] of [
      [join(dataDir, 'engine.json'), engines],
      [join(dirname(path), 'pair.json'), pairs],
    ] as const) {
      for (const text of [...texts, ...own]) {
        const kept = readFileSync(file)
        writeFileSync(file, text)
        const ended = await tryOut(dataDir, `${file} ${text}`).catch((cause) => cause)
        if (ended instanceof EngineError)
          expect(ended.message).toMatch(/engine\.json is damaged|stored with another tradeIds/)
        else expect([text, ended]).toEqual([text, 'goes on'])
        writeFileSync(file, kept)
      }
    }
  })
})
