import { type EngineError, type Pair, type QueryRow, Side } from 'tickloom'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withEngine } from '../support/engine-dir.js'

// Days of a place, weeks and months in SQL. What is right is asked of Intl, which knows the zones
// from elsewhere, for every trade on its own.

const HOUR_US = 3_600e6
const DAY_US = 24 * HOUR_US
/** Around both changes of the clocks in New York, 2024. */
const SPRING = Date.UTC(2024, 2, 8) * 1000
const AUTUMN = Date.UTC(2024, 10, 1) * 1000
const HOURS = 24 * 6

/** One trade of 1 each hour at half past. */
const times = [SPRING, AUTUMN].flatMap((from) =>
  Array.from({ length: HOURS }, (_, i) => from + i * HOUR_US + HOUR_US / 2),
)

// A machine that stands elsewhere must not change an answer.
const zoneBefore = process.env['TZ']
beforeAll(() => {
  process.env['TZ'] = 'Asia/Tokyo'
})
afterAll(() => {
  if (zoneBefore === undefined) delete process.env['TZ']
  else process.env['TZ'] = zoneBefore
})

async function withTrades<T>(work: (pair: Pair) => Promise<T>): Promise<T> {
  return withEngine({ clock: 'event', shards: 1 }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    for (const [i, t] of times.entries()) pair.trade(t, 100, 1, Side.Buy, i + 1)
    // Closes the last hour.
    pair.trade(AUTUMN + 40 * DAY_US, 100, 5, Side.Buy, times.length + 1)
    await engine.flush({ stored: true })
    return work(pair as Pair)
  })
}

/** Trades a local day, by Intl: '2024-11-03' → 25. */
function localDays(zone: string): Map<string, number> {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
  const days = new Map<string, number>()
  for (const t of times) {
    const day = format.format(new Date(t / 1000))
    days.set(day, (days.get(day) ?? 0) + 1)
  }
  return days
}

const dayOf = (us: unknown) => new Date(Number(us) / 1000).toISOString().slice(0, 10)
const both = [{ isolated: false }, { isolated: true }]

/** The query inside the shard, and in a process of its own. */
async function everywhere(pair: Pair, sql: string): Promise<QueryRow[]> {
  const [inside, isolated] = [await pair.query(sql), await pair.query(sql, both[1])]
  expect(isolated).toEqual(inside)
  return inside
}

describe('time zones in query()', () => {
  test('days of a place are of 23, 24 and 25 hours', async () => {
    await withTrades(async (pair) => {
      for (const zone of ['America/New_York', 'Asia/Hong_Kong', 'Europe/Berlin', 'Asia/Kolkata']) {
        const forms = [
          `date_trunc('day', timestamp AT TIME ZONE 'UTC' AT TIME ZONE '${zone}')`,
          `date_trunc('day', timezone('${zone}', timezone('UTC', timestamp)))`,
          `time_bucket(INTERVAL '1 day', timestamp::TIMESTAMPTZ, '${zone}') AT TIME ZONE '${zone}'`,
        ]
        for (const day of forms) {
          const sql = `SELECT ${day} AS day, sum(volume) AS v FROM candles_1h
            WHERE volume = 1 GROUP BY 1 ORDER BY 1`
          const rows = await everywhere(pair, sql.replace('candles_1h', 'ticks'))
          const days = new Map(rows.map((row) => [dayOf(row['day']), row['v']]))
          expect([zone, day, days]).toEqual([zone, day, localDays(zone)])
        }
      }
      const hours = localDays('America/New_York')
      expect([hours.get('2024-03-10'), hours.get('2024-11-03')]).toEqual([23, 25])
    })
  })

  test('a bucket has an offset or an origin', async () => {
    await withTrades(async (pair) => {
      const buckets = [
        "time_bucket(INTERVAL '1 day', timestamp, INTERVAL '16 hours')",
        "time_bucket(INTERVAL '1 day', timestamp, TIMESTAMP '2024-01-01 16:00:00')",
      ]
      for (const bucket of buckets) {
        const rows = await everywhere(
          pair,
          `SELECT ${bucket} AS t, sum(volume) AS v FROM candles_1h GROUP BY 1 ORDER BY 1 LIMIT 3`,
        )
        const from = SPRING - DAY_US + 16 * HOUR_US
        expect(rows).toEqual([
          { t: from, v: 16 },
          { t: from + DAY_US, v: 24 },
          { t: from + 2 * DAY_US, v: 24 },
        ])
      }
    })
  })

  test('weeks begin on Monday, months are of the calendar', async () => {
    await withTrades(async (pair) => {
      for (const [unit, startOf] of [
        ['week', (d: Date) => d.setUTCDate(d.getUTCDate() - ((d.getUTCDay() + 6) % 7))],
        ['month', (d: Date) => d.setUTCDate(1)],
      ] as const) {
        const wanted = new Map<string, number>()
        for (const t of times) {
          const date = new Date(t / 1000)
          startOf(date)
          const start = date.toISOString().slice(0, 10)
          wanted.set(start, (wanted.get(start) ?? 0) + 1)
        }
        for (const by of [
          `date_trunc('${unit}', timestamp)`,
          `time_bucket(INTERVAL '1 ${unit}', timestamp)`,
        ]) {
          const rows = await everywhere(
            pair,
            `SELECT ${by} AS t, sum(volume) AS v FROM ticks WHERE volume = 1 GROUP BY 1 ORDER BY 1`,
          )
          expect(new Map(rows.map((row) => [dayOf(row['t']), row['v']]))).toEqual(wanted)
        }
      }
    })
  })

  test('times with a zone come back as µs, and the machine’s zone changes nothing', async () => {
    await withTrades(async (pair) => {
      const [row] = await everywhere(
        pair,
        `SELECT timestamp AT TIME ZONE 'America/New_York' AS ny, timestamp::TIMESTAMPTZ AS utc,
           date_trunc('day', timestamp::TIMESTAMPTZ) AS day,
           TIMESTAMPTZ '2024-03-08 00:30:00+01' AS berlin, to_timestamp(1) AS one,
           hour(timestamp::TIMESTAMPTZ) AS hour
         FROM ticks ORDER BY seq LIMIT 1`,
      )
      expect(row).toEqual({
        ny: times[0] + 5 * HOUR_US,
        utc: times[0],
        day: SPRING,
        berlin: SPRING - HOUR_US / 2,
        one: 1e6,
        hour: 0,
      })
    })
  })

  test('nothing else is admitted with them', async () => {
    await withTrades(async (pair) => {
      const refused = [
        "SELECT system.main.timezone('UTC', timestamp) FROM ticks",
        "SELECT other.timezone('UTC', timestamp) FROM ticks",
        "SELECT main.date_trunc('day', timestamp) FROM ticks",
        "SELECT '12:00:00+00'::TIMETZ",
        "SELECT strftime(timestamp, '%Y') FROM ticks",
        'SELECT * FROM pg_timezone_names()',
        'SELECT current_localtime()',
        'SELECT now()',
        "SET TimeZone = 'Asia/Tokyo'",
      ]
      for (const sql of refused) {
        const error = await pair.query(sql).catch((cause: EngineError) => cause)
        expect([sql, (error as EngineError).code]).toEqual([sql, 'QUERY_REFUSED'])
        expect((error as EngineError).message).toContain('a query is one SELECT')
      }
      const unknown = pair.query("SELECT timestamp AT TIME ZONE 'Middle/Earth' FROM ticks")
      await expect(unknown).rejects.toMatchObject({ code: 'QUERY_REFUSED' })
    })
  })
})
