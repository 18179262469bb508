import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TickEngine } from 'tickloom'
import { afterAll, describe, expect, test } from 'vitest'

// What the command says of its input: warnings on stderr, readings, --strict, units of volume.

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tickloom-warnings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const MS = 1_735_689_540_000

async function run(words: readonly string[], input?: string) {
  const child = spawn(process.execPath, [MAIN, ...words], { cwd: folder })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}
const replay = async (data: string, words: readonly string[], input?: string) => {
  const ran = await run(['replay', ...words, '--json', '--data-dir', data], input)
  return { ...ran, summary: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) }
}
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return name
}

const HEAD = 'time,price,amount,side,id\n'
const row = (i: number, side = i % 2 ? 'buy' : 'sell') => `${MS + i},5,1,${side},${i + 1}\n`
const right = (rows: number) => HEAD + Array.from({ length: rows }, (_, i) => row(i)).join('')
const PAIR = ['--pair', 'venue:spot:A']

test('a warning is on stderr and in warnings; the exit code stays 0', async () => {
  const path = file('sideless.csv', `time,price,amount\n${MS},5,1\n`)
  const { code, stderr, summary } = await replay('told', [path, ...PAIR])
  expect(code).toBe(0)
  expect(summary.warnings.map((w: { code: string }) => w.code)).toEqual(['no-side', 'no-ids'])
  expect(summary.warnings[0]).toMatchObject({ file: path, count: 1 })
  expect(stderr).toMatch(/^warning: sideless\.csv: no column says the side.*--map side=COLUMN$/m)
})

test('--ids none says that there are none: no warning', async () => {
  const path = file('idless.csv', `time,price,amount,side\n${MS},5,1,buy\n${MS},5,1,buy\n`)
  const { code, summary } = await replay('idless', [path, ...PAIR, '--ids', 'none', '--strict'])
  expect([code, summary.accepted, summary.warnings]).toEqual([0, 2, []])
})

test('for people: the reading in a few lines', async () => {
  const path = file('people.csv', right(50))
  const { stderr } = await run(['replay', path, ...PAIR, '--data-dir', 'people'])
  expect(stderr).toContain('people.csv: 50 trades as csv')
  expect(stderr).toContain('times in ms, on steps of 1 ms, rising; ids sequential')
  expect(stderr).toContain('sides: sell sell 25, buy buy 25; volumes in base units')
})

describe('--strict', () => {
  test('a warning in a head: nothing is touched, of any file', async () => {
    const good = file('good.csv', right(100))
    const bad = file('bad.csv', `${right(100)}1,2\n`)
    const { code, stdout, stderr } = await replay('head', [good, bad, ...PAIR, '--strict'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('bad.csv: 1 rows could not be read')
    expect(existsSync(join(folder, 'head'))).toBe(false)
    expect((await replay('good', [good, ...PAIR, '--strict'])).code).toBe(0)
  })

  test('units that nobody says are told before anything is touched', async () => {
    const path = file(
      'SOLUSDTM-trades-2025-01-01.csv',
      `trade_id,trade_time,price,size,side\n1,${MS},5,1,buy\n`,
    )
    const strict = await replay('units', [path, '--strict'])
    expect(strict.code).toBe(1)
    expect(strict.stderr).toContain('--contract-size')
    expect(existsSync(join(folder, 'units'))).toBe(false)
    expect((await replay('units', [path, '--strict', '--contract-size', '1'])).code).toBe(0)
  })

  test('a later one stops there, exit code 1, and what was stored is reported', async () => {
    const path = file('late.csv', `${right(80_000)}1,2\n${row(80_001)}`)
    const { code, stderr, summary } = await replay('later', [path, ...PAIR, '--strict'])
    expect(code).toBe(1)
    expect(summary.accepted).toBeGreaterThan(65_536)
    expect(summary.accepted).toBeLessThan(80_000)
    expect(stderr).toContain('strict: the replay ended at its first warning')
  })

  test('a pipe, which can be read once', async () => {
    const good = await replay('pipe', ['-', ...PAIR, '--strict'], right(70_000))
    expect([good.code, good.summary?.accepted]).toEqual([0, 70_000])
    const bad = await replay('bad-pipe', ['-', ...PAIR, '--strict'], `${right(10)}1,2\n`)
    expect(bad.code).toBe(1)
    expect(existsSync(join(folder, 'bad-pipe'))).toBe(false)
  })
})

test('ids that start anew in each file are told', async () => {
  const day = (n: number) =>
    `time,price,amount,side,id\n${Array.from({ length: 40 }, (_, i) => `${MS + n * 86_400_000 + i},5,1,buy,${i + 1}`).join('\n')}\n`
  const [one, two] = [file('day1.csv', day(0)), file('day2.csv', day(1))]
  const { summary } = await replay('anew', [one, two, ...PAIR])
  expect(summary.warnings).toMatchObject([{ code: 'ids-anew', file: two, count: 1 }])
})

test('contracts by option: the directory opens in a program that trades them', async () => {
  const path = file('contracts.csv', right(10))
  const units = ['--volume-unit', 'contracts', '--contract-size', '10', '--inverse']
  const { code } = await replay('contracts', [path, '--pair', 'venue:swap:A', ...units])
  expect(code).toBe(0)
  const engine = await TickEngine.open({ dataDir: join(folder, 'contracts'), clock: 'event' })
  try {
    const options = { volumeUnit: 'contracts', contractSize: 10, inverse: true } as const
    expect(engine.pair('venue', 'swap', 'A', options).options).toMatchObject(options)
  } finally {
    await engine.close()
  }
  for (const wrong of [
    ['--volume-unit', 'lots'],
    ['--contract-size', '0'],
    ['--side-of', 'me'],
  ]) {
    expect((await replay('wrong', [path, ...PAIR, ...wrong])).code).toBe(2)
  }
})

test('tickloom formats', async () => {
  const { code, stdout } = await run(['formats'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^format +what +header or shape$/m)
  expect(stdout).toMatch(/^coinbase-trades .*maker/m)
  const all = JSON.parse((await run(['formats', '--json'])).stdout)
  expect(all.length).toBeGreaterThan(20)
  expect(all[0]).toMatchObject({ name: 'binance-spot-trades', venue: 'binance' })
})
