// What became of a pair's ticks in this session: received = stored + duplicates + rejected +
// tooLate.

export interface Counters {
  received: number
  stored: number
  duplicates: number
  rejected: number
  /** Behind even the candles kept: in late_ticks. */
  tooLate: number
  /** Stored, behind the watermark. */
  late: number
  idResets: number
}

export function zeroCounters(): Counters {
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
