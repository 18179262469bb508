// The candles of a pair folded again from the ticks that are kept, where trades of one time go by
// another order than before. A candle is refolded where all its trades are there; another stays as
// it is. Inside the caller's transaction.
import { INTERVAL_US, INTERVALS } from '../model/interval.js'
import {
  CLOSE_WORD,
  FIRST_SEQ_WORD,
  FIRST_TS_WORD,
  LAST_SEQ_WORD,
  LAST_TS_WORD,
  OPEN_WORD,
  REVISION_WORD,
  START_WORD,
  TRADES_WORD,
} from '../rollup/candle-record.js'
import type { DuckDBConnection } from '../store/duckdb-api.js'
import { wholeAnswer } from '../store/whole-answer.js'
import {
  appendCandle,
  fromBelow,
  fromTicks,
  type RebuildFacts,
  recordOf,
} from '../verify/rebuild-candles.js'

/** What of a record says which trades are the first and the last; more stands behind REVISION. */
const OF_ORDER: ReadonlySet<number> = new Set([
  OPEN_WORD,
  CLOSE_WORD,
  FIRST_TS_WORD,
  FIRST_SEQ_WORD,
  LAST_TS_WORD,
  LAST_SEQ_WORD,
])

/** Candles and the time they span, µs; no time where there is none. */
export interface CandleSpan {
  candles: number
  from: number | undefined
  /** End of the last. */
  to: number | undefined
}

/** What a refold came to. */
export interface Refolded {
  /** Minutes whose ticks are kept, and how many candles of all levels say something else now. */
  readonly minutes: CandleSpan
  readonly rewritten: number
  /** Candles, of all levels, whose ticks, or whose shorter candles, are gone. */
  readonly left: CandleSpan
  /** Minutes by start, also those that are open and in no file. */
  readonly made: ReadonlyMap<number, Float64Array>
}

/** Refolds the candles of an attached file. */
export async function refoldCandles(
  connection: DuckDBConnection,
  alias: string,
  facts: RebuildFacts,
): Promise<Refolded> {
  const minutes = emptySpan()
  const left = emptySpan()
  let rewritten = 0
  const scale = 10 ** facts.decimals
  const made = await fromTicks(connection, alias, facts)
  for (const [level, interval] of INTERVALS.entries()) {
    const fresh = level === 0 ? made : await fromBelow(connection, alias, level, scale)
    const changed: Float64Array[] = []
    const stored = `SELECT record FROM ${alias}.candles_${interval} ORDER BY timestamp`
    for (const row of (await wholeAnswer(connection, stored)).getRowObjectsJS()) {
      const old = recordOf(row['record'], scale)
      const again = fresh.get(old[START_WORD])
      const whole = again !== undefined && again[TRADES_WORD] === old[TRADES_WORD]
      if (!whole) extend(left, old[START_WORD], INTERVAL_US[level])
      else {
        if (level === 0) extend(minutes, old[START_WORD], INTERVAL_US[level])
        if (takesOver(again, old)) changed.push(again)
      }
    }
    await replace(connection, `${alias}.candles_${interval}`, changed, scale)
    rewritten += changed.length
  }
  return { minutes, rewritten, left, made }
}

/**
 * Takes over all that does not depend on the order, sums to the bit among it; false where the
 * record says the same as before.
 */
export function takesOver(again: Float64Array, old: Float64Array): boolean {
  for (let word = 0; word <= REVISION_WORD; word++) {
    if (!OF_ORDER.has(word)) again[word] = old[word]
  }
  return again.some((value, word) => !Object.is(value, old[word]))
}

async function replace(
  connection: DuckDBConnection,
  table: string,
  records: readonly Float64Array[],
  scale: number,
): Promise<void> {
  if (records.length === 0) return
  const [alias, name] = table.split('.')
  await connection.run('CREATE OR REPLACE TEMP TABLE refolded (start BIGINT)')
  const starts = await connection.createAppender('refolded')
  for (const record of records) {
    starts.appendBigInt(BigInt(record[START_WORD]))
    starts.endRow()
  }
  starts.closeSync()
  await connection.run(
    `DELETE FROM ${table} WHERE epoch_us(timestamp) IN (SELECT start FROM refolded)`,
  )
  const appender = await connection.createAppender(name, 'main', alias)
  for (const record of records) appendCandle(appender, record, scale)
  appender.closeSync()
}

function emptySpan(): CandleSpan {
  return { candles: 0, from: undefined, to: undefined }
}

function extend(span: CandleSpan, start: number, lengthUs: number): void {
  span.candles++
  span.from = Math.min(span.from ?? start, start)
  span.to = Math.max(span.to ?? 0, start + lengthUs)
}
