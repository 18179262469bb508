import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { FORMATS } from '../../dist/src/feeds/formats/all.js'
import { DUMPS, type Dump, linesOf, madeTrades, TIMES, type TimeText } from '../support/dumps.js'
import { readFile } from '../support/read-file.js'

// Every declared format, with rows as the venue writes them.

const folder = mkdtempSync(join(tmpdir(), 'tickloom-formats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const TRADES = madeTrades(60)
let made = 0

function write(dump: Dump, lines: readonly (readonly string[])[], delimiter = ','): string {
  const at = join(folder, String(made++))
  mkdirSync(at)
  const path = join(at, dump.file)
  writeFileSync(path, `${lines.map((line) => line.join(delimiter)).join('\n')}\n`)
  return path
}

const expected = (dump: Dump, text: TimeText = dump.time) => {
  const known = !dump.warns.includes('no-side')
  return TRADES.map((trade) => ({
    us: trade.us,
    price: Number(trade.price),
    volume: trade.volume,
    side: known ? (trade.side === 'buy' ? 1 : 2) : 0,
    ...(dump.warns.includes('no-ids') ? {} : {}),
    text: text(trade.us),
  })).map(({ text: _, ...row }) => row)
}
const plain = (rows: readonly { id: string }[]) => rows.map(({ id: _, ...row }) => row)
const asked = (dump: Dump) => (dump.byName ? { format: dump.format } : {})

test('every declared format has its rows here, a source, and one name', () => {
  expect([...new Set(DUMPS.map((d) => d.format))].sort()).toEqual(FORMATS.map((f) => f.name).sort())
  expect(FORMATS.every(({ source }) => source.startsWith('https://'))).toBe(true)
})

describe('as published', () => {
  for (const dump of DUMPS) {
    test(`${dump.format}: format, sides, ids, units`, async () => {
      const path = write(dump, linesOf(dump, TRADES, dump.time))
      const read = await readFile(path, { pair: dump.pair, ...asked(dump) })
      expect(read.format).toBe(dump.format)
      expect(plain(read.rows)).toEqual(expected(dump))
      const ids = dump.columns.find(([name]) => /^(?:id|.*tr(?:a)?d.*id.*|tid|dealid)$/i.test(name))
      if (!dump.warns.includes('no-ids') && ids !== undefined) {
        expect(new Set(read.rows.map(({ id }) => id)).size).toBe(TRADES.length)
        expect(read.rows[5].id).toBe(ids[1](TRADES[5], dump.time))
      }
      expect(read.units).toEqual(dump.units)
      expect(read.warnings.map((w) => w.code).sort()).toEqual([...dump.warns].sort())
      expect(read.reading.unread.length + read.reading.columns.length).toBeGreaterThan(2)
    })

    test(`${dump.format}: the pair that it names`, async () => {
      const path = write(dump, linesOf(dump, TRADES, dump.time))
      const reading = readFile(path, asked(dump))
      if (dump.becomes === undefined) {
        await expect(reading).rejects.toThrow(/does not name its symbol/)
      } else if (dump.format === 'htx-spot-trades') {
        // Bybit, KuCoin and HTX name their spot files alike; this one's rows can be of two.
        expect((await reading).pairs).toEqual([dump.becomes])
      } else expect((await reading).pairs).toEqual([dump.becomes])
    })
  }
})

describe('columns permuted, times in every unit', () => {
  for (const dump of DUMPS.filter((d) => d.header)) {
    test(dump.format, async () => {
      for (const [unit, text] of Object.entries(TIMES)) {
        const order = dump.columns.map((_, i) => i)
        order.sort((a, b) => ((a * 7 + made) % 11) - ((b * 7 + made) % 11))
        const lines = linesOf(dump, TRADES, text).map((line) => order.map((i) => line[i]))
        const read = await readFile(write(dump, lines), { pair: dump.pair })
        expect([unit, read.format]).toEqual([unit, dump.format])
        expect(plain(read.rows), unit).toEqual(expected(dump))
        expect(read.units, unit).toEqual(dump.units)
      }
    })
  }
})

describe('what the reading says', () => {
  test('units of time with their step, order, sides by word, columns that were not read', async () => {
    const dump = DUMPS.find((d) => d.format === 'kucoin-trades') as Dump
    const lines = linesOf(dump, TRADES, (us) =>
      us > TRADES[30].us ? String(us + 1) : String(us / 1e3),
    )
    const { reading } = await readFile(write(dump, lines), { pair: dump.pair })
    expect(reading.timeUnits).toEqual({ ms: 31, us: 29 })
    expect(reading).toMatchObject({ resolutionUs: 1, order: 'rising', trades: 60 })
    expect(reading.sides.map((s) => s.word).sort()).toEqual(['BUY', 'SELL', 'buy', 'sell'])
    const falling = [lines[0], ...lines.slice(1).reverse()]
    const down = await readFile(write(dump, falling), { pair: dump.pair })
    expect(down.reading.order).toBe('falling')
  })

  test('rows refused, by reason, with their first three', async () => {
    const dump = DUMPS.find((d) => d.format === 'bybit-spot') as Dump
    const bad = [
      ['1', '2'],
      ['9', 'soon', '1', '1', 'buy', '0'],
      ['9', '1735689540000', 'x', '1', 'buy', '0'],
    ]
    const lines = [...linesOf(dump, TRADES, dump.time), ...bad]
    const { reading } = await readFile(write(dump, lines), { pair: dump.pair })
    expect(reading.refused).toEqual([
      { reason: 'it has fewer than 6 fields', count: 1, samples: ['1,2'] },
      { reason: 'its time is none since 2000', count: 1, samples: ['9,soon,1,1,buy,0'] },
      { reason: 'its price is no number', count: 1, samples: ['9,1735689540000,x,1,buy,0'] },
    ])
    expect(reading.warnings).toMatchObject([{ code: 'rejected-rows', count: 3 }])
  })
})

describe('files of something else are refused by name', () => {
  const others: Record<string, string> = {
    'order-book updates': 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
    quotes: 'exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount',
    'derivative tickers':
      'exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price',
    candles: 'open_time,open,high,low,close,volume,close_time,quote_volume,count',
    'funding rates': 'calc_time,funding_interval_hours,last_funding_rate',
    liquidations:
      'time,symbol,side,order_type,time_in_force,original_quantity,price,average_price,order_status',
  }
  for (const [what, header] of Object.entries(others)) {
    test(what, async () => {
      const path = join(folder, `${what}.csv`)
      const row = header.split(',').map((_, i) => String(1_735_689_540_000 + i))
      writeFileSync(path, `${header}\n${row.join(',')}\n`)
      await expect(readFile(path, { pair: 'a:spot:B' })).rejects.toThrow(
        new RegExp(`it holds ${what}`),
      )
    })
  }

  test('klines of Binance, which have no header', async () => {
    const path = join(folder, 'klines.csv')
    writeFileSync(path, '1735689540000,1.5,2,1,1.5,100,1735689599999,150,7,50,75,0\n')
    await expect(readFile(path, { pair: 'a:spot:B' })).rejects.toThrow(/it holds candles/)
  })

  test('liquidations of tardis, which have the header of trades', async () => {
    const dump = DUMPS.find((d) => d.format === 'tardis') as Dump
    const lines = linesOf(dump, TRADES, dump.time)
    const named = { ...dump, file: 'binance-futures_liquidations_2025-01-01_BTCUSDT.csv' }
    await expect(readFile(write(named, lines), {})).rejects.toThrow(/liquidations/)
    const nameless = { ...dump, file: 'BTCUSDT.csv' }
    const told = await readFile(write(nameless, lines), {})
    expect(told.warnings.map((w) => w.code)).toEqual(['data-kind'])
    const said = await readFile(write(nameless, lines), { format: 'tardis' })
    expect(said.warnings).toEqual([])
  })

  test('Databento’s prices as whole numbers of 1e-9', async () => {
    const dump = DUMPS.find((d) => d.format === 'databento-trades') as Dump
    const lines = linesOf(dump, TRADES, dump.time).map((line, i) =>
      line.map((cell, c) =>
        i > 0 && dump.columns[c][0] === 'price' ? cell.replace('.', '') : cell,
      ),
    )
    await expect(readFile(write(dump, lines), { pair: dump.pair })).rejects.toThrow(/pretty_px/)
  })

  test('rows of other kinds among the trades are passed over, and told', async () => {
    const rows = ['trade', 'quote', 'trade'].map(
      (kind, i) => `${kind},173568954000${i},5,1,buy,${i + 1}`,
    )
    const path = join(folder, 'kinds.csv')
    writeFileSync(path, `type,time,price,size,side,id\n${rows.join('\n')}\n`)
    const read = await readFile(path, { pair: 'a:spot:B' })
    expect(read.rows.map((r) => r.id)).toEqual(['1', '3'])
    expect(read.warnings).toMatchObject([{ code: 'no-trades', count: 1 }])
  })
})
