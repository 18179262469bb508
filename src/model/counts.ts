// What became of ticks: received = stored + duplicates + rejected + tooLate.

export const COUNTS = [
  'received',
  'stored',
  'duplicates',
  'rejected',
  /** Behind even the candles kept: in late_ticks. */
  'tooLate',
  /** Stored, behind the watermark. */
  'late',
  'idResets',
] as const

export type Counts = Record<(typeof COUNTS)[number], number>

export function zeroCounts(): Counts {
  return {
    received: 0,
    stored: 0,
    duplicates: 0,
    rejected: 0,
    tooLate: 0,
    late: 0,
    idResets: 0,
  }
}
