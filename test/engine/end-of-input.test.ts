import { spawnSync } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candle, ManualClock, type Pair, Side, TickEngine, type TradeInput } from 'tickloom'
import { expect, test } from 'vitest'
import { CANDLE_TABLES, candlesOf, filePath, sql, ticksOf } from '../support/closed-file.js'
import { T0, withDir, withEngine } from '../support/engine-dir.js'

// A whole day's dump gives a row in candles_1d; a live session stores what time has closed alone.

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')
const DAY_US = 86_400e6
const PAIR = 'venue:spot:A'

function tickloom(...words: string[]) {
  return spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' })
}

/** A trade of 0.5 about every ten minutes, from the first second of the day to the last. */
const day = Array.from({ length: 145 }, (_, i) => ({
  timestamp: Math.min(T0 + i * 600e6 + (i % 7) * 1000, T0 + DAY_US - 72_000),
  price: 100 + (i % 11) / 4,
  volume: 0.5,
  id: i + 1,
}))

function csvOf(rows: readonly (typeof day)[number][]): string {
  const lines = rows.map(({ timestamp, price, volume, id }) => {
    return `${timestamp / 1000},${price},${volume},${id % 2 === 0 ? 'buy' : 'sell'},${id}\n`
  })
  return `timestamp,price,amount,side,id\n${lines.join('')}`
}

function tradesOf(rows: readonly (typeof day)[number][]): TradeInput[] {
  const of = { exchange: 'venue', market: 'spot', symbol: 'A', side: 'buy' } as const
  return rows.map(({ id, ...fields }) => ({ ...of, ...fields, tradeId: id }))
}

/** All that the tables of candles hold, revisions included. */
async function tablesOf(dataDir: string) {
  const path = filePath(dataDir, 'venue', 'spot', 'A')
  const tables: Record<string, unknown> = {}
  for (const [table] of CANDLE_TABLES) {
    tables[table] = await candlesOf(path, table)
    expect(await sql(path, `SELECT count(*) AS n FROM ${table} WHERE revision <> 0`)).toEqual([
      { n: 0 },
    ])
  }
  const order = 'ORDER BY timestamp, "window"'
  tables['order_flow'] = await sql(path, `SELECT * FROM order_flow ${order}`)
  return tables
}

test('tickloom replay: a dump of one day, in one file or in two, once or twice', async () => {
  await withDir(async (folder) => {
    const [whole, first, second] = ['whole', 'first', 'second'].map((n) => join(folder, `${n}.csv`))
    writeFileSync(whole, csvOf(day))
    writeFileSync(first, csvOf(day.slice(0, 71)))
    writeFileSync(second, csvOf(day.slice(71)))
    const replay = (dir: string, ...words: string[]) => {
      const { status, stdout, stderr } = tickloom(
        ...['replay', ...words, '--pair', PAIR, '--data-dir', join(folder, dir), '--json'],
      )
      expect([status, stderr]).toEqual([0, ''])
      return JSON.parse(stdout)
    }
    replay('once', whole)
    const once = await tablesOf(join(folder, 'once'))
    expect(once['candles_1d']).toMatchObject([{ start: T0, volume: 72.5, trades: 145 }])
    expect(once['candles_1h']).toHaveLength(24)
    expect((once['candles_1m'] as unknown[]).length).toBe(145)

    expect(replay('once', whole)).toMatchObject({ accepted: 0, duplicates: 145, late: 0 })
    expect(await tablesOf(join(folder, 'once'))).toEqual(once)
    replay('parts', first)
    expect(replay('parts', second)).toMatchObject({ accepted: 74, late: 0 })
    expect(await tablesOf(join(folder, 'parts'))).toEqual(once)
    replay('two', first, second, '--shards', '2')
    expect(await tablesOf(join(folder, 'two'))).toEqual(once)

    const out = join(folder, 'day.csv')
    const exported = tickloom(
      ...['export', PAIR, '--table', 'candles_1d', '--out', out, '--data-dir', join(folder, 'two')],
    )
    expect([exported.status, exported.stderr]).toEqual([0, expect.stringContaining('1 rows')])
    const asked = ['sql', PAIR, 'SELECT trades FROM candles_1d', '--format', 'json', '--data-dir']
    expect(tickloom(...asked, join(folder, 'two')).stdout).toBe('[{"trades":145}]\n')
    expect(tickloom('verify', '--data-dir', join(folder, 'two')).status).toBe(0)

    replay('open', whole, '--open-end')
    const open = await tablesOf(join(folder, 'open'))
    expect(open['candles_1d']).toEqual([])
    expect(open['candles_1h']).toHaveLength(23)
    expect(open['order_flow']).toEqual(once['order_flow'])
    const next = day.map((t) => ({ ...t, timestamp: t.timestamp + DAY_US, id: t.id + 145 }))
    writeFileSync(second, csvOf(next))
    // The next day closes the one before: once, and at its own time.
    for (const dir of ['once', 'open']) {
      expect(replay(dir, second)).toMatchObject({ accepted: 145, late: 0 })
      const both = await tablesOf(join(folder, dir))
      expect(both['candles_1d']).toHaveLength(2)
      expect(both).toEqual(await tablesOf(join(folder, 'once')))
    }
  })
})

