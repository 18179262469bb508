import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type FeedOptions, openFeed, parseColumnMap } from '../../dist/src/feeds/feed.js'
import { lineBlocks } from '../../dist/src/feeds/line-blocks.js'
import { parseDecimal, parseId } from '../../dist/src/feeds/parse-number.js'
import { parseTimeUs } from '../../dist/src/feeds/parse-time.js'
import { idAt } from '../../dist/src/feeds/trade-batch.js'
import { runs } from '../support/seed.js'

// Files into trades: every format, every unit, and what broken files must not do.

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const present = existsSync(DATA)
if (!present) console.log(`skipped: no real market data at ${DATA}`)

const folder = mkdtempSync(join(tmpdir(), 'tickloom-feeds-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Row {
  timestamp: number
  price: number
  volume: number
  side: number
  id: number | bigint | string | undefined
  receivedAt: number
  exchange: string | undefined
  symbol: string | undefined
}

async function readAll(path: string, options?: FeedOptions) {
  const feed = openFeed(path, options)
  const rows: Row[] = []
  for await (const batch of feed) {
    for (let i = 0; i < batch.count; i++) {
      const { timestamp, price, volume, side, receivedAt, instrument, instruments } = batch
      rows.push({
        timestamp: timestamp[i],
        price: price[i],
        volume: volume[i],
        side: side[i],
        id: idAt(batch, i),
        receivedAt: receivedAt[i],
        ...instruments[instrument[i]],
      })
    }
  }
  return { rows, tally: feed.tally, feed }
}

let files = 0
function readText(text: string | Buffer, options?: FeedOptions) {
  const path = join(folder, `${files++}.csv`)
  writeFileSync(path, text)
  return readAll(path, options)
}

const bytes = (text: string) => Buffer.from(` ${text} `)
const decimal = (text: string) => parseDecimal(bytes(text), 1, text.length + 1)
const time = (text: string) => parseTimeUs(bytes(text), 1, bytes(text).length - 1)
const id = (text: string) => parseId(bytes(text), 1, text.length + 1)

describe('numbers', () => {
  test('are what Number() makes of the text, to the bit', () => {
    const digits = (min: number, max: number) =>
      fc
        .array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max })
        .map((d) => d.join(''))
    const plain = fc
      .tuple(fc.constantFrom('', '-', '+'), digits(1, 25), digits(0, 30))
      .map(([sign, whole, places]) => `${sign}${whole}${places === '' ? '' : `.${places}`}`)
    const any = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
    fc.assert(
      fc.property(fc.oneof(plain, any), (text) => {
        expect(Object.is(decimal(text), Number(text)), text).toBe(true)
      }),
      runs(20_000),
    )
  })

  test('what is no decimal number is none', () => {
    const none = ['', '-', '.', '1.2.3', '1,5', '0x10', 'NaN', 'Infinity', '1e999', '1_0', 'abc']
    expect(none.filter((text) => !Number.isNaN(decimal(text)))).toEqual([])
    expect([decimal('.5'), decimal('5.'), decimal('1e-7')]).toEqual([0.5, 5, 1e-7])
  })

  test('ids are exact: numbers to 2^53 − 1, bigints to 2^63 − 1', () => {
    expect(id('9007199254740991')).toBe(9007199254740991)
    expect(id('9007199254740992')).toBe(9007199254740992n)
    expect(id('2290000000036455162')).toBe(2290000000036455162n)
    expect(id('9223372036854775807')).toBe(2n ** 63n - 1n)
    const none = ['9223372036854775808', '', '-1', '1.5', 'a1', '0xff']
    expect(none.map(id)).toEqual(none.map(() => undefined))
  })
})

