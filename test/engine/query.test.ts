import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type EngineError, type Pair, Side } from 'tickloom'
import { describe, expect, test } from 'vitest'
import { T0, withEngine } from '../support/engine-dir.js'

// query(): SQL over one pair's tables, and nothing else, whatever it says.

const COUNT = 500
const ticks = Array.from({ length: COUNT }, (_, i) => ({
  timestamp: T0 + i * 1_000_000 + 7,
  price: 100 + (i % 13) / 4,
  volume: (1 + (i % 9)) / 8,
  side: i % 3,
  id: i + 1,
}))

async function withTicks<T>(work: (pair: Pair, other: Pair, dataDir: string) => Promise<T>) {
  return withEngine({ clock: 'event', shards: 1 }, async (engine, dataDir) => {
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    const other = engine.pair('venue', 'spot', 'SECRET')
    for (const t of ticks) pair.trade(t.timestamp, t.price, t.volume, t.side as Side, t.id)
    other.trade(T0, 4242, 1, Side.Buy, 1)
    await engine.flush({ stored: true })
    return work(pair as Pair, other as Pair, dataDir)
  })
}

describe('query()', () => {
  test('answers what is asked, in plain values, staged ticks included', async () => {
    await withTicks(async (pair) => {
      const [sums] = await pair.query(
        'SELECT count(*) AS n, sum(volume) AS v, max(timestamp) AS t, max(trade_id) AS id FROM ticks',
      )
      const volume = ticks.reduce((sum, t) => sum + t.volume, 0)
      expect(sums).toEqual({ n: COUNT, v: volume, t: ticks[COUNT - 1].timestamp, id: COUNT })
      pair.trade(T0 + 600e6, 1, 1, Side.Buy, COUNT + 1)
      expect(await pair.query('SELECT count(*) AS n FROM ticks')).toEqual([{ n: COUNT + 1 }])
      const bySide = await pair.query(
        `SELECT side, count(*) AS n FROM ticks WHERE timestamp < $1 AND price >= $2
         GROUP BY side ORDER BY side DESC`,
        [new Date((T0 + 300e6) / 1000), 101],
      )
      const some = ticks.filter((t) => t.timestamp < T0 + 300e6 && t.price >= 101)
      const n = (side: number) => some.filter((t) => t.side === side).length
      expect(bySide).toEqual([
        { side: 'SELL', n: n(2) },
        { side: 'BUY', n: n(1) },
        { side: 'UNKNOWN', n: n(0) },
      ])
    })
  })

  test('takes joins, windows, subqueries, common table expressions, sets and values', async () => {
    await withTicks(async (pair) => {
      const one = async (sql: string, ...params: (number | string | null | boolean)[]) => {
        const [row] = await pair.query(sql, params)
        return Object.values(row)[0]
      }
      expect(
        await one('WITH big AS (SELECT * FROM ticks WHERE volume > 1) SELECT count(*) FROM big'),
      ).toBe(55)
      expect(await one('SELECT count(*) FROM ticks a JOIN ticks b USING (trade_id)')).toBe(COUNT)
      expect(await one('SELECT count(*) FROM (SELECT DISTINCT price FROM ticks)')).toBe(13)
      expect(
        await one('SELECT price FROM ticks WHERE trade_id = (SELECT max(trade_id) FROM ticks)'),
      ).toBe(ticks[COUNT - 1].price)
      expect(await one('SELECT count(*) FROM candles_1m')).toBe(8)
      expect(await one('SELECT 1 UNION ALL SELECT 2 ORDER BY 1 DESC LIMIT 1')).toBe(2)
      expect(await one('SELECT x FROM (VALUES (1, 2), (3, 4)) v(x, y) WHERE y = ?', 4)).toBe(3)
      expect(await one("SELECT CASE WHEN $1 IS NULL THEN 'none' ELSE 'some' END", null)).toBe(
        'none',
      )
      expect(await one('SELECT count(*) FROM gaps')).toBe(0)
      expect(await one('SELECT 12345678901234567890::UBIGINT')).toBe('12345678901234567890')
      expect(await one('SELECT 1.25::DECIMAL(5, 2)')).toBe(1.25)
      expect(await one('SELECT epoch_us(timestamp) FROM ticks ORDER BY seq LIMIT 1')).toBe(T0 + 7)
      expect(await one('SELECT count(*) FILTER (WHERE side = $1) FROM ticks', 'BUY')).toBe(167)
      const moving = await pair.query(
        `SELECT trade_id AS id, sum(volume) OVER (ORDER BY seq ROWS 2 PRECEDING) AS v,
           lag(price) OVER (ORDER BY seq) AS before
         FROM ticks ORDER BY seq LIMIT 3`,
      )
      expect(moving).toEqual([
        { id: 1, v: 0.125, before: null },
        { id: 2, v: 0.375, before: 100 },
        { id: 3, v: 0.75, before: 100.25 },
      ])
      const minutes = await pair.query(
        `SELECT date_trunc('minute', timestamp) AS t, arg_max(price, seq) AS close FROM ticks
         GROUP BY 1 ORDER BY 1 LIMIT 2`,
      )
      expect(minutes).toEqual([
        { t: T0, close: ticks[59].price },
        { t: T0 + 60e6, close: ticks[119].price },
      ])
    })
  })

  test('refuses everything else, and the engine is unharmed', async () => {
    await withTicks(async (pair, other, dataDir) => {
      const file = `${dataDir}/venue/spot/SECRET/trading.duckdb`
      const refused = hostile(file)
      expect(refused.length).toBeGreaterThan(60)
      for (const sql of refused) {
        const error = await pair.query(sql).then(
          (rows) => ({ code: `answered ${JSON.stringify(rows)}`, message: '' }),
          (cause: EngineError) => cause,
        )
        // By the jail, before anything of it was run.
        const byJail = error.message.startsWith('a query is one SELECT')
        expect([sql, error.code, byJail]).toEqual([sql, 'QUERY_REFUSED', true])
      }
      expect(existsSync('/tmp/tickloom-out.csv')).toBe(false)
      expect(await pair.stats()).toMatchObject({ stored: COUNT })
      expect((await other.last())?.price).toBe(4242)
      expect(await pair.query('SELECT count(*) AS n FROM ticks')).toEqual([{ n: COUNT }])
    })
  })

  test('is stopped when its time is up, or where it answers too much; reads and the host go on', async () => {
    await withTicks(async (pair) => {
      const endless = `SELECT count(*) FROM ticks a, ticks b, ticks c, ticks d, ticks e
        WHERE a.price + b.price + c.price + d.price + e.price < 0`
      const ended: number[] = []
      const asked = [1, 2, 3, 4].map(async (n) => {
        const query = pair.query(endless, [], { timeoutMs: 400 })
        const code = await query.catch((cause: EngineError) => cause.code)
        ended.push(n)
        return code
      })
      for (let i = 0; i < 10; i++) await stat('.')
      expect((await pair.last())?.tradeId).toBe(COUNT)
      expect(await Promise.all(asked)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT', 'TIMEOUT'])
      expect(ended, 'one after another').toEqual([1, 2, 3, 4])
      const all = pair.query('SELECT * FROM ticks', [], { maxRows: 100 })
      await expect(all).rejects.toThrow(/at most 100 rows are answered; add LIMIT/)
      const exact = await pair.query('SELECT * FROM ticks LIMIT 100', [], { maxRows: 100 })
      expect(exact.length).toBe(100)
      await expect(pair.query('SELECT price FROM ticks WHERE price = $1')).rejects.toMatchObject({
        code: 'QUERY_REFUSED',
      })
      await expect(pair.query(tooLong())).rejects.toThrow(/at most 65536 characters.*length=8/)
      const long = pair.query('SELECT $1 FROM ticks', ['x'.repeat(300)])
      await expect(long).rejects.toThrow(/at most 256 characters: length=300/)
      await expect(pair.query(7 as never)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    })
  })
})

test('close() stops the query under way and refuses those that wait', async () => {
  const asked = await withTicks(async (pair) => {
    const endless =
      'SELECT count(*) FROM ticks a, ticks b, ticks c, ticks d WHERE a.seq + d.seq < 0'
    return [1, 2, 3].map(() =>
      pair.query(endless, [], { timeoutMs: 100_000 }).catch((cause: EngineError) => cause.code),
    )
  })
  expect(await Promise.all(asked)).toEqual(['ENGINE_CLOSED', 'ENGINE_CLOSED', 'ENGINE_CLOSED'])
})

test('takes aliases, stars and nesting as traders use them', async () => {
  await withTicks(async (pair) => {
    const [vwap] = await pair.query(
      `SELECT sum(price * volume) AS turnover, sum(volume) AS volume,
         turnover / nullif(sum(volume), 0) AS vwap FROM ticks`,
    )
    expect(vwap.vwap).toBeCloseTo(Number(vwap.turnover) / Number(vwap.volume), 12)
    const bars = await pair.query(
      `WITH bars AS (SELECT *, close - open AS body FROM candles_1m),
         joined AS (SELECT b.*, f.buy_volume AS buys FROM bars b JOIN candles_5m f USING (timestamp))
       SELECT * EXCLUDE (record) FROM joined ORDER BY timestamp`,
    )
    expect(bars.length).toBeGreaterThan(0)
    const total = `(${Array.from({ length: 90 }, () => 'price').join(' + ')})`
    expect(await pair.query(`SELECT ${total} AS p FROM ticks LIMIT 1`)).toEqual([{ p: 9000 }])
  })
})

function hostile(file: string): string[] {
  return [
    '',
    'not sql at all',
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP TABLE ticks',
    'DROP TABLE ticks',
    'DELETE FROM ticks',
    'INSERT INTO ticks SELECT * FROM ticks',
    'UPDATE ticks SET price = 0',
    'CREATE TABLE x AS SELECT * FROM ticks',
    'CREATE MACRO f(x) AS x',
    "COPY ticks TO '/tmp/tickloom-out.csv'",
    "COPY (SELECT * FROM ticks) TO '/tmp/tickloom-out.csv'",
    "EXPORT DATABASE '/tmp/tickloom-out'",
    `ATTACH '${file}' AS s`,
    'DETACH p0',
    'USE memory',
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET threads = 8',
    "SET memory_limit = '1TB'",
    'RESET threads',
    'PRAGMA database_list',
    'CALL pragma_version()',
    'CHECKPOINT',
    'BEGIN',
    'EXPLAIN SELECT * FROM ticks',
    'DESCRIBE ticks',
    'SHOW TABLES',
    'SHOW ALL TABLES',
    'SUMMARIZE ticks',
    'PREPARE q AS SELECT 1',
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    `SELECT * FROM '${file}'`,
    "SELECT * FROM 'x.parquet'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('ticks')",
    'SELECT * FROM range(1000000000)',
    'SELECT * FROM generate_series(1, 1000000000)',
    'SELECT unnest(range(1000000000))',
    "SELECT repeat('x', 1000000000)",
    "SELECT lpad('x', 1000000000, 'y')",
    "SELECT rpad('x', 1000000000, 'y')",
    "SELECT 'x' || 'y'",
    "SELECT concat('x', 'y')",
    "SELECT replace('xx', 'x', 'yyyy')",
    "SELECT format('{:1000000000}', 1)",
    "SELECT printf('%1000000000d', 1)",
    "SELECT getenv('HOME')",
    "SELECT price FROM ticks ORDER BY getenv('HOME')",
    "SELECT price FROM ticks WHERE getenv('HOME') = 'x'",
    "SELECT price FROM ticks GROUP BY price HAVING getenv('HOME') = 'x'",
    "SELECT price FROM ticks QUALIFY row_number() OVER (ORDER BY getenv('HOME')) = 1",
    "SELECT sum(price) OVER (PARTITION BY getenv('HOME')) FROM ticks",
    "SELECT price FROM ticks LIMIT (SELECT length(getenv('HOME')))",
    "SELECT count(*) FILTER (WHERE getenv('HOME') IS NULL) FROM ticks",
    "SELECT * REPLACE (getenv('HOME') AS price) FROM ticks",
    "SELECT (SELECT getenv('HOME'))",
    "SELECT * FROM ticks, LATERAL (SELECT getenv('HOME'))",
    "SELECT CASE WHEN true THEN getenv('HOME') END",
    "SELECT * FROM (VALUES (getenv('HOME')))",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('x')",
    'SELECT current_database()',
    'SELECT current_schemas(true)',
    'SELECT version()',
    "SELECT nextval('s')",
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM duckdb_databases',
    'SELECT * FROM duckdb_tables()',
    'SELECT * FROM duckdb_secrets()',
    'SELECT * FROM pragma_database_list',
    'SELECT * FROM sqlite_master',
    'SELECT * FROM pg_catalog.pg_class',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM p0.ticks',
    'SELECT * FROM p1.ticks',
    'SELECT * FROM p1.main.ticks',
    'SELECT * FROM memory.main.x',
    'SELECT * FROM main.ticks',
    'SELECT * FROM state',
    'SELECT * FROM meta',
    'SELECT * FROM /* ticks */ meta',
    'WITH x AS (SELECT 1) SELECT * FROM y',
    'SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) t, x',
    'WITH "/etc/passwd" AS (SELECT 1) SELECT * FROM "/etc/passwd"',
    'WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings',
    'SELECT * FROM (WITH meta AS (SELECT 1) SELECT * FROM meta) t JOIN meta ON true',
    'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r',
    'SELECT list(price) FROM ticks',
    'SELECT string_agg(side, side) FROM ticks',
    'SELECT [x FOR x IN [1, 2]]',
    'SELECT list_transform([1], x -> x)',
    "SELECT {'a': 1}",
    "SELECT MAP {'a': 1}",
    "SELECT '1'::mood",
    "SELECT 'x'::JSON",
    "SELECT CAST('[1]' AS INTEGER[])",
    'PIVOT ticks ON side USING count(*)',
    'UNPIVOT ticks ON price, volume INTO NAME n VALUE v',
    'FROM meta',
    'TABLE meta',
    "SELECT main.getenv('HOME')",
    'SELECT system.main.version()',
    // A name stands for the real table inside its own body, and before its turn.
    'WITH meta AS (SELECT * FROM meta) SELECT * FROM meta',
    'WITH x AS (SELECT * FROM meta), meta AS (SELECT 1) SELECT * FROM x',
    'WITH x AS (SELECT * FROM state) SELECT * FROM x',
    'WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a',
    'WITH a AS (SELECT * FROM a) SELECT * FROM a',
    'WITH x AS (WITH meta AS (SELECT * FROM meta) SELECT * FROM meta) SELECT * FROM x',
    'SELECT * FROM (WITH state AS (SELECT 1) SELECT * FROM state) s',
    // What multiplies rows, or their width, in one step.
    'SELECT count(*) FROM ticks GROUP BY CUBE(price, volume, side, seq)',
    'SELECT count(*) FROM ticks GROUP BY ROLLUP(price, volume, side, seq, timestamp, trade_id, received_at, price + 1, price + 2, price + 3)',
    `SELECT '${'x'.repeat(300)}' FROM ticks`,
    `SELECT ${Array.from({ length: 300 }, () => 'price').join(', ')} FROM ticks`,
    // Kept values without bound.
    'SELECT max(price, 999999) FROM ticks',
    'SELECT min(price, 999999) FROM ticks',
    'SELECT arg_max(price, seq, 999999) FROM ticks',
    'SELECT min_by(price, seq, 999999) OVER () FROM ticks',
    'SELECT quantile_cont(price, [0.1, 0.2]) FROM ticks',
    // Functions that are written like columns.
    'SELECT current_catalog',
    'SELECT current_schema FROM ticks',
    'SELECT count(*) FROM ticks WHERE CURRENT_USER IS NULL',
    'SELECT session_user, user',
    // What doubles with every line of it.
    'SELECT *, *, *, *, * FROM ticks',
    Array.from({ length: 12 }).reduce((q) => `SELECT *, * FROM (${q})`, 'FROM ticks') as string,
    'SELECT ticks FROM ticks',
    'SELECT t.t FROM ticks t',
    'SELECT t AS a, t AS b FROM (SELECT t AS a, t AS b FROM ticks t) t',
    'SELECT p0.ticks.price FROM ticks',
    `SELECT price AS a0${doubling(20)} FROM ticks`,
    `SELECT 1 FROM ${Array.from({ length: 17 }, (_, i) => `ticks t${i}`).join(', ')}`,
    `SELECT ${'abs('.repeat(400)}price${')'.repeat(400)} FROM ticks`,
  ]
}

function doubling(count: number): string {
  return Array.from({ length: count }, (_, i) => `, a${i} + a${i} AS a${i + 1}`).join('')
}

function tooLong(): string {
  return `SELECT ${'1 + '.repeat(20_000)}1`
}
