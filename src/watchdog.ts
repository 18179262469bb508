// Sees a shard that hangs: its heartbeat stands still. A thread inside DuckDB is never terminated,
// since that takes the process with it; it is reported, and waited for.
import { HEARTBEAT, NATIVE } from './ring/ring-layout.js'

const LOOK_MS = 250
/** Looks in a row without a heartbeat. One alone can be a process that was stopped meanwhile. */
const MOST_STILL = 6

export interface Watched {
  readonly control: Int32Array
  /** Whether it is up and nothing but work is expected of it. */
  readonly beats: boolean
  /** Told once while it lasts. */
  hangs(native: boolean): void
}

export class Watchdog {
  readonly #watched: readonly Watched[]
  readonly #seen: { beat: number; native: boolean; still: number; told: boolean }[]
  readonly #timer: NodeJS.Timeout

  constructor(watched: readonly Watched[]) {
    this.#watched = watched
    this.#seen = watched.map(() => ({ beat: 0, native: false, still: 0, told: false }))
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Compares every heartbeat with the one before. */
  look(): void {
    for (const [i, shard] of this.#watched.entries()) {
      const seen = this.#seen[i]
      const beat = Atomics.load(shard.control, HEARTBEAT)
      if (!shard.beats || beat !== seen.beat) {
        Object.assign(seen, { beat, still: 0, told: false })
        continue
      }
      const native = Atomics.load(shard.control, NATIVE) !== 0
      // What hangs outside of DuckDB after it came back from there is another thing.
      if (native !== seen.native) Object.assign(seen, { native, still: 0, told: false })
      seen.still++
      if (seen.still < MOST_STILL || seen.told) continue
      seen.told = true
      shard.hangs(native)
    }
  }
}
