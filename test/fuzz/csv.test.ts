import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { EngineError } from 'tickloom'
import { afterAll, describe, expect, test } from 'vitest'
import { openFeed } from '../../dist/src/feeds/feed.js'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import { cases, mutated, pick, random, residentMb, seed } from '../support/hostile.js'
import { zip } from '../support/zip.js'

// Files of every layout that a replay reads, spoiled: every line of them is a trade, a bad row, a
// message passed over, a header or empty, and nothing else.

console.log(`csv seed=${seed}`)
const folder = mkdtempSync(join(tmpdir(), 'tickloom-csv-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MS = Date.UTC(2025, 2, 1)
const row = (i: number) => ({
  i,
  t: MS + i * 10,
  p: (100 + (i % 7) / 4).toFixed(2),
  v: 1 + (i % 3),
})

/** A file of each layout, of so many rows. */
function layouts(rows: number): Record<string, string> {
  const lines = (header: string, of: (r: ReturnType<typeof row>) => string) =>
    [...(header === '' ? [] : [header]), ...Array.from({ length: rows }, (_, i) => of(row(i)))]
      .map((line) => `${line}\n`)
      .join('')
  return {
    tardis: [...generateCsv({ pairs: 2, ticks: rows, seed: 3 } as never)].join(''),
    'usual names': lines(
      'time,price,size,side,id,symbol',
      ({ i, t, p, v }) => `${t},${p},${v},${i % 2 ? 'buy' : 'Sell'},${i},"A,""B"""`,
    ),
    semicolons: lines(
      'Date; Price; Volume',
      ({ t, p, v, i }) => `${new Date(t).toISOString()}; ${p}; ${i % 2 ? '-' : ''}${v}`,
    ),
    tabs: lines('ts\tprice\tamount\tm\ttid', ({ t, p, v, i }) => `${t}\t${p}\t${v}\ttrue\tx${i}`),
    'binance trades': lines('', ({ i, t, p, v }) => `${i},${p},${v},${v},${t},true,true`),
    'binance aggTrades': lines('', ({ i, t, p, v }) => `${i},${p},${v},${i},${i},${t},false`),
    raw: lines('', ({ i, t, p, v }) => {
      const trade = { e: 'trade', s: 'A', t: i, p, q: String(v), T: t, m: i % 2 === 0 }
      const other = { e: 'bookTicker', s: 'A' }
      return `${t}000000 ${JSON.stringify({ stream: 'a@trade', data: i % 5 ? trade : other })}`
    }),
  }
}

async function read(name: string, bytes: Uint8Array | string) {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const feed = openFeed(path)
  let count = 0
  let failure: unknown
  try {
    for await (const batch of feed) {
      for (let i = 0; i < batch.count; i++) {
        const sum = batch.timestamp[i] + batch.price[i] + batch.volume[i]
        if (!Number.isFinite(sum)) throw new Error(`${path}: a row that is none: ${sum}`)
      }
      count += batch.count
    }
  } catch (cause) {
    failure = cause
    if (!(cause instanceof EngineError) || cause.code !== 'BAD_FEED') throw cause
    expect(cause.message.length).toBeLessThan(2100)
  }
  return { tally: feed.tally, count, failure: failure as EngineError | undefined }
}

// Lines that say something, as a reader that knows nothing of the formats counts them.
function spoken(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  return text.split('\n').filter((line) => line !== '' && line !== '\r')
}

describe('rows = trades + bad + passed over', () => {
  const next = random(seed)
  for (const [name, text] of Object.entries(layouts(40))) {
    test(name, async () => {
      for (const base of [text, `\ufeff${text}`, text.replaceAll('\n', '\r\n')]) {
        const { tally, failure } = await read('plain', base)
        const header = name === 'raw' || name.startsWith('binance') ? 0 : 1
        expect(failure).toBeUndefined()
        expect([tally.rows + tally.skipped, tally.bad]).toEqual([40, 0])
        expect(tally.lines).toBe(40 + header)
      }
      let refused = 0
      for (let i = 0; i < cases(120); i++) {
        const bytes = mutated(next, Buffer.from(text), pick(next, [',', '"', '\r', '\n', '\r\n']))
        const { tally, count, failure } = await read('spoiled', bytes)
        expect(count).toBe(tally.rows)
        if (failure !== undefined) {
          refused++
          continue
        }
        const lines = spoken(bytes)
        const told = tally.rows + tally.bad + tally.skipped
        const [head] = lines
        // A header says nothing, however often it stands there.
        const headers = head === undefined ? 0 : lines.filter((line) => same(line, head)).length
        expect(told, `${name} ${i} seed=${seed}`).toBeLessThanOrEqual(lines.length)
        expect(told, `${name} ${i} seed=${seed}`).toBeGreaterThanOrEqual(lines.length - headers)
      }
      expect(refused).toBeLessThan(cases(120))
    })
  }
})

const same = (a: string, b: string) => a.replace(/\r$/, '') === b.replace(/\r$/, '')

test('lines that end in CR alone are told, not taken for one long header', async () => {
  const text = layouts(50)['usual names'].replaceAll('\n', '\r')
  expect((await read('returns', text)).failure?.message).toMatch(/end in CR alone/)
})

test('empty lines alone, before the first line or instead of it', async () => {
  for (const empty of ['\n', '\r\n', '\ufeff\n\n', '\n'.repeat(1e6)]) {
    const { tally, failure } = await read('empty', empty)
    expect([failure, tally.rows, tally.bad]).toEqual([undefined, 0, 0])
    expect(tally.lines).toBe(empty.split('\n').length - 1)
    const late = await read('late', `${empty}${layouts(9)['usual names']}`)
    expect([late.failure, late.tally.rows, late.tally.bad]).toEqual([undefined, 9, 0])
  }
})

describe('ten megabytes where a field or a line should be', () => {
  const most = async (name: string, bytes: Uint8Array | string) => {
    const before = residentMb()
    const told = await read(name, bytes)
    expect(residentMb() - before).toBeLessThan(400)
    return told
  }
  const head = 'time,price,size,side,id,symbol\n'
  const good = `${MS},1,1,buy,1,A\n`

  test.each([2e6, 10e6])('%d characters in every field', async (length) => {
    for (const long of ['x'.repeat(length), '7'.repeat(length), `${'7'.repeat(length)}x`]) {
      for (let field = 0; field < 6; field++) {
        const fields = [MS, 1, 1, 'buy', 1, 'A'].map((one, i) => (i === field ? long : one))
        const { tally } = await most('field', `${head}${fields.join(',')}\n${good}`)
        // Longer than a line may be: bad as a whole.
        const bad = length > 4 * 2 ** 20 || field < 3 ? 1 : 0
        expect([field, tally.rows, tally.bad]).toEqual([field, 2 - bad, bad])
      }
    }
  })

  test('a header, a line of quotes, a file without a newline', async () => {
    expect((await most('header', `${'x,'.repeat(1e6)}\n${good}`)).failure?.code).toBe('BAD_FEED')
    expect((await most('endless', '7'.repeat(10e6))).failure?.code).toBe('BAD_FEED')
    const quotes = await most('quotes', `${head}${'"'.repeat(3e6)}\n${'"'.repeat(10e6)}\n${good}`)
    expect([quotes.tally.rows, quotes.tally.bad]).toEqual([1, 2])
    const deep = `1 {"e":"trade","x":${'['.repeat(3e6)}}\n`
    const { tally } = await most('deep', `${layouts(10)['raw']}${deep}`)
    expect([tally.rows + tally.skipped, tally.bad]).toEqual([10, 1])
  })

  test('names and ids of megabytes, packed to nothing, are not kept', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => {
      return `${MS},1,1,buy,${i}${'x'.repeat(1e6)},${i}${'y'.repeat(1e6)}\n`
    })
    const packed = gzipSync(Buffer.concat([head, ...rows].map((line) => Buffer.from(line))))
    rows.length = 0
    expect(packed.length).toBeLessThan(1e6)
    const { tally } = await most('names.csv.gz', packed)
    expect(tally.rows).toBe(100)
  })
})

