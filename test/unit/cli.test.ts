import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { decimal } from '../../dist/src/cli/output.js'
import { BIG_ID, makeBatch, type TradeBatch } from '../../dist/src/feeds/trade-batch.js'
import { inferIds } from '../../dist/src/replay/infer-ids.js'
import { runCommand } from '../support/command.js'

// What the command says to wrong words, and what it prints, without an engine behind it.

const folder = mkdtempSync(join(tmpdir(), 'tickloom-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')

const tickloom = (words: string[], { cwd }: { cwd: string }) => runCommand(words, cwd)

function run(...words: string[]) {
  return tickloom(words, { cwd: folder })
}

describe('wrong words', () => {
  const wrong: [string[], RegExp][] = [
    [['repaly', 'x.csv'], /did you mean replay\?/],
    [['frobnicate'], /replay, candles, flow, .*generate/],
    [['replay', 'x.csv', '--jsno'], /did you mean --json\?/],
    [['replay', 'x.csv', '--par', 'a:spot:B'], /did you mean --pair\?/],
    [['replay', 'x.csv', '--json=yes'], /--json takes no value/],
    [['replay', 'x.csv', '--pair'], /--pair wants a value/],
    [['replay', 'x.csv', '--shards', 'two'], /--shards must be a whole number/],
    [['replay', 'x.csv', '--format', 'xml'], /format must be one of/],
    [['replay', 'x.csv', '--map', 'when=3'], /map must be/],
    [['replay', 'x.csv', '--ids', 'words'], /--ids must be one of/],
    [['replay'], /FILE/],
    [['candles'], /PAIR/],
    [['candles', 'a:spot:B', '--interval', '2m'], /--interval must be one of 1m, 5m/],
    [['candles', 'a:spot:B', '--from', '123'], /--from is no time/],
    [['generate', '--pairs', '1'], /--ticks/],
    [['generate', '--pairs', '1', '--ticks', '5', '--seed', '1', '--bad', '2'], /0 to 1/],
  ]
  for (const [words, message] of wrong) {
    test(`${words.join(' ')}: exit code 2, nothing on stdout, nothing made`, async () => {
      const { code, stdout, stderr } = await run(...words)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(message)
      expect(readdirSync(folder)).toEqual([])
    })
  }

  test('a file or a data directory that is not there: exit code 1, and none is made', async () => {
    const replayed = await run('replay', 'nowhere.csv')
    expect([replayed.code, replayed.stderr]).toEqual([1, expect.stringMatching(/no such file/)])
    const read = await run('candles', 'a:spot:B')
    expect([read.code, read.stderr]).toEqual([1, expect.stringMatching(/no such data directory/)])
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('help', () => {
  test('says how to write times and durations', async () => {
    const { code, stdout } = await run('--help')
    expect(code).toBe(0)
    for (const word of ['DURATION', '15m', 'ISO 8601', 'tickloom replay']) {
      expect(stdout).toContain(word)
    }
  })

  test('version', async () => {
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('generate', () => {
  test('writes the same CSV for the same seed', async () => {
    const words = ['generate', '--pairs', '2', '--ticks', '500', '--seed', '3']
    const [first, second] = [await run(...words), await run(...words)]
    expect(first.code).toBe(0)
    expect(first.stdout).toBe(second.stdout)
    expect(first.stdout.trimEnd().split('\n').length).toBe(501)
  })

  test('ends quietly when its reader goes away', async () => {
    const words = [MAIN, 'generate', '--pairs', '1', '--ticks', '2000000', '--seed', '3']
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (text) => {
      stderr += text
    })
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

test('numbers are printed in their shortest exact form, never with an exponent', () => {
  const cases: [number, string][] = [
    [1e-7, '0.0000001'],
    [1.5e-9, '0.0000000015'],
    [-2.5e-8, '-0.000000025'],
    [1e21, '1000000000000000000000'],
    [1.25e22, '12500000000000000000000'],
    [0.1 + 0.2, '0.30000000000000004'],
    [64125.1, '64125.1'],
    [0, '0'],
  ]
  expect(cases.map(([x]) => decimal(x))).toEqual(cases.map(([, text]) => text))
  for (const [x] of cases) expect(Number(decimal(x))).toBe(x)
})

describe('the id mode', () => {
  function batchOf(ids: number[]): TradeBatch {
    const batch = makeBatch([])
    batch.count = ids.length
    batch.id.set(ids)
    return batch
  }
  const contiguous = Array.from({ length: 500 }, (_, i) => 7000 + i)

  test('is sequential where nearly all ids follow each other, repeated or out of order too', () => {
    expect(inferIds([batchOf(contiguous)])).toEqual(['sequential'])
    expect(inferIds([batchOf([...contiguous, ...contiguous.slice(0, 200)])])).toEqual([
      'sequential',
    ])
    expect(inferIds([batchOf([...contiguous].reverse())])).toEqual(['sequential'])
  })

  test('is integer for sparse, wide or few ids, and unknown without', () => {
    expect(inferIds([batchOf(contiguous.map((id) => id * 7))])).toEqual(['integer'])
    expect(inferIds([batchOf([BIG_ID, BIG_ID])])).toEqual(['integer'])
    expect(inferIds([batchOf([1, 2, 3])])).toEqual(['integer'])
    expect(inferIds([batchOf([Number.NaN, Number.NaN])])).toEqual([undefined])
  })
})

test('a file that names symbols needs no --pair; one that names none is refused with an example', async () => {
  const own = mkdtempSync(join(tmpdir(), 'tickloom-cli-'))
  try {
    writeFileSync(join(own, 'a.csv'), 'symbol,time,price,qty\nX,1626174473,1,1\n')
    writeFileSync(join(own, 'b.csv'), 'time,price,qty\n1626174473,1,1\n')
    const a = await tickloom(['replay', 'a.csv', '--json'], { cwd: own })
    expect(a.code).toBe(0)
    expect(JSON.parse(a.stdout).pairs).toMatchObject([{ pair: 'file:spot:X', ticks: 1 }])
    expect(a.stderr).toContain('names symbols and no exchange, taken as file:spot:*')
    const b = await tickloom(['replay', 'b.csv'], { cwd: own })
    expect([b.code, b.stdout]).toEqual([2, ''])
    expect(b.stderr).toContain("symbol; say which pair it is: tickloom replay b.csv --pair '")
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
})
