import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import { runCommand } from '../support/command.js'

// The command through the whole engine, in a process of its own, as a user runs it.

const DATA = join(import.meta.dirname, '../../../shared/data')
const present = existsSync(DATA)
if (!present) console.log(`skipped: no real market data at ${DATA}`)

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'tickloom-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

function start(words: string[], dataDir: string, stdin: 'pipe' | 'ignore' = 'ignore') {
  const env = { ...process.env, TICKLOOM_DATA_DIR: join(folder, dataDir) }
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: folder,
    env,
    stdio: [stdin, 'pipe', 'pipe'],
  })
  const ran: Ran = { code: null, stdout: '', stderr: '' }
  child.stdout?.on('data', (text) => {
    ran.stdout += text
  })
  child.stderr?.on('data', (text) => {
    ran.stderr += text
  })
  const ended = once(child, 'close').then(([code]) => Object.assign(ran, { code }))
  return { child, ended }
}

function run(dataDir: string, ...words: string[]): Promise<Ran> {
  return runCommand(words, folder, { TICKLOOM_DATA_DIR: join(folder, dataDir) })
}

async function replay(dataDir: string, ...words: string[]) {
  const ran = await run(dataDir, 'replay', '--json', ...words)
  const last = ran.stdout.trimEnd().split('\n').at(-1) ?? ''
  return { ...ran, summary: last === '' ? undefined : JSON.parse(last) }
}

function file(name: string, text: string | Buffer): string {
  writeFileSync(join(folder, name), text)
  return name
}

const TRADES = `timestamp,price,amount,side,id
1626174473658,1.5,2,buy,7
1626174474000,1.25,0.5,sell,9
1626174535000,0.0000001,3,buy,12
`

