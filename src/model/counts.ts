// What became of ticks: received = stored + duplicates + rejected + tooLate + noTrades.

export const COUNTS = [
  'received',
  'stored',
  'duplicates',
  'rejected',
  /** Behind even the candles kept: in late_ticks. */
  'tooLate',
  /** Said to be no trades, or trades of nothing: their ids are known, and that is all of them. */
  'noTrades',
  /** Stored, behind the watermark. */
  'late',
  /** How often a venue's ids started anew. */
  'idResets',
  /** Trades whose id is another trade's too: of the same hour, with another time or content. */
  'idsShared',
  /** Stored, and not to be recognised when they come again: too many ids in one hour. */
  'idsNotKept',
  /** Of the duplicates: recognised by the times of up to 32 contiguous ids, not by their own. */
  'duplicatesBySpan',
  /** Stored, of trades whose taker's side is not known. */
  'unknownSide',
] as const

export type Counts = Record<(typeof COUNTS)[number], number>

export function zeroCounts(): Counts {
  return {
    received: 0,
    stored: 0,
    duplicates: 0,
    rejected: 0,
    tooLate: 0,
    noTrades: 0,
    late: 0,
    idResets: 0,
    idsShared: 0,
    idsNotKept: 0,
    duplicatesBySpan: 0,
    unknownSide: 0,
  }
}
