import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import { runCommand } from '../support/command.js'

// The commands that read what a replay has stored.

let folder: string

const tickloom = (...words: string[]) => runCommand(words, folder)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickloom-reads-'))
  const made = generateCsv({ pairs: 2, ticks: 3000, seed: 3, gaps: 0.01 })
  writeFileSync(join(folder, 'made.csv'), [...made].join(''))
  expect((await tickloom('replay', 'made.csv')).code).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('pairs lists what there is', async () => {
  expect((await tickloom('pairs')).stdout).toBe('demo:spot:BTC-USDT\ndemo:spot:ETH-USDT\n')
  const json = await tickloom('pairs', '--json')
  expect([json.code, JSON.parse(json.stdout)]).toEqual([
    0,
    ['demo:spot:BTC-USDT', 'demo:spot:ETH-USDT'],
  ])
  expect(await tickloom('pairs', '--data-dir', 'nowhere')).toMatchObject({ code: 1, stdout: '' })
  expect((await tickloom('pairs', 'demo')).code).toBe(2)
})

test('flow says CVD and imbalance, as a table or as JSON', async () => {
  const { code, stdout } = await tickloom(
    'flow',
    'demo:spot:BTC-USDT',
    '--json',
    '--lookback',
    '1h',
  )
  expect(code).toBe(0)
  const { cvd, imbalance, pair } = JSON.parse(stdout)
  expect(pair).toBe('demo:spot:BTC-USDT')
  expect(cvd.cvd).toBeCloseTo(cvd.buyVolume - cvd.sellVolume, 8)
  expect(cvd.to - cvd.from).toBe(3600e6)
  expect(Math.abs(imbalance.imbalance)).toBeLessThanOrEqual(1)
  const lines = (await tickloom('flow', 'demo:spot:BTC-USDT')).stdout.split('\n')
  expect(lines[2]).toMatch(/^CVD 15m +-?[\d.]+ +[\d.]+ +[\d.]+ +\d+ +20\d\d-/)
  expect(lines[3]).toMatch(/^imbalance 60s +-?[\d.]+ /)
  expect(await tickloom('flow', 'demo:spot:BTC-USD')).toMatchObject({ code: 1, stdout: '' })
  expect((await tickloom('flow', 'demo:spot:BTC-USDT', '--window', 'soon')).code).toBe(2)
})

test('gaps lists missing ranges', async () => {
  const gaps = JSON.parse((await tickloom('gaps', 'demo:spot:BTC-USDT', '--json')).stdout)
  expect(gaps.length).toBeGreaterThan(3)
  expect(gaps[0]).toMatchObject({ closed: false })
  const table = (await tickloom('gaps', 'demo:spot:BTC-USDT')).stdout.trim().split('\n')
  expect(table.length).toBe(gaps.length + 2)
  expect(table[2]).toContain(`${gaps[0].firstId}`)
})

test('export writes Parquet, or CSV by the name of the file', async () => {
  const ticks = await tickloom('export', 'demo:spot:BTC-USDT', '--out', 'ticks.parquet')
  expect([ticks.code, ticks.stdout]).toEqual([0, ''])
  expect(readFileSync(join(folder, 'ticks.parquet')).subarray(0, 4).toString()).toBe('PAR1')
  const words = ['export', 'demo:spot:BTC-USDT', '--table', 'candles_5m', '--out', 'c.csv']
  expect((await tickloom(...words)).code).toBe(0)
  expect(readFileSync(join(folder, 'c.csv'), 'utf8')).toMatch(/^timestamp,open,/)
  expect((await tickloom('export', 'demo:spot:BTC-USDT')).code).toBe(2)
  expect(
    (await tickloom('export', 'demo:spot:BTC-USDT', '--table', 'state', '--out', 'x')).code,
  ).toBe(2)
  expect(existsSync(join(folder, 'x'))).toBe(false)
})

test('sql answers one SELECT over a pair, and nothing else', async () => {
  const pair = 'demo:spot:BTC-USDT'
  const { code, stdout } = await tickloom(
    'sql',
    pair,
    "SELECT side, count(*) AS n, 'a,b' AS t FROM ticks GROUP BY 1, 3 ORDER BY 1",
  )
  expect(code).toBe(0)
  expect(stdout).toMatch(/^side,n,t\n(UNKNOWN|BUY),\d+,"a,b"\n/)
  const json = await tickloom('sql', pair, 'SELECT count(*) AS n FROM ticks', '--format', 'json')
  expect(JSON.parse(json.stdout)[0].n).toBeGreaterThan(1000)
  expect(await tickloom('sql', pair, "SELECT * FROM '/etc/passwd'")).toMatchObject({
    code: 1,
    stdout: '',
  })
  expect((await tickloom('sql', pair)).code).toBe(2)
})

test('stats says what the files hold, of all pairs or of one', async () => {
  const all = JSON.parse((await tickloom('stats', '--json')).stdout)
  expect(all.map((one: { pair: string }) => one.pair)).toEqual([
    'demo:spot:BTC-USDT',
    'demo:spot:ETH-USDT',
  ])
  const one = JSON.parse((await tickloom('stats', 'demo:spot:BTC-USDT', '--json')).stdout)
  expect(one).toEqual(all[0])
  const gaps = JSON.parse((await tickloom('gaps', 'demo:spot:BTC-USDT', '--json')).stdout)
  const unknown = { unknown_side: 0, unknown_volume: 0 }
  expect(one).toMatchObject({ gaps: gaps.length, rejected: 0, late: 0, ...unknown })
  expect(one.last).toBeGreaterThan(one.first)
  const table = (await tickloom('stats')).stdout.trim().split('\n')
  expect(table.length).toBe(4)
  expect(table[2]).toMatch(/^demo:spot:BTC-USDT +[\d,]+ +\d+ +\d+ +\d+ +0 +0 +0 +0 +20\d\d-/)
  expect(await tickloom('stats', 'demo:spot:NONE')).toMatchObject({ code: 1, stdout: '' })
  expect((await tickloom('stats', 'a', 'b')).code).toBe(2)
})
