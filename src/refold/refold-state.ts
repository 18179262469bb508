// What a pair's state keeps of ticks, folded again: the minutes that are open, and the newest trade
// of the flow.
import { NO_ID_HIGH } from '../model/trade-order.js'
import { TRADES_WORD } from '../rollup/candle-record.js'
import type { RollupState } from '../rollup/rollup-state.js'
import { packRecords, unpackRecords } from '../rollup/stored-record.js'
import type { DuckDBConnection } from '../store/duckdb-api.js'
import { tickOrder } from '../store/reads.js'
import { wholeAnswer } from '../store/whole-answer.js'
import { takesOver } from './refold-candles.js'

const TWO_32 = 2n ** 32n

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

/** Puts refolded minutes in the place of the open ones that have the same trades. */
export function refoldOpen(rollup: RollupState, made: ReadonlyMap<number, Float64Array>): void {
  const starts = rollup.open[0]
  const stored = unpackRecords(rollup.records, starts.length, rollup.scale)
  const records = stored.map((old, i) => {
    const again = made.get(starts[i])
    if (again === undefined || again[TRADES_WORD] !== old[TRADES_WORD]) return old
    takesOver(again, old)
    return again
  })
  rollup.records = packRecords(records)
}

/** Makes the flow's newest trade the one that is last in the order. */
export async function refoldNewest(
  connection: DuckDBConnection,
  alias: string,
  flow: NewestTrade,
  byId: boolean,
): Promise<void> {
  const id = byId ? 'trade_id::VARCHAR' : 'NULL'
  const rows = await wholeAnswer(
    connection,
    `SELECT epoch_us(t.timestamp)::DOUBLE AS timestamp, price, seq::DOUBLE AS seq, ${id} AS id
     FROM ${alias}.ticks t ORDER BY ${tickOrder(byId, 'DESC', 't.')} LIMIT 1`,
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
