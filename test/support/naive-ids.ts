// The naive model of ids: a Set of bigints. Shares no code with src/.

/** Ids ever accepted, and what is missing among them. */
export class NaiveIds {
  readonly held = new Set<bigint>()

  /** false when the id was held already. */
  add(id: number | bigint): boolean {
    const before = this.held.size
    this.held.add(BigInt(id))
    return this.held.size > before
  }

  has(id: number | bigint): boolean {
    return this.held.has(BigInt(id))
  }

  /** Every id held, ascending. */
  sorted(): number[] {
    return [...this.held].map(Number).sort((a, b) => a - b)
  }

  /** Ids from `from` to `to`, both included, that are not held. */
  missing(from: number, to: number): number[] {
    const ids: number[] = []
    for (let id = from; id <= to; id++) if (!this.has(id)) ids.push(id)
    return ids
  }
}

/** Closed runs, [first, last], as the ids in them. */
export function idsOf(runs: Iterable<readonly [number, number]>): number[] {
  const ids: number[] = []
  for (const [first, last] of runs) for (let id = first; id <= last; id++) ids.push(id)
  return ids
}

/** Two halves of 32 bits. */
export function halvesOf(id: bigint): [hi: number, lo: number] {
  return [Number(id >> 32n), Number(id & 0xffff_ffffn)]
}