describe('times', () => {
  const us = 1626174473658123
  test('in any unit are the same µs, and finer digits are cut off', () => {
    const same = ['1626174473.658123', '1626174473658.123', '1626174473658123', `${us}999`]
    same.push('2021-07-13T11:07:53.658123Z', '2021-07-13 11:07:53.658123999')
    same.push('2021-07-13T13:07:53.658123+02:00', '2021-07-13T06:37:53.658123-0430')
    expect(same.map(time)).toEqual(same.map(() => us))
    expect(time('1625273778.1531148')).toBe(1625273778153114)
    expect(time('1626174473')).toBe(1626174473e6)
    expect(time('20221213 08:00:00')).toBe(Date.UTC(2022, 11, 13, 8) * 1000)
    expect(time('2017-01-03')).toBe(Date.UTC(2017, 0, 3) * 1000)
    // kdb+ writes a D, and digits of ns: cut off, never rounded into the next candle.
    expect(time('2021-03-04D00:00:59.999999999')).toBe(Date.UTC(2021, 2, 4, 0, 1) * 1000 - 1)
    expect(time('2021.03.04D00:00:03.102330789')).toBe(
      Date.UTC(2021, 2, 4, 0, 0, 3) * 1000 + 102330,
    )
    expect(time('2021/03/04 00:00:03.1')).toBe(Date.UTC(2021, 2, 4, 0, 0, 3) * 1000 + 100000)
    expect(time('1385892059.999999499')).toBe(1385892059999999)
  })

  test('agree with Date on every day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 946684800, max: 7258118400 }), (seconds) => {
        const iso = new Date(seconds * 1000).toISOString()
        expect(time(iso)).toBe(seconds * 1e6)
      }),
    )
  })

  test('what is no time since 2000 is none', () => {
    const none = ['', '0', '12345', '20211', '1999-12-31', '2021-02-29', '2021-13-01', 'soon']
    none.push('2021-07-13T25:00', '2021-07-13T11', '2021-07-13T11:07:53+', '1.6e12', '-1626174473')
    none.push('2021-03/04', '2021.03-04D00:00', '2021-03-04X00:00', '1626.07.13')
    none.push('1626174473.65x', '2021-07', '2021-07-13T11:07:53 EST')
    expect(none.filter((text) => !Number.isNaN(time(text)))).toEqual([])
  })
})

const ROWS =
  'timestamp,price,amount,side,id\n1626174473658,1.5,2,buy,7\n1626174473659,1.6,3,sell,8\n'
const READ = [
  { timestamp: 1626174473658000, price: 1.5, volume: 2, side: 1, id: 7 },
  { timestamp: 1626174473659000, price: 1.6, volume: 3, side: 2, id: 8 },
]

