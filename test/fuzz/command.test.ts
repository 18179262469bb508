import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../dist/src/cli/run.js'
import { COMMANDS } from '../../dist/src/cli/usage.js'
import { opened, T0 } from '../support/engine-dir.js'
import { cases, LONG, pick, random, seed } from '../support/hostile.js'
import { runChild } from '../support/run-child.js'

// Whatever stands on the command line or in the environment: an exit code, and a line that says what
// is wrong, not where in our code.

console.log(`command seed=${seed}`)
const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'tickloom-command-'))
const data = join(folder, 'data')
const file = join(folder, 'some.csv')
writeFileSync(file, `time,price,size,side,id,symbol\n${T0 / 1000},1,1,buy,1,A\n`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const before = process.cwd()
let written: Record<'stdout' | 'stderr', string>
beforeEach(() => {
  process.chdir(folder)
  written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text, ...rest) => {
      if (written[stream].length < 1e6) written[stream] += text
      for (const done of rest) if (typeof done === 'function') (done as () => void)()
      return true
    })
  }
})
afterEach(() => {
  vi.restoreAllMocks()
  // One for each run; the command itself is run once a process.
  process.stdout.removeAllListeners('error')
  process.chdir(before)
})

/** Every option of a command that has a value, and those that are flags. */
const VALUES: Record<string, readonly string[]> = {
  replay: ['pair', 'symbol', 'speed', 'journal', 'data-dir', 'shards', 'retention', 'format'],
  'replay ': ['map', 'ids'],
  candles: ['interval', 'data-dir', 'from', 'to', 'limit', 'fill', 'format', 'time'],
  flow: ['lookback', 'window', 'data-dir'],
  gaps: ['data-dir'],
  pairs: ['data-dir'],
  export: ['out', 'table', 'format', 'from', 'to', 'data-dir'],
  stats: ['data-dir'],
  verify: ['data-dir'],
  repair: ['data-dir'],
  sql: ['format', 'data-dir'],
  generate: ['pairs', 'ticks', 'seed', 'duplicates', 'disorder', 'gaps', 'bad'],
}
/** What a command needs beside the option in question. */
const WORDS: Record<string, readonly string[]> = {
  replay: ['nowhere.csv', '--data-dir', 'nowhere'],
  candles: ['venue:spot:A', '--data-dir', 'nowhere'],
  flow: ['venue:spot:A', '--data-dir', 'nowhere'],
  gaps: ['venue:spot:A', '--data-dir', 'nowhere'],
  export: ['venue:spot:A', '--out', 'x.csv', '--data-dir', 'nowhere'],
  sql: ['venue:spot:A', 'SELECT 1', '--data-dir', 'nowhere'],
  generate: ['--pairs=1', '--ticks=10', '--seed=1'],
}
// No folder above this one among them: what is opened is written to.
const odd = [LONG, '', ' ', 'x', '\ud800', 'a\0b', 'a\nb\r\u2028c\x1b[31m', '__proto__', 'toString']
odd.push('-1', '0', '1e308', '-1e308', 'NaN', 'Infinity', '9'.repeat(400), '0x10', '1.5', '-', '--')
odd.push(
  './b/../c',
  '/etc/passwd',
  '/dev/null/x',
  "'; DROP TABLE ticks; --",
  '%s%n',
  '*'.repeat(50),
)
odd.push('{"a":1}', '[]', '٣', 'a=b=c,', 'timestamp=__proto__', '2025-13-45', '99999y', '1e9')

// What it must never say: where in our code it was, or what JavaScript calls it.
const OURS =
  /\n\s+at |\b(Type|Range|Syntax|Reference)Error\b|Cannot read|is not a function|Invariant/

// Not what Node itself has to say.
const ours = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('('))

async function ended(words: readonly string[]) {
  written = { stdout: '', stderr: '' }
  const code = await run(words)
  const said = `${words.map((word) => word.slice(0, 40)).join(' ')}: ${written.stderr.slice(0, 300)}`
  expect([0, 1, 2], said).toContain(code)
  expect(written.stderr, said).not.toMatch(OURS)
  expect(written.stderr.length, said).toBeLessThan(5000)
  // The line, and for wrong usage where help is.
  if (code === 2) expect(ours(written.stderr).length, said).toBeLessThanOrEqual(2)
  if (code !== 0) expect(written.stderr, said).not.toBe('')
  return code
}

