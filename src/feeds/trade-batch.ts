// What a feed yields: up to 2,048 trades as columns, so that a replay loop touches no object per
// row.

/** Rows of one batch: one DuckDB chunk. */
export const BATCH_ROWS = 2048

/** Stands in `id` for an id beyond 2^53 − 1; the id itself is in `bigIds`. */
export const BIG_ID = Number.POSITIVE_INFINITY
/** Stands in `id` for an id that is text; the id itself is in `textIds`. */
export const TEXT_ID = Number.NEGATIVE_INFINITY

/** What a file calls the thing traded; undefined where the file does not say. */
export interface FeedInstrument {
  readonly exchange: string | undefined
  readonly symbol: string | undefined
  /** Spot, swap …, where the rows themselves say it. */
  readonly market?: string | undefined
}

/**
 * Trades as columns, in file order. Valid until the next batch is asked for: the feed reuses it.
 */
export interface TradeBatch {
  /** Rows that count; the columns are longer. */
  count: number
  /** Exchange time, µs since the epoch. */
  readonly timestamp: Float64Array
  readonly price: Float64Array
  readonly volume: Float64Array
  /** Side of the taker, as in `Side`. */
  readonly side: Uint8Array
  /** The word that stood for the side, by its index in the file; see `SideColumn`. */
  readonly word: Uint8Array
  /** 1: the venue says that this id was no trade; its price and volume count for nothing. */
  readonly noTrade: Uint8Array
  /** Trade id; NaN = the row has none, BIG_ID = see `bigIds`, TEXT_ID = see `textIds`. */
  readonly id: Float64Array
  /** Ids above 2^53 − 1, by row. */
  readonly bigIds: Map<number, bigint>
  /** Ids that are no whole numbers, by row. */
  readonly textIds: Map<number, string>
  /** Arrival time, µs since the epoch; NaN = not known. */
  readonly receivedAt: Float64Array
  /** Index into `instruments`. */
  readonly instrument: Int32Array
  /** Every instrument met so far; only ever grows. */
  readonly instruments: readonly FeedInstrument[]
}

export function makeBatch(instruments: readonly FeedInstrument[]): TradeBatch {
  return {
    count: 0,
    timestamp: new Float64Array(BATCH_ROWS),
    price: new Float64Array(BATCH_ROWS),
    volume: new Float64Array(BATCH_ROWS),
    side: new Uint8Array(BATCH_ROWS),
    word: new Uint8Array(BATCH_ROWS),
    noTrade: new Uint8Array(BATCH_ROWS),
    id: new Float64Array(BATCH_ROWS),
    bigIds: new Map(),
    textIds: new Map(),
    receivedAt: new Float64Array(BATCH_ROWS),
    instrument: new Int32Array(BATCH_ROWS),
    instruments,
  }
}

export function clearBatch(batch: TradeBatch): void {
  batch.count = 0
  if (batch.bigIds.size > 0) batch.bigIds.clear()
  if (batch.textIds.size > 0) batch.textIds.clear()
}

/** The id of a row as `trade()` takes it; undefined where the row has none. */
export function idAt(batch: TradeBatch, row: number): number | bigint | string | undefined {
  const id = batch.id[row]
  if (id === BIG_ID) return batch.bigIds.get(row)
  if (id === TEXT_ID) return batch.textIds.get(row)
  return Number.isNaN(id) ? undefined : id
}

/** A batch of its own, for whoever has to keep one while the feed goes on. */
export function copyBatch(batch: TradeBatch): TradeBatch {
  const { count } = batch
  return {
    count,
    timestamp: batch.timestamp.slice(0, count),
    price: batch.price.slice(0, count),
    volume: batch.volume.slice(0, count),
    side: batch.side.slice(0, count),
    word: batch.word.slice(0, count),
    noTrade: batch.noTrade.slice(0, count),
    id: batch.id.slice(0, count),
    bigIds: new Map(batch.bigIds),
    textIds: new Map(batch.textIds),
    receivedAt: batch.receivedAt.slice(0, count),
    instrument: batch.instrument.slice(0, count),
    instruments: batch.instruments,
  }
}
