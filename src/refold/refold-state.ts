// What a pair's state keeps of ticks, folded again: the minutes that are open, and the newest trade
// of the flow.
import type { DuckDBConnection } from '@duckdb/node-api'
import { RECORD_WORDS, TRADES_WORD } from '../rollup/candle-record.js'
import type { RollupState } from '../rollup/rollup-state.js'
import { wholeAnswer } from '../store/whole-answer.js'
import { takesOver } from './refold-candles.js'

const TWO_32 = 2n ** 32n
/** Upper half in place of an id, where a trade has none or ids are no order. */
const NO_ID_HIGH = 2 ** 31

/** The part of the flow's state that says which trade is the newest. */
interface NewestTrade {
  timestamp: number
  newestSeq: number
  newestIdHigh?: number
  newestIdLow?: number
  price: number
}

/** The part of a state that is folded again. */
export interface FoldedState {
  readonly rollup: RollupState
  readonly flow: NewestTrade
}

/**
 * Puts refolded minutes in the place of the open ones that have the same trades; answers how many
 * open ones stay as they are.
 */
export function refoldOpen(rollup: RollupState, made: ReadonlyMap<number, Float64Array>): number {
  const starts = rollup.open[0]
  const words = rollup.records.length / Math.max(1, starts.length)
  const records = new Float64Array(starts.length * RECORD_WORDS)
  let left = 0
  for (const [i, start] of starts.entries()) {
    const old = new Float64Array(RECORD_WORDS)
    old.set(rollup.records.subarray(i * words, (i + 1) * words))
    const again = made.get(start)
    const whole = again !== undefined && again[TRADES_WORD] === old[TRADES_WORD]
    if (whole) takesOver(again, old)
    else left++
    records.set(whole ? again : old, i * RECORD_WORDS)
  }
  rollup.records = records
  return left
}

/** Makes the flow's newest trade the one that is last in the order. */
export async function refoldNewest(
  connection: DuckDBConnection,
  alias: string,
  flow: NewestTrade,
  byId: boolean,
): Promise<void> {
  const order = byId ? 'trade_id DESC NULLS FIRST, seq DESC' : 'seq DESC'
  const id = byId ? 'trade_id::VARCHAR' : 'NULL'
  const rows = await wholeAnswer(
    connection,
    `SELECT epoch_us(t.timestamp)::DOUBLE AS timestamp, price, seq::DOUBLE AS seq, ${id} AS id
     FROM ${alias}.ticks t ORDER BY t.timestamp DESC, ${order} LIMIT 1`,
  )
  const [newest] = rows.getRowObjectsJS()
  // The ticks of the newest time are gone.
  if (newest === undefined || newest['timestamp'] !== flow.timestamp) return
  flow.price = newest['price'] as number
  flow.newestSeq = newest['seq'] as number
  const whole = newest['id'] === null ? undefined : BigInt(newest['id'] as string)
  flow.newestIdHigh = whole === undefined ? NO_ID_HIGH : Number(whole / TWO_32)
  flow.newestIdLow = whole === undefined ? 0 : Number(whole % TWO_32)
}