describe('CSV', () => {
  const written: Record<string, string | Buffer> = {
    plain: ROWS,
    'line ends of Windows': ROWS.replaceAll('\n', '\r\n'),
    'a byte order mark': `\ufeff${ROWS}`,
    'no last newline': ROWS.trimEnd(),
    'empty lines': `\n${ROWS.replaceAll('\n', '\n\n')}`,
    quotes: ROWS.replaceAll(/[^,\n]+/g, '"$&"'),
    blanks: ROWS.replaceAll(',', ' , '),
    semicolons: ROWS.replaceAll(',', ';'),
    tabs: ROWS.replaceAll(',', '\t'),
    'a stray comma at the end': ROWS.replaceAll('\n', ',\n').replace(',\n', '\n'),
    'its header again': ROWS.replace('\n', '\n') + ROWS.slice(0, ROWS.indexOf('\n') + 1),
    'names in other cases': ROWS.replace('timestamp', 'Time').replace('amount', 'QTY'),
    gzip: gzipSync(ROWS),
    'two gzip members': Buffer.concat([gzipSync(ROWS.slice(0, 50)), gzipSync(ROWS.slice(50))]),
  }
  for (const [what, text] of Object.entries(written)) {
    test(`with ${what}`, async () => {
      const { rows, tally } = await readText(text)
      expect(rows).toMatchObject(READ)
      expect(tally).toMatchObject({ rows: 2, bad: 0, badLines: [] })
    })
  }

  test('rows that cannot be read are counted with their lines, and nothing is thrown', async () => {
    const bad = ['1626174473658,1.5,2,buy', '1626174473658,1.5,2,buy,7,8', 'soon,1,1,buy,1']
    bad.push('1626174473658,x,2,buy,7', '1626174473658,1,,buy,7', '"1626174473658,1,2,buy,7')
    const { rows, tally } = await readText(ROWS + bad.join('\n'))
    expect(rows).toMatchObject(READ)
    expect(tally).toMatchObject({ rows: 2, bad: 6, badLines: [4, 5, 6, 7, 8] })
  })

  test('a row with a volume below zero and a side is left to the engine', async () => {
    const { rows } = await readText('time,price,size,side\n1626174473,5,-1,buy\n')
    expect(rows).toMatchObject([{ volume: -1, side: 1 }])
  })

  test('without a side column, a signed amount says who took', async () => {
    const signed = await readText('mts,price,amount\n1626174473658,5,-1\n1626174473659,5,2\n')
    expect(signed.rows).toMatchObject([
      { volume: 1, side: 2 },
      { volume: 2, side: 1 },
    ])
    const unsigned = await readText('mts,price,amount\n1626174473658,5,1\n')
    expect(unsigned.rows).toMatchObject([{ volume: 1, side: 0 }])
  })

  test('Binance’s published dumps, which have no header', async () => {
    const spot = await readText('28457,6.2,50,310,1626174473658,True,True\n')
    expect(spot.rows).toMatchObject([{ id: 28457, price: 6.2, volume: 50, side: 2 }])
    const micros = await readText('28457,6.2,50,310,1735689600000123,False,True\n')
    expect(micros.rows).toMatchObject([{ timestamp: 1735689600000123, side: 1 }])
    const agg = await readText('9,6.2,50,1,3,1626174473658,false,true\n')
    expect(agg.rows).toMatchObject([{ id: 9, timestamp: 1626174473658000, side: 1 }])
    const futures = await readText(
      'id,price,qty,quote_qty,time,is_buyer_maker\n5,6.2,50,310,1626174473658,true\n',
    )
    expect(futures.rows).toMatchObject([{ id: 5, volume: 50, side: 2 }])
    const futuresAgg = await readText('9,6.2,50,1,3,1626174473658,true\n')
    expect(futuresAgg.rows).toMatchObject([{ id: 9, side: 2 }])
  })

  test('tardis: names, receive times, ids beyond 2^53', async () => {
    const { rows, feed } = await readText(
      `exchange,symbol,timestamp,local_timestamp,id,side,price,amount
bitmex,XBTUSD,1585699200245000,1585699200323945,2290000000036455162,sell,6425.5,2800
bitmex,ETHUSD,1585699200245001,,,unknown,130,1
`,
    )
    expect(feed.format).toBe('tardis')
    expect(rows).toEqual([
      {
        timestamp: 1585699200245000,
        price: 6425.5,
        volume: 2800,
        side: 2,
        id: 2290000000036455162n,
        receivedAt: 1585699200323945,
        exchange: 'bitmex',
        symbol: 'XBTUSD',
      },
      {
        timestamp: 1585699200245001,
        price: 130,
        volume: 1,
        side: 0,
        id: undefined,
        receivedAt: Number.NaN,
        exchange: 'bitmex',
        symbol: 'ETHUSD',
      },
    ])
  })

  test('ids that are text are counted, and given as they are', async () => {
    const { rows, tally } = await readText('time,price,qty,id\n1626174473,1,1,a-7\n')
    expect(rows).toMatchObject([{ id: 'a-7' }])
    expect(tally.textIds).toBe(1)
  })

  test('a map names columns, or numbers them', async () => {
    const map = parseColumnMap('timestamp=when,price=cost,volume=3')
    const named = await readText('when,cost,much\n1626174473,1,2\n', { map })
    expect(named.rows).toMatchObject([{ price: 1, volume: 2 }])
    const numbered = await readText('1626174473,1,2\n', {
      map: parseColumnMap('timestamp=1,price=2,volume=3'),
    })
    expect(numbered.rows).toMatchObject([{ price: 1, volume: 2 }])
    expect(() => parseColumnMap('when=3')).toThrow(/map must be/)
    const unknown = readText('a,b\n1,2\n', { map: parseColumnMap('price=nowhere') })
    await expect(unknown).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
  })

  test('many symbols, more than a batch, in order', async () => {
    const lines = Array.from(
      { length: 5000 },
      (_, i) => `e${i % 3},S${i % 700},${1626174473000 + i},1,1,${i}`,
    )
    const { rows } = await readText(`exchange,symbol,time,price,qty,id\n${lines.join('\n')}`)
    expect(rows.length).toBe(5000)
    expect(
      rows.every((r, i) => r.id === i && r.symbol === `S${i % 700}` && r.exchange === `e${i % 3}`),
    ).toBe(true)
  })
})

