import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The command as a user runs it: what goes to stdout, what to stderr, and the exit code.

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const SAMPLE = fileURLToPath(new URL('../../data/samples/sample.csv.gz', import.meta.url))

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tickloom-command-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function run(words: string[], input?: string) {
  const env = { ...process.env, TICKLOOM_DATA_DIR: join(directory, 'default') }
  const options = { encoding: 'utf8', env, input: input ?? '', maxBuffer: 1 << 28 } as const
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, ...words], options)
  return { stdout, stderr, status }
}

describe('replay', () => {
  test('stores the sample once; a second time everything is a duplicate', () => {
    const words = ['replay', SAMPLE, '--data-dir', join(directory, 'sample'), '--json']
    const first = JSON.parse(run(words).stdout)
    expect(first).toMatchObject({ read: 60_000, accepted: 60_000, rejected: 0, duplicates: 0 })
    expect(first.pairs.length).toBe(3)
    const again = run(words)
    expect(again.status).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0, duplicates: 60_000 })
  })

  test('takes rows from stdin, counts what it cannot read, and finds gaps', () => {
    const rows = [1, 2, 3, 5, 6].map((id) => `${id},${1_740_787_200_000 + id},100.5,0.1,buy`)
    const csv = ['id,time,price,qty,side', ...rows, 'x,y,z'].join('\r\n')
    const words = ['replay', '-', '--pair', 'venue:spot:A/B', '--ids', 'sequential', '--json']
    const { stdout, stderr, status } = run(words, csv)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ read: 6, accepted: 5, rejected: 1, gaps: 1 })
    expect(stderr).toContain('1 rows could not be read')
  })

  test('with nothing stored of something is a failure', () => {
    const words = ['replay', '-', '--pair', 'venue:spot:C', '--json']
    expect(run(words, 'id,time,price,qty,side\n1,1740787200000,-5,1,buy\n').status).toBe(1)
  })
})

describe('candles', () => {
  test('are CSV in a pipe, in plain decimals, the open one included unless closed', () => {
    const rows = [0, 30, 61].map((s, id) => `${id},${1_740_787_200_000 + s * 1000},0.0000001,2,buy`)
    const pair = 'venue:spot:TINY'
    run(['replay', '-', '--pair', pair], ['id,time,price,qty,side', ...rows].join('\n'))
    const { stdout, status } = run(['candles', pair, '--interval', '1m'])
    expect(status).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(lines[0]).toBe(
      'timestamp,open,high,low,close,volume,trades,buy_volume,sell_volume,quote_volume,vwap,delta,cvd',
    )
    const price = '0.0000001'
    expect(lines[1]).toBe(
      `1740787200000,${price},${price},${price},${price},4,2,4,0,0.0000004,${price},4,4`,
    )
    expect(lines.length).toBe(3)
    const closed = run(['candles', pair, '--interval', '1m', '--closed', '--format', 'json'])
    expect(JSON.parse(closed.stdout).length).toBe(1)
  })

  test('of a pair nobody knows fail, with a name near it', () => {
    const { stderr, status } = run(['candles', 'venue:spot:TINI'])
    expect(status).toBe(1)
    expect(stderr).toContain('did you mean venue:spot:TINY')
  })
})

test('generate gives the same bytes for the same seed', () => {
  const words = ['generate', '--pairs', '2', '--ticks', '2000', '--seed', '9']
  const first = run(words)
  expect(first.stdout.split('\n').length).toBe(2002)
  expect(run(words).stdout).toBe(first.stdout)
  expect(run([...words.slice(0, -1), '10']).stdout).not.toBe(first.stdout)
})

// What other words end with: test/unit/cli.test.ts.
test.each([
  [['--version'], 0],
  [['replay', SAMPLE, '--piar', 'a:spot:b'], 2],
  [['replay', '/nowhere.csv', '--pair', 'a:spot:b'], 1],
])('the words %j end with %i', (words, code) => {
  expect(run(words as string[]).status).toBe(code)
})