describe('replay', () => {
  test('trades of unknown side are counted, with their volume, exactly', async () => {
    const rows = ['0.1,', '0.2,', '5,buy', '1,sell'].map((row, i) => `162617447${i},2,${row},${i}`)
    const path = file('sides.csv', `time,price,qty,side,id\n${rows.join('\n')}\n`)
    const { summary } = await replay('sides', path, '--pair', 'v:spot:A')
    const unknown = { unknownSide: 2, unknownVolume: 0.3 }
    expect(summary).toMatchObject({ accepted: 4, ...unknown, pairs: [unknown] })
    const said = await run('sides-text', 'replay', path, '--pair', 'v:spot:A')
    expect(said.stdout).toMatch(/, 2 of unknown side \(0\.3\)\n$/)
    const stored = JSON.parse((await run('sides', 'stats', 'v:spot:A', '--json')).stdout)
    expect(stored).toMatchObject({ unknown_side: 2, unknown_volume: 0.3 })
  })

  test('one object with everything, and the candles to read back', async () => {
    const pair = 'venue:swap:BTC/USDT:USDT'
    const { code, summary } = await replay('one', file('one.csv', TRADES), '--pair', pair)
    expect(code).toBe(0)
    expect(summary).toEqual({
      read: 3,
      accepted: 3,
      rejected: 0,
      duplicates: 0,
      late: 0,
      gaps: 0,
      noTrades: 0,
      unknownSide: 0,
      unknownVolume: 0,
      elapsedMs: expect.any(Number),
      ticksPerSecond: expect.any(Number),
      pairs: [
        {
          pair,
          ticks: 3,
          cvd: 4.5,
          buyVolume: 5,
          sellVolume: 0.5,
          unknownSide: 0,
          unknownVolume: 0,
          firstTimestamp: 1626174473658000,
          lastTimestamp: 1626174535000000,
        },
      ],
      reading: [
        expect.objectContaining({
          file: 'one.csv',
          format: 'csv',
          trades: 3,
          order: 'rising',
          resolutionUs: 1000,
          timeUnits: { ms: 3 },
          unread: [],
        }),
      ],
      warnings: [],
    })
    const candles = await run('one', 'candles', pair, '--interval', '1m')
    expect(candles.stdout).toBe(
      `timestamp,open,high,low,close,volume,trades,buy_volume,sell_volume,quote_volume,vwap,delta,cvd
1626174420000,1.5,1.5,1.25,1.25,2.5,2,2,0.5,3.625,1.45,1.5,1.5
1626174480000,0.0000001,0.0000001,0.0000001,0.0000001,3,1,3,0,0.0000003,0.0000001,3,4.5
`,
    )
    const words = ['candles', pair, '--from', '1626174480000', '--time', 'iso', '--closed']
    expect((await run('one', ...words)).stdout.split('\n').length).toBe(2)
    const near = await run('one', 'candles', 'venue:swap:BTC/USDT:USD')
    expect([near.code, near.stdout]).toEqual([1, ''])
    expect(near.stderr).toContain(`did you mean ${pair}?`)
  })

  test('rows without ids, receive times or a side are stored as well', async () => {
    const path = file('bare.csv', 'time,price,qty\n1626174473,2,1\n1626174473,2,1\n')
    const { code, summary } = await replay('bare', path, '--pair', 'a:spot:B')
    expect(code).toBe(0)
    expect(summary).toMatchObject({ read: 2, accepted: 2, rejected: 0, duplicates: 0 })
    expect(summary.pairs[0]).toMatchObject({ cvd: 0, buyVolume: 0, sellVolume: 0 })
  })

  test('spoilt trades: every row is accounted for, over several pairs and shards', async () => {
    const made = { pairs: 4, ticks: 120_000, seed: 11 }
    const clean = [...generateCsv(made)].join('')
    const spoilt = { ...made, duplicates: 0.02, disorderMs: 300, bad: 0.001 }
    const path = file('spoilt.csv.gz', gzipSync([...generateCsv(spoilt)].join('')))
    const { code, summary, stderr } = await replay('spoilt', path, '--shards', '2')
    expect(code).toBe(0)
    expect(stderr).toMatch(/rows could not be read, the first on line \d+/)
    expect(summary.accepted).toBe(120_000)
    expect(summary.read).toBe(summary.accepted + summary.rejected + summary.duplicates)
    expect(summary.duplicates).toBeGreaterThan(1000)
    expect(summary.gaps).toBe(0)
    expect(summary.pairs.length).toBe(4)
    const units = new Map<string, number>()
    for (const line of clean.trimEnd().split('\n').slice(1)) {
      const [, symbol, , , , side, , amount] = line.split(',')
      const signed = Math.round(Number(amount) * 1e8) * (side === 'buy' ? 1 : -1)
      units.set(symbol, (units.get(symbol) ?? 0) + signed)
    }
    for (const { pair, cvd } of summary.pairs) {
      expect(cvd).toBe((units.get(pair.split(':')[2]) ?? 0) / 1e8)
    }
  })

  test('the same file again: all duplicates, exit code 0', async () => {
    const path = file('again.csv', [...generateCsv({ pairs: 2, ticks: 3000, seed: 4 })].join(''))
    expect((await replay('again', path)).summary).toMatchObject({ accepted: 3000 })
    const again = await replay('again', path)
    expect(again.code).toBe(0)
    expect(again.summary).toMatchObject({ accepted: 0, duplicates: 3000 })
  })

  test('a stored pair goes on as it was stored, however the next file’s ids look', async () => {
    const made = [...generateCsv({ pairs: 1, ticks: 600, seed: 4 })].join('').trimEnd().split('\n')
    const sparse = made.filter((_, i) => i === 0 || (i > 300 && i % 2 === 0))
    const first = file('first.csv', made.slice(0, 301).join('\n'))
    expect((await replay('goes-on', first)).summary).toMatchObject({ accepted: 300 })
    const second = await replay('goes-on', file('second.csv', sparse.join('\n')))
    expect(second.code).toBe(0)
    expect(second.summary).toMatchObject({ accepted: 150, gaps: 150 })
  })

  test('nothing stored of a non-empty input is exit code 1', async () => {
    const bad = 'time,price,qty\n1626174473,0,1\n1626174473,x,1\n'
    const { code, stderr, summary } = await replay(
      'bad',
      file('bad.csv', bad),
      '--pair',
      'a:spot:B',
    )
    expect(code).toBe(1)
    expect(summary).toMatchObject({ read: 2, accepted: 0, rejected: 2 })
    expect(stderr).toContain('nothing was stored')
    const other = `1723161254087891268 {"stream":"b@bookTicker","data":{"u":5,"s":"BTCUSDT"}}\n`
    expect((await replay('bad', file('other.raw', other))).code).toBe(1)
    expect((await replay('bad', file('empty.csv', ''))).code).toBe(0)
  })

  test('a row that names no pair is a bad row, not the end', async () => {
    const made = [...generateCsv({ pairs: 1, ticks: 100, seed: 4 })].join('')
    const path = file('nameless.csv', `${made}demo,,1741006905074107,,1,buy,1,1\n`)
    const { code, summary, stderr } = await replay('nameless', path)
    expect(code).toBe(0)
    expect(summary).toMatchObject({ read: 101, accepted: 100, rejected: 1 })
    expect(stderr).toContain('name no pair')
  })

  test('several symbols under one --pair are refused, before anything is stored', async () => {
    const path = file('two.csv', 'symbol,time,price,qty\nX,1626174473,1,1\nY,1626174473,1,1\n')
    const one = await replay('two', path, '--pair', 'a:spot:B')
    expect([one.code, one.stdout]).toEqual([2, ''])
    expect(one.stderr).toContain('several symbols (X, Y')
    expect(existsSync(join(folder, 'two', 'a'))).toBe(false)
    const each = await replay('two', path, '--pair', 'a:spot:*')
    expect(each.summary.pairs.map((p: { pair: string }) => p.pair)).toEqual([
      'a:spot:X',
      'a:spot:Y',
    ])
  })

  test('text ids: told from the rows, deduped; a pair of whole numbers stores them beside', async () => {
    const text = file('text.csv', 'time,price,qty,id\n1626174473,1,1,a-1\n1626174473,1,1,a-1\n')
    const first = await replay('text', text, '--pair', 'a:spot:B')
    expect(first.summary).toMatchObject({ accepted: 1, duplicates: 1 })
    const whole = file('whole.csv', 'time,price,qty,id\n1626174473,1,1,7\n')
    expect((await replay('whole', whole, '--pair', 'a:spot:B')).summary.accepted).toBe(1)
    const mixed = await replay('whole', text, '--pair', 'a:spot:B')
    expect(mixed.summary).toMatchObject({ accepted: 1, duplicates: 1 })
    const again = await replay('whole', text, '--pair', 'a:spot:B')
    expect(again.summary).toMatchObject({ accepted: 0, duplicates: 2 })
  })

  test('a gzip stream that is cut off: exit code 1, and what came before is stored', async () => {
    const made = [...generateCsv({ pairs: 1, ticks: 30_000, seed: 4 })].join('')
    const path = file('cut.csv.gz', gzipSync(made).subarray(0, -10_000))
    const { code, stderr } = await replay('cut', path)
    expect(code).toBe(1)
    expect(stderr).toContain('cut off')
    const candles = await run('cut', 'candles', 'demo:spot:BTC-USDT')
    expect(candles.stdout.split('\n').length).toBeGreaterThan(100)
  })

  test('a pipe that can be read only once', async () => {
    const { child, ended } = start(['replay', '-', '--json'], 'pipe', 'pipe')
    child.stdin?.end([...generateCsv({ pairs: 1, ticks: 5000, seed: 4 })].join(''))
    expect(JSON.parse((await ended).stdout)).toMatchObject({ read: 5000, accepted: 5000, gaps: 0 })
    if (process.platform === 'win32') return
    const fifo = join(folder, 'fifo')
    await once(spawn('mkfifo', [fifo]), 'close')
    const reading = replay('fifo-dir', 'fifo')
    createWriteStream(fifo).end([...generateCsv({ pairs: 1, ticks: 5000, seed: 4 })].join(''))
    expect((await reading).summary).toMatchObject({ read: 5000, accepted: 5000 })
  })

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`${signal}: stops reading, stores and reports what it has, exit code ${code}`, async () => {
      const { child, ended } = start(['replay', '-', '--json'], signal, 'pipe')
      child.stdin?.on('error', () => {})
      // More than is looked at before the first row is stored, and then no end.
      const text = [...generateCsv({ pairs: 1, ticks: 80_000, seed: 4 })].join('')
      await new Promise((resolve) => child.stdin?.write(text, resolve))
      child.kill(signal)
      const ran = await ended
      expect(ran.code).toBe(code)
      const { read, accepted } = JSON.parse(ran.stdout)
      expect(read).toBeGreaterThan(60_000)
      expect(accepted).toBe(read)
    })
  }

  test('for people: a table and a closing line', async () => {
    const { code, stdout } = await run(
      'table',
      'replay',
      file('t.csv', TRADES),
      '--pair',
      'a:spot:B',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^a:spot:B {2}1m {2}/)
    expect(stdout).toMatch(/\npair +ticks +CVD/)
    expect(stdout).toMatch(/a:spot:B +3 +4\.5 +5 +0\.5 +2021-07-13 11:07:53/)
    expect(stdout).toMatch(/3 of 3 ticks stored in .* 0 duplicates, 0 rejected/)
    expect(stdout).not.toContain('\x1b')
  })
})

