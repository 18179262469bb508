import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { storedPairs } from '../../dist/src/data-dir.js'
import { globOf } from '../../dist/src/model/glob.js'
import { type PairKey, pairKey, pairPath } from '../../dist/src/model/pair-key.js'
import { opened, T0, withDir } from '../support/engine-dir.js'
import { cases, type Next, pick, random, seed } from '../support/hostile.js'

// Names that mean something to SQL, to a shell or to a disk: the list of stored pairs gives each back
// as it was given, or it was refused.

console.log(`names seed=${seed}`)
const parts = [
  "'",
  '"',
  ';',
  '--',
  '/*',
  '*/',
  ')',
  '$1',
  '?',
  '%',
  '%2F',
  '%00',
  '\\',
  '/',
  '..',
  '.',
]
parts.push(
  '~',
  '$HOME',
  '`',
  '|',
  '&',
  '<',
  '>',
  '*',
  ' ',
  '\t',
  '\n',
  '\0',
  ':',
  'BTC',
  'btc',
  'Btc',
)
parts.push('CON', 'NUL', 'com1', 'aux.txt', 'é', 'e\u0301', 'ß', 'İ', 'ı', 'K', 'K', 'ﬁ', '\u2028')
parts.push(
  '🚀',
  '\u202e',
  '\ud800',
  '\udc00',
  '\ufeff',
  '__proto__',
  'x'.repeat(60),
  '漢',
  'journal',
)

function made(next: Next): PairKey | undefined {
  const symbol = Array.from({ length: 1 + next(6) }, () => pick(next, parts)).join('')
  const exchange = pick(next, ['venue', 'kraken', 'a.b', 'x_y', symbol])
  try {
    return pairKey(exchange, pick(next, ['spot', 'swap', 'dex']), symbol)
  } catch (cause) {
    expect(cause).toMatchObject({ name: 'EngineError', code: 'BAD_NAME' })
    return undefined
  }
}

test('10,000 of them as folders: each comes back, and no other', async () => {
  const next = random(seed)
  await withDir(async (dataDir) => {
    const names = new Set<string>()
    for (let i = 0; i < cases(10_000); i++) {
      const key = made(next)
      if (key === undefined) continue
      names.add(key.name)
      mkdirSync(join(dataDir, ...pairPath(key)), { recursive: true })
    }
    // Folders that nobody of us made.
    for (const folder of ['btc', 'BTC%2f', 'A%ZZ', "'", 'x y', '%FF']) {
      mkdirSync(join(dataDir, 'venue', 'spot', folder), { recursive: true })
    }
    expect(names.size).toBeGreaterThan(cases(10_000) / 5)
    const stored = storedPairs(dataDir).map(({ name }) => name)
    expect(stored.sort()).toEqual([...names].sort())
  })
})

test('some with ticks: stored, found, queried, exported, and found again', async () => {
  const next = random(seed + 1)
  await withDir(async (folder) => {
    const dataDir = join(folder, `it's "here"; --`)
    const keys = new Map<string, PairKey>()
    while (keys.size < Math.min(60, cases(60))) {
      const key = made(next)
      if (key !== undefined) keys.set(key.name, key)
    }
    await opened({ dataDir, shards: 1, clock: 'event' }, async (engine) => {
      let price = 1
      for (const { exchange, market, symbol } of keys.values()) {
        engine.pair(exchange, market, symbol).trade(T0, price++, 1, Side.Buy, 1)
      }
    })
    await opened({ dataDir, shards: 1, clock: 'event' }, async (engine) => {
      expect(engine.pairs().map(({ name }) => name)).toEqual([...keys.keys()].sort())
      let price = 1
      for (const name of keys.keys()) {
        const [row] = await engine.find(name).query('SELECT price FROM ticks')
        expect([name, row['price']]).toEqual([name, price++])
      }
      const [first] = keys.keys()
      const file = join(folder, `o'ut"; --.csv`)
      expect((await engine.find(first).export('ticks', { file, format: 'csv' })).rows).toBe(1)
    })
  })
})

test('patterns: what a regular expression says, in no time', () => {
  const next = random(seed + 2)
  for (let i = 0; i < cases(20_000); i++) {
    const letters = (from: string, most: number) =>
      Array.from({ length: next(most) }, () => pick(next, [...from])).join('')
    const pattern = letters('ab*.', 8)
    const text = letters('ab.', 10)
    if (pattern === '') continue
    const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'))
    const meant = new RegExp(`^${parts.join('.*')}$`)
    expect([pattern, text, globOf(pattern).test(text)]).toEqual([pattern, text, meant.test(text)])
  }
  // A pattern that is tried in every way takes longer than a test may.
  expect(globOf(`${'*a'.repeat(100)}*b`).test('a'.repeat(10_000))).toBe(false)
  expect(globOf(`${'*'.repeat(1e6)}b`).test('a'.repeat(10_000))).toBe(false)
  for (const odd of ['', 7, null, undefined, {}]) {
    expect(() => globOf(odd as string)).toThrow(EngineError)
  }
})