describe('archives', () => {
  const plain = layouts(300)['usual names']
  const next = random(seed + 1)

  test('cut off, or with bytes changed: rows or BAD_FEED', async () => {
    const packed = { 'a.csv.gz': gzipSync(plain), 'a.zip': zip({ 'a.csv': plain }) }
    let whole = 0
    for (let i = 0; i < cases(250); i++) {
      const [name, base] = pick(next, Object.entries(packed))
      const { tally, count, failure } = await read(name, mutated(next, base, '\0PK\x01\x02'))
      expect(count).toBe(tally.rows)
      if (failure === undefined && tally.rows === 300) whole++
    }
    expect(whole).toBeLessThan(cases(250))
    for (let at = 1; at < packed['a.csv.gz'].length; at += 31) {
      const { failure } = await read('cut.csv.gz', packed['a.csv.gz'].subarray(0, at))
      // One byte is no gzip yet, and no file of trades either.
      expect(failure?.message).toMatch(at > 1 ? /cut off/ : /BAD_FEED|first line|no column/)
    }
  })

  test('lying sizes, names that lead elsewhere, tens of thousands of entries', async () => {
    const honest = zip({ 'a.csv': plain })
    const central = honest.lastIndexOf('PK\x01\x02')
    for (const size of [0, 1, 100, plain.length - 1, plain.length + 1, 2 ** 31, 2 ** 32 - 2]) {
      for (const field of [20, 24]) {
        const lying = Buffer.from(honest)
        lying.writeUInt32LE(size, central + field)
        const { failure } = await read('lying.zip', lying)
        expect([size, field, failure?.code]).toEqual([size, field, 'BAD_FEED'])
      }
    }
    for (const name of ['../../etc/passwd', '/etc/passwd', 'C:\\a.csv', '..\\a.csv']) {
      expect((await read('elsewhere.zip', zip({ [name]: plain }))).failure?.code).toBe('BAD_FEED')
    }
    const many = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`${i}.csv`, '']))
    const { failure } = await read('many.zip', zip(many, { deflate: false }))
    expect(failure?.message).toMatch(/must hold one file/)
    // A bomb: 60 MB of one line.
    const bomb = zip({ 'a.csv': '7'.repeat(60e6) })
    const before = residentMb()
    expect((await read('bomb.zip', bomb)).failure?.code).toBe('BAD_FEED')
    expect(residentMb() - before).toBeLessThan(100)
  })
})