describe('raw captures', () => {
  const line = (ns: string, event: object) => `${ns} ${JSON.stringify(event)}\n`
  const trade = { e: 'trade', s: 'BTCUSDT', t: 5, p: '10.50', q: '0.1', T: 1723161255342, m: true }
  const stamp = '1723161254087896568'

  test('trades are read, other streams are skipped, broken lines counted', async () => {
    const text =
      line(stamp, { stream: 'btcusdt@trade', data: trade }) +
      line(stamp, { stream: 'btcusdt@bookTicker', data: { u: 1, s: 'BTCUSDT' } }) +
      `${stamp} {"stream":"btcusdt@trade","data":{"e":"trade"\n` +
      line(stamp, { stream: 'x', data: { ...trade, p: null } }) +
      line(stamp, { ...trade, t: 6, m: false })
    const { rows, tally } = await readText(text)
    expect(tally).toMatchObject({ rows: 2, skipped: 1, bad: 2, badLines: [3, 4] })
    expect(rows).toMatchObject([
      { id: 5, side: 2, price: 10.5, receivedAt: 1723161254087896, exchange: 'binance' },
      { id: 6, side: 1, timestamp: 1723161255342000, symbol: 'BTCUSDT' },
    ])
  })

  test('trade and aggTrade of one symbol tell the same trades: the second kind is skipped', async () => {
    const agg = { ...trade, e: 'aggTrade', a: 3 }
    const { tally } = await readText(line(stamp, trade) + line(stamp, agg) + line(stamp, trade))
    expect(tally).toMatchObject({ rows: 2, skipped: 1, bad: 0 })
  })
})

describe('raw captures that say more', () => {
  const event = { e: 'trade', s: 'BTCUSDT', t: 5, p: '10.50', q: '0.1', T: 1723161255342, m: true }
  const read = (...events: object[]) =>
    readText(events.map((one) => `1723161254087896568 ${JSON.stringify(one)}\n`).join(''))

  test('times in µs, sides that are missing, ids of any kind', async () => {
    const { rows, feed, tally } = await read(
      { ...event, T: 1723161255342123 },
      { ...event, t: 'a-7' },
      { ...event, t: '9223372036854775807' },
      { ...event, t: undefined },
      { ...event, m: undefined },
    )
    expect(tally).toMatchObject({ rows: 5, bad: 0 })
    expect(rows.map((r) => r.timestamp % 1e6)).toEqual([342123, 342000, 342000, 342000, 342000])
    expect(rows.map((r) => r.id)).toEqual([5, 'a-7', 2n ** 63n - 1n, undefined, 5])
    expect(rows[4].side).toBe(0)
    const reading = feed.reading()
    expect(reading.timeUnits).toEqual({ us: 1, ms: 4 })
    expect(reading.warnings.map((w) => w.code)).toEqual(['side-unknown', 'no-ids'])
  })

  test('digits beyond 2^53 are read from the text', async () => {
    const line = JSON.stringify({ ...event, t: 1 }).replace('"t":1', '"t":9007199254740993')
    const { rows } = await readText(`${line}\n`)
    expect(rows[0].id).toBe(9007199254740993n)
  })

  test('trades off the book are no trades, and their ids are there to be seen', async () => {
    const { feed, tally } = await read(
      { ...event, X: 'MARKET' },
      { ...event, t: 6, X: 'INSURANCE_FUND' },
      { ...event, t: 7, p: '0', q: '0', X: 'NA' },
    )
    expect(tally).toMatchObject({ rows: 3, bad: 0 })
    const { skipped, trades } = feed.reading()
    expect(trades).toBe(1)
    expect(skipped.map((s) => s.reason)).toEqual([
      'off the book: X is INSURANCE_FUND',
      'off the book: X is NA',
    ])
    expect(feed.instruments[0]).toMatchObject({ exchange: 'binance', market: 'swap' })
  })

  test('other messages are counted by their event', async () => {
    const { feed } = await read(
      event,
      { e: 'bookTicker', s: 'A' },
      { ...event, e: 'aggTrade', a: 1 },
    )
    expect(feed.reading().skipped.map((s) => s.reason)).toEqual([
      'other messages: bookTicker',
      'aggTrade beside trade: the same trades again',
    ])
    expect(feed.warnings()).toEqual([])
  })
})