describe.skipIf(!present)('real files', () => {
  test('HitBTC: each trade once', async () => {
    const path = join(DATA, 'hitbtc/trades.csv')
    const { code, summary } = await replay('hitbtc', path, '--pair', 'hitbtc:spot:*')
    expect(code).toBe(0)
    expect(summary).toMatchObject({ read: 4000, accepted: 1000, duplicates: 3000, rejected: 0 })
    expect(summary.pairs.length).toBe(10)
  })

  test('Bitfinex: bought and sold by the sign', async () => {
    const path = join(DATA, 'bitfinex/eth-eur-trades.csv')
    const { summary } = await replay('bitfinex', path)
    expect(summary).toMatchObject({ read: 671, accepted: 671, rejected: 0 })
    let units = 0
    for (const line of readFileSync(path, 'utf8').trimEnd().split('\n').slice(1)) {
      units += Math.round(Number(line.split(',')[2]) * 1e8)
    }
    expect(summary.pairs).toMatchObject([{ pair: 'bitfinex:spot:tETHEUR', cvd: units / 1e8 }])
  })

  test('the Binance capture', async () => {
    const path = join(DATA, 'binance/btcusdt-spot-20240808-raw.gz')
    const { summary } = await replay('binance', path)
    expect(summary).toMatchObject({ read: 9757, accepted: 9757, rejected: 0, gaps: 0 })
    let units = 0
    for (const line of gunzipSync(readFileSync(path)).toString().split('\n')) {
      if (!line.includes('"e":"trade"')) continue
      const { data } = JSON.parse(line.slice(line.indexOf('{')))
      units += Math.round(Number(data.q) * 1e8) * (data.m ? -1 : 1)
    }
    expect(summary.pairs).toMatchObject([{ pair: 'binance:spot:BTCUSDT', cvd: units / 1e8 }])
  })
})