describe('in this process', () => {
  test('every value of every option', async () => {
    const codes = new Map<number, number>()
    for (const [name, options] of Object.entries(VALUES)) {
      const command = name.trim()
      for (const option of options) {
        for (const value of odd) {
          // Takes its time rather than to be refused.
          if (command === 'generate' && option === 'ticks' && value === '1e9') continue
          const code = await ended([command, ...(WORDS[command] ?? []), `--${option}=${value}`])
          codes.set(code, (codes.get(code) ?? 0) + 1)
        }
      }
    }
    expect(codes.get(2)).toBeGreaterThan(300)
  })

  test('words nobody knows, flags with values, values without, options twice', async () => {
    for (const command of [...COMMANDS, ...odd]) {
      const words = COMMANDS.includes(command as never) ? odd.slice(0, 9) : ['x']
      for (const word of words) {
        // Standard input, which nobody ends.
        if (command !== 'replay' || word !== '-')
          await ended([command, word, word, '--data-dir=nowhere'])
      }
      if (!COMMANDS.includes(command as never)) continue
      for (const name of [
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        'valueOf',
        '',
      ]) {
        for (const word of [`--${name}`, `--${name}=1`]) {
          if (word !== '--') expect([word, await ended([command, word])]).toEqual([word, 2])
        }
      }
      await ended([command, '--data-dir'])
      await ended([command, '--json=1', '--json'])
      await ended([command, '--data-dir', 'a', '--data-dir', 'b', '-x', '-j5', '--no-json'])
      await ended([command, ...Array.from({ length: 5000 }, () => 'x')])
    }
  })

  test('words at random', async () => {
    const next = random(seed)
    const short = odd.filter((word) => word.length < 1000)
    const names = [...new Set(Object.values(VALUES).flat()), 'json', 'closed', 'help', 'version']
    for (let i = 0; i < cases(200); i++) {
      // These would go on: stdin, or a file as large as it is told to be.
      const command = pick(
        next,
        [...COMMANDS].filter((one) => one !== 'generate'),
      )
      const words = Array.from({ length: next(6) }, () => {
        const value = pick(next, short)
        return next(3) === 0 ? value : `--${pick(next, names)}${next(4) === 0 ? '' : `=${value}`}`
      }).filter((word) => command !== 'replay' || word !== '-')
      await ended([command, ...words, '--data-dir=nowhere'])
    }
  })

  test('options that are read when the directory is open', async () => {
    await opened({ dataDir: data, shards: 1, clock: 'event' }, async (engine) => {
      const trade = { timestamp: T0, price: 1, volume: 1, side: 'buy', tradeId: 1 } as const
      engine.ingest({ exchange: 'venue', market: 'spot', symbol: 'A', ...trade })
      engine.ingest({ exchange: 'venue', market: 'spot', symbol: "it's; --", ...trade })
    })
    const at = [`--data-dir=${data}`]
    for (const value of ['99999999999999999', 'a\0b', 'x\ny']) {
      await ended(['flow', 'venue:spot:A', `--lookback=${value}`, ...at])
      await ended(['export', 'venue:spot:A', `--out=${value}`, ...at])
      await ended(['candles', 'venue:spot:A', `--limit=${value}`, ...at])
      await ended(['sql', 'venue:spot:A', `SELECT '${value}'`, ...at])
      await ended(['stats', `venue:spot:${value}`, ...at])
    }
    expect(await ended(['pairs', '--json', ...at])).toBe(0)
    expect(JSON.parse(written.stdout)).toEqual(['venue:spot:A', "venue:spot:it's; --"])
    process.env['COLUMNS'] = '1e9'
    expect(await ended(['candles', 'venue:spot:A', '--format=chart', ...at])).toBe(0)
    delete process.env['COLUMNS']
    expect(written.stdout.length).toBeLessThan(100_000)
  })
})

test('as a process of its own, with words and an environment that a system can pass on', async () => {
  const tried = [
    { words: ['candles', 'venue:spot:A'], env: { TICKLOOM_FROM: 'x'.repeat(100_000) } },
    { words: ['pairs'], env: { TICKLOOM___PROTO__: 'x', TICKLOOM_DATA_DIR: '/dev/null/x' } },
    { words: ['replay', file], env: { TICKLOOM_SHARDS: '-1' } },
    { words: ['replay', file, '--data-dir=r'], env: { TICKLOOM_MAP: 'constructor=1' } },
    { words: ['replay', file, '--data-dir=r'], env: { TICKLOOM_SYMBOL: '*'.repeat(60) + 'x' } },
    { words: ['x'.repeat(100_000)], env: {} },
    { words: ['sql', 'venue:spot:A', "COPY ticks TO '/tmp/x'"], env: { TICKLOOM_DATA_DIR: data } },
  ]
  for (const { words, env } of tried) {
    const secret = { AWS_SECRET_ACCESS_KEY: 'tell-nobody', TICKLOOM_PASSWORD: 'tell-nobody' }
    const all = { ...process.env, ...env, ...secret }
    const ran = await runChild([MAIN, ...words], { cwd: folder, env: all })
    const said = `${words.join(' ').slice(0, 60)}: ${ran.signal} ${ran.stderr.slice(0, 300)}`
    expect([1, 2], said).toContain(ran.status)
    expect(ran.stderr, said).not.toMatch(OURS)
    expect(ran.stderr.length, said).toBeLessThan(5000)
    expect(ran.stdout + ran.stderr, said).not.toContain('tell-nobody')
  }
})