describe('what cannot be read', () => {
  test('is an error with a code, not a crash', async () => {
    const cut = gzipSync(ROWS.repeat(3000)).subarray(0, -20)
    await expect(readText(cut)).rejects.toMatchObject({ code: 'BAD_FEED' })
    await expect(readText('a,b\n1,2\n')).rejects.toThrow(/--map/)
    await expect(readText(Buffer.from('PK\x03\x04 zip'))).rejects.toThrow(/zip/)
    await expect(readAll(join(folder, 'nowhere'))).rejects.toThrow(/no such file/)
    await expect(readAll(folder)).rejects.toThrow(/directory/)
    await expect(readText(ROWS, { format: 'tardis' })).rejects.toThrow(/local_timestamp/)
    expect(() => openFeed('x', { format: 'xml' as 'csv' })).toThrow(/format must be/)
  })

  test('rows before the cut of a gzip stream are yielded first', async () => {
    const path = join(folder, 'cut.csv.gz')
    const many = Array.from({ length: 50_000 }, (_, i) => `${1626174473000 + i},${i},1`)
    writeFileSync(path, gzipSync(`time,price,qty\n${many.join('\n')}\n`).subarray(0, -5000))
    let rows = 0
    const reading = (async () => {
      for await (const batch of openFeed(path)) rows += batch.count
    })()
    await expect(reading).rejects.toThrow(/cut off/)
    expect(rows).toBeGreaterThan(20_000)
  })

  test('an empty file has no trades', async () => {
    expect((await readText('')).rows).toEqual([])
    expect((await readText(gzipSync(''))).rows).toEqual([])
  })

  test('an abort ends the feed quietly', async () => {
    const stop = new AbortController()
    stop.abort()
    expect((await readText(ROWS, { signal: stop.signal })).rows).toEqual([])
  })
})

describe('lines', () => {
  async function linesOf(chunks: string[], max?: number): Promise<string> {
    async function* source() {
      for (const chunk of chunks) yield Buffer.from(chunk)
    }
    let text = ''
    for await (const block of lineBlocks(source(), max)) {
      const part = Buffer.from(block.bytes.subarray(0, block.end)).toString('latin1')
      expect(part.endsWith('\n')).toBe(true)
      text += part
    }
    return text
  }

  test('are whole, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[ab\n]{0,8}$/)), async (chunks) => {
        const all = chunks.join('')
        const whole = all === '' || all.endsWith('\n') ? all : `${all}\n`
        expect(await linesOf(chunks)).toBe(whole)
      }),
    )
  })

  test('over-long ones take no memory and keep the count of lines', async () => {
    const chunks = ['a\nbbbb', 'bbbbbb', 'bbbb\nc\n', 'd', 'd'.repeat(20)]
    expect(await linesOf(chunks, 8)).toBe('a\n\0\nc\n\0\n')
  })
})

describe.skipIf(!present)('real files', () => {
  const unique = (rows: Row[]) => new Set(rows.map((r) => `${r.symbol} ${r.id}`)).size

  test('HitBTC and Bequant: every trade four times over', async () => {
    const hitbtc = await readAll(join(DATA, 'hitbtc/trades.csv'))
    expect([hitbtc.rows.length, unique(hitbtc.rows)]).toEqual([4000, 1000])
    expect(hitbtc.rows[0]).toEqual({
      timestamp: 1626174473658000,
      price: 0.000020295,
      volume: 2.95,
      side: 1,
      id: 1317950670,
      receivedAt: 1626318404575424,
      exchange: undefined,
      symbol: 'GRTBTC',
    })
    const bequant = await readAll(join(DATA, 'bequant/trades.csv'))
    expect([bequant.rows.length, unique(bequant.rows)]).toEqual([4040, 1010])
    expect([hitbtc.tally.bad, bequant.tally.bad]).toEqual([0, 0])
  })

  test('Bitfinex: 671 trades, the side in the sign', async () => {
    const { rows } = await readAll(join(DATA, 'bitfinex/eth-eur-trades.csv'))
    expect(rows.length).toBe(671)
    expect(rows.every((r) => r.volume > 0 && r.side !== 0)).toBe(true)
    expect(rows[2]).toMatchObject({ volume: 0.00611857, side: 2, exchange: 'bitfinex' })
  })

  test('the Binance capture: 9,757 trades of 41,249 lines', async () => {
    const { rows, tally } = await readAll(join(DATA, 'binance/btcusdt-spot-20240808-raw.gz'))
    expect(tally).toMatchObject({ rows: 9757, bad: 0, skipped: 31_492, lines: 41_249 })
    expect(unique(rows)).toBe(9757)
    expect(rows[0]).toMatchObject({
      timestamp: 1723161255342000,
      receivedAt: 1723161254087896,
      side: 2,
      id: 3735683259,
    })
  })
})
