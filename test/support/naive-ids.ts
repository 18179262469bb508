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

/**
 * Trades by id and time, the stupid way: every time of an id in a list. Two times are one where the
 * digits agree that both have: six of a second's fraction, three, or none.
 */
export class NaiveTrades {
  readonly #times = new Map<string, number[]>()
  stored = 0

  /** false for a trade that was there. */
  offer(id: number | bigint | string, us: number): boolean {
    const key = `${typeof id === 'string' ? 'text' : 'number'} ${id}`
    const times = this.#times.get(key) ?? []
    this.#times.set(key, times)
    if (times.some((other) => alike(String(us), String(other)))) return false
    times.push(us)
    this.stored++
    return true
  }

  /** Whether an id has come with any time. */
  hasId(id: number | bigint | string): boolean {
    return this.#times.has(`${typeof id === 'string' ? 'text' : 'number'} ${id}`)
  }
}

function alike(a: string, b: string): boolean {
  const places = Math.min(placesOf(a), placesOf(b))
  return a.slice(0, a.length - 6 + places) === b.slice(0, b.length - 6 + places)
}

// Places of a second's fraction that a time in µs has: 0, 3 or 6.
function placesOf(us: string): number {
  if (us.endsWith('000000')) return 0
  return us.endsWith('000') ? 3 : 6
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
