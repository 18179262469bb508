// The harness' arithmetic: pure functions, so that a test can hold them. A ratio above 1 always means
// that the subject is better than its baseline, whichever way its unit counts.

export type Better = 'higher' | 'lower'

/** Middle of the values; of an even number of them, the mean of the middle two. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The value that a fraction `q` of the values does not exceed (nearest rank); `sorted` ascends. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN
  const rank = Math.ceil(q * sorted.length)
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1]
}

/** How many times better the subject is: above 1 is better, in either direction. */
export function ratioOf(subject: number, baseline: number, better: Better): number {
  return better === 'higher' ? subject / baseline : baseline / subject
}

export interface PairedRatio {
  /** Median of the ratios of each pair of runs. */
  readonly ratio: number
  /** Smallest and largest of them. */
  readonly spread: readonly [min: number, max: number]
}

/** Ratio of runs that were made in pairs: single runs drift together, their ratios much less. */
export function pairedRatio(
  subject: readonly number[],
  baseline: readonly number[],
  better: Better,
): PairedRatio {
  if (subject.length !== baseline.length || subject.length === 0) {
    throw new RangeError(
      `runs come in pairs: subject=${subject.length} baseline=${baseline.length}`,
    )
  }
  const ratios = subject.map((value, i) => ratioOf(value, baseline[i], better))
  return { ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] }
}

/** Whether a baseline is so far below what it is known to do that nothing may be compared with it. */
export function isVoid(baselineMedian: number, known: number | undefined, better: Better): boolean {
  return known !== undefined && !(ratioOf(baselineMedian, known, better) >= 0.5)
}

/** What a trial must reach: `figure` is 'ratio', 'median', or one of the trial's own figures. */
export interface Requirement {
  readonly figure: string
  readonly atLeast?: number
  readonly atMost?: number
}

/** The requirements that figures miss, in words; a figure that is not there is missed. */
export function missed(
  requirements: readonly Requirement[],
  figures: Readonly<Record<string, number>>,
): string[] {
  const misses: string[] = []
  for (const { figure, atLeast, atMost } of requirements) {
    const value = figures[figure] ?? Number.NaN
    const shown = Number.isFinite(value) ? value.toPrecision(3) : 'nothing'
    if (atLeast !== undefined && !(value >= atLeast)) misses.push(`${figure} ${shown} < ${atLeast}`)
    if (atMost !== undefined && !(value <= atMost)) misses.push(`${figure} ${shown} > ${atMost}`)
  }
  return misses
}
