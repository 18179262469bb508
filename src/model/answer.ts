// What reads answer with: plain numbers, strings and arrays.

/** A tick as it was stored; times in µs since the epoch. */
export interface StoredTick {
  readonly timestamp: number
  readonly price: number
  readonly volume: number
  readonly side: 'buy' | 'sell' | 'unknown'
  /** A number where it is exact, else its decimal digits; undefined where there was none. */
  readonly tradeId: number | string | undefined
  readonly receivedAt: number | undefined
  readonly seq: number
}

/**
 * A missing range of trade ids; times in µs. Without ids (null): a file, or its log, could not be
 * read and was set aside, and what it held may be missing up to `timestampAfter`.
 */
export interface StoredGap {
  readonly firstId: number | null
  readonly lastId: number | null
  /** Ids still missing when the row was stored; 0 when closed. */
  readonly missing: number | null
  /** Of the tick in front of the range and of the one behind it; null where there is none. */
  readonly timestampBefore: number | null
  readonly timestampAfter: number | null
  readonly closed: boolean
}

/** Signed taker volume of [from, to), µs. */
export interface CvdAnswer {
  readonly from: number
  readonly to: number
  readonly cvd: number
  readonly buyVolume: number
  readonly sellVolume: number
  readonly trades: number
}

/** Order-flow imbalance of [from, to), µs. */
export interface ImbalanceAnswer {
  readonly from: number
  readonly to: number
  readonly imbalance: number
  readonly buyVolume: number
  readonly sellVolume: number
  readonly delta: number
  readonly trades: number
}

/**
 * A pair's session in numbers: offered = refused + received; received = stored + duplicates +
 * rejected + tooLate + noTrades.
 */
export interface PairStats {
  readonly pair: string
  readonly offered: number
  readonly refused: number
  readonly received: number
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
  /** Behind even the candles kept: in late_ticks. */
  readonly tooLate: number
  /** Said to be no trades, or trades of nothing: their ids are known, and that is all of them. */
  readonly noTrades: number
  /** Stored, but behind the watermark. */
  readonly late: number
  /** How often the venue's ids started anew: another numbering, told apart by time. */
  readonly idResets: number
  /** Trades whose id another trade of the same hour has too: by itself it identifies nothing. */
  readonly idsShared: number
  /** Stored, and not recognised when they come again: more than 16,777,216 ids in one hour. */
  readonly idsNotKept: number
  /** Of the duplicates: recognised by the times of up to 32 contiguous ids, not by their own. */
  readonly duplicatesBySpan: number
  /** Stored, of trades whose side is unknown; and their volume, which CVD and delta leave out. */
  readonly unknownSide: number
  readonly unknownVolume: number
  /** Replayed from the journal at open, not counted above. */
  readonly recovered: number
  /** Ranges of ids known to be missing. */
  readonly gaps: number
  readonly buyVolume: number
  readonly sellVolume: number
  /** buyVolume − sellVolume over the session, exact. */
  readonly cvd: number
  /** µs; 0 for none. */
  readonly firstTimestamp: number
  readonly lastTimestamp: number
  /** Ticks folded and not yet in DuckDB. */
  readonly staged: number
}

/** An engine's session in numbers; the same equations. */
export interface EngineStats {
  readonly offered: number
  readonly refused: number
  readonly received: number
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
  readonly tooLate: number
  readonly noTrades: number
  readonly late: number
  readonly idResets: number
  readonly idsShared: number
  readonly idsNotKept: number
  readonly duplicatesBySpan: number
  readonly unknownSide: number
  /** Each volume in its pair's units. */
  readonly unknownVolume: number
  /** Slots replayed from the journal at open. */
  readonly recovered: number
  readonly pairs: number
  readonly shards: number
  /** Slots no shard has taken yet, and those of them that wait in the spill. */
  readonly depth: number
  readonly spilled: number
}

/** A value bound to a `$1` or `?` of a query; a Date is a TIMESTAMP. */
export type QueryParameter = number | string | boolean | bigint | null | Date

/**
 * A row of a query: numbers (digits where none holds them), text, booleans, null; times in µs,
 * bytes as Uint8Array, structs as objects.
 */
export type QueryRow = Record<string, unknown>