test('open candles are posted with closed: false, again when they have grown, and once closed', async () => {
  await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const posted: string[] = []
    engine.on('candle', ({ interval, timestamp, trades, closed, revision }: Candle) => {
      if (interval !== '1d') return
      posted.push(`${(timestamp - T0) / DAY_US} ${trades} ${closed} ${revision}`)
    })
    const [half, rest] = [tradesOf(day.slice(0, 71)), tradesOf(day.slice(71))]
    const replayed = async (trades: TradeInput[], openEnd = false) => {
      await engine.replay(trades, { openEnd })
      await engine.flush({ stored: true })
      return posted.splice(0)
    }
    expect(await replayed(half)).toEqual(['0 71 false 0'])
    expect(await replayed(half)).toEqual([])
    expect(await replayed(rest)).toEqual(['0 145 false 0'])
    const late = [{ ...tradesOf(day)[0], timestamp: T0 + DAY_US + 3e6, tradeId: 999 }]
    expect(await replayed(late, true)).toEqual(['0 145 true 0'])
    const pair = engine.find(PAIR)
    expect(await pair.query('SELECT trades FROM candles_1d')).toEqual([{ trades: 145 }])
    const { late: lateTicks, received } = await pair.stats()
    expect([lateTicks, received]).toEqual([0, 217])
  })
})

test('a crash behind the end of an input: the journal alone gives the same rows', async () => {
  await withDir(async (folder) => {
    const [live, copy, again] = ['live', 'copy', 'again'].map((name) => join(folder, name))
    const engine = await TickEngine.open({ dataDir: live, shards: 2, clock: 'event' })
    await engine.replay(tradesOf(day))
    await engine.flush()
    cpSync(join(live, 'journal'), join(copy, 'journal'), { recursive: true })
    await engine.close()
    const wanted = await tablesOf(live)
    expect(wanted['candles_1d']).toHaveLength(1)
    // By replaying it, and by a session that finds it, of either clock.
    const journal = ['replay', '--journal', copy, '--data-dir', again, '--json']
    expect(tickloom(...journal).status).toBe(0)
    expect(await tablesOf(again)).toEqual(wanted)
    for (const clock of ['event', 'wall'] as const) {
      const dataDir = join(folder, clock)
      cpSync(join(copy, 'journal'), join(dataDir, 'journal'), { recursive: true })
      const recovered = await TickEngine.open({ dataDir, shards: 1, clock, retention: 'off' })
      await recovered.close()
      const path = filePath(dataDir, 'venue', 'spot', 'A')
      expect(await candlesOf(path, 'candles_1d')).toEqual(wanted['candles_1d'])
      expect(await ticksOf(path)).toEqual(await ticksOf(filePath(live, 'venue', 'spot', 'A')))
    }
  })
})

test('a live session never stores what is open, and takes back what a replay had', async () => {
  await withDir(async (dataDir) => {
    const days = (pair: Pair) => pair.query('SELECT trades FROM candles_1d')
    const replayed = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
    await replayed.replay(tradesOf(day.slice(0, 100)))
    expect(await days(replayed.find(PAIR))).toEqual([{ trades: 100 }])
    await replayed.close()

    const clock = new ManualClock(day[100].timestamp)
    const more = { retention: 'off', maxFutureMs: 86_400_000 } as const
    const live = await TickEngine.open({ dataDir, shards: 1, clock, ...more })
    const pair = live.pair('venue', 'spot', 'A')
    // Nothing has come: it is as the replay left it.
    expect(await days(pair as Pair)).toEqual([{ trades: 100 }])
    await live.replay(tradesOf(day.slice(100, 110)))
    expect(await days(pair as Pair)).toEqual([])
    expect(await pair.candles('1d', { includeOpen: true })).toMatchObject([
      { trades: 110, closed: false },
    ])
    const { timestamp, price, volume, id } = day[110]
    pair.trade(timestamp, price, volume, Side.Buy, id)
    clock.set(T0 + DAY_US + 60e6)
    expect(await days(pair as Pair)).toEqual([{ trades: 111 }])
    await live.close()
    expect((await tablesOf(dataDir))['candles_1d']).toMatchObject([{ trades: 111 }])
  })
})
