import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import { runCommand } from '../support/command.js'
import { until } from '../support/engine-dir.js'
import { zip } from '../support/zip.js'

// What a replay takes of a file, how fast, and what the environment says where no option does.

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'tickloom-options-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(words: string[], env: Record<string, string> = {}) {
  const ended = await runCommand(words, folder, env)
  const last = ended.stdout.trimEnd().split('\n').at(-1) ?? ''
  return { ...ended, summary: last.startsWith('{') ? JSON.parse(last) : undefined }
}

const CSV = [...generateCsv({ pairs: 3, ticks: 3000, seed: 8 } as never)].join('')
writeFileSync(join(folder, 'all.csv'), CSV)
const symbols = CSV.trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => /[A-Z]+-[A-Z]+/.exec(line)?.[0] as string)
const of = (wanted: string) => symbols.filter((symbol) => symbol.startsWith(wanted)).length

describe('replay', () => {
  test('--symbol takes those that match, and counts the others as left out', async () => {
    const [first] = symbols
    const one = await run(['replay', 'all.csv', '--symbol', first, '--data-dir', 'one', '--json'])
    expect(one.summary.pairs.map((p: { pair: string }) => p.pair.split(':')[2])).toEqual([first])
    expect(one.summary.read).toBe(of(first))
    expect(one.summary.accepted).toBe(of(first))
    const left = (3000 - of(first)).toLocaleString('en-US')
    expect(one.stderr).toContain(`${left} rows of other symbols were left out`)
    const pattern = `${first.slice(0, 2)}*`
    const some = await run([
      'replay',
      'all.csv',
      '--symbol',
      pattern,
      '--data-dir',
      'some',
      '--json',
    ])
    expect(some.summary.accepted).toBe(of(first.slice(0, 2)))
    const none = await run([
      'replay',
      'all.csv',
      '--symbol',
      'NOPE',
      '--data-dir',
      'none',
      '--json',
    ])
    expect([none.code, none.summary.read]).toEqual([1, 0])
  })

  test('--speed takes as long as the market did, divided; wrong words are refused', async () => {
    const rows = [0, 400, 800].map((ms, i) => `${1626174473000 + ms},10,1,buy,${i + 1}`)
    writeFileSync(join(folder, 'slow.csv'), `time,price,size,side,id\n${rows.join('\n')}\n`)
    const words = ['replay', 'slow.csv', '--pair', 'v:spot:A', '--json']
    const slow = await run([...words, '--data-dir', 'slow', '--speed', '1x'])
    expect(slow.summary.accepted).toBe(3)
    expect(slow.summary.elapsedMs).toBeGreaterThanOrEqual(795)
    // A day of it, which at any such speed would be no test.
    const day = [0, 1, 86_400_000].map((ms, i) => `${1626174473000 + ms},10,1,buy,${i + 1}`)
    writeFileSync(join(folder, 'day.csv'), `time,price,size,side,id\n${day.join('\n')}\n`)
    const given = ['replay', 'day.csv', '--pair', 'v:spot:A', '--json', '--speed', '1000000x']
    expect((await run([...given, '--data-dir', 'fast'])).summary.accepted).toBe(3)
    for (const speed of ['0x', '-1x', 'fast', '10', 'x']) {
      const refused = await run([...words, '--data-dir', 'refused', `--speed=${speed}`])
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringContaining(`--speed must be max or a factor such as 1x or 10x: ${speed}`),
      ])
    }
  })

  test('--speed ends at once when it is told to, and has stored what was due', async () => {
    const rows = [0, 0, 3_600_000].map((ms, i) => `${1626174473000 + ms},10,1,buy,${i + 1}`)
    writeFileSync(join(folder, 'hour.csv'), `time,price,size,side,id\n${rows.join('\n')}\n`)
    const words = ['replay', 'hour.csv', '--pair', 'v:spot:A', '--json', '--speed', '1x']
    const child = spawn(process.execPath, [MAIN, ...words, '--data-dir', 'hour'], { cwd: folder })
    let stdout = ''
    child.stdout.on('data', (text) => {
      stdout += text
    })
    // Its file is there when the first tick is.
    const stored = join(folder, 'hour', 'v', 'spot', 'A')
    await until('its file', () => existsSync(stored))
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect([code, JSON.parse(stdout)]).toEqual([
      130,
      expect.objectContaining({ read: 2, accepted: 2 }),
    ])
  })

  test('takes a .zip, and draws the busiest pair above the table', async () => {
    writeFileSync(join(folder, 'all.zip'), zip({ 'all.csv': CSV }))
    const packed = await run(['replay', 'all.zip', '--data-dir', 'packed'], { COLUMNS: '90' })
    expect(packed.code).toBe(0)
    expect(packed.stdout).toContain('3,000 of 3,000 ticks stored')
    expect(packed.stdout).toMatch(/▲|▼/)
    expect(packed.stdout).toContain('│ volume')
    expect(packed.stdout).not.toContain('\x1b')
    const [name] = packed.stdout.split(' ')
    const drawn = await run(['candles', name, '--format', 'chart', '--data-dir', 'packed'])
    expect(drawn.stdout).toContain('│ CVD')
  })
})

describe('the environment', () => {
  test('stands in for options, and gives way to them', async () => {
    const env = {
      TICKLOOM_DATA_DIR: 'by-env',
      TICKLOOM_PAIR: 'env:spot:*',
      TICKLOOM_SHARDS: '2',
      TICKLOOM_LIMIT: '',
    }
    const byEnv = await run(['replay', 'all.csv', '--json'], env)
    expect(byEnv.summary.pairs[0].pair).toMatch(/^env:spot:/)
    const given = await run(['replay', 'all.csv', '--json', '--pair', 'given:spot:*'], env)
    expect(given.summary.pairs[0].pair).toMatch(/^given:spot:/)
    const pairs = await run(['pairs', '--json'], env)
    expect(pairs.stdout).toContain('env:spot:')
    expect(pairs.stdout).toContain('given:spot:')
    const wrong = await run(['replay', 'all.csv'], { ...env, TICKLOOM_SHARDS: 'many' })
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--shards must be')])
  })

  test('is told of a variable that no option reads', async () => {
    const told = await run(['pairs'], { TICKLOOM_DATADIR: 'x', TICKLOOM_DATA_DIR: 'by-env' })
    expect(told.stderr).toContain('no option reads $TICKLOOM_DATADIR; did you mean $TICKLOOM_DATA_')
  })
})
