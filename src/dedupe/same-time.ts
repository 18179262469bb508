// When two times are of one trade: equal, once both are cut to the coarser of their resolutions. A
// venue that reports in ms today and in µs tomorrow sends one trade with either.

export const SECOND_US = 1_000_000
export const MILLISECOND_US = 1000

/** The largest of 1 s, 1 ms, 1 µs that divides a time, in µs. */
export function resolutionOf(us: number): number {
  if (us % MILLISECOND_US !== 0) return 1
  return us % SECOND_US === 0 ? SECOND_US : MILLISECOND_US
}

/** Whether two times, in whole µs from one whole second, are one at the coarser resolution. */
export function isSameTime(a: number, b: number): boolean {
  if (a === b) return true
  if (a - b >= SECOND_US || b - a >= SECOND_US) return false
  const cut = Math.max(resolutionOf(a), resolutionOf(b))
  return cut > 1 && a - (a % cut) === b - (b % cut)
}
