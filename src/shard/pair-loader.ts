// Brings into memory what a slot waits for: its pair's stored state, once, or an old hour's
// candles and ids.
import { isNewer } from '../errors.js'
import type { Database } from '../store/duckdb.js'
import type { PairFile } from '../store/pair-file.js'
import { loadIds } from './id-load.js'
import type { PairFiles } from './pair-files.js'
import { loadHour, loadPair } from './pair-load.js'
import type { PairState } from './pair-state.js'

/** What the slot in front of the folder waits for; hour −1: the pair itself. */
export interface Need {
  readonly pair: PairState
  readonly hour: number
}

// What is read to take up a file is not read again soon: many together are worth giving back.
const TRIM_AFTER = 64
const TRIM_PAUSE_MS = 50

export class PairLoader {
  readonly #db: Database
  readonly #files: PairFiles
  readonly #epoch: number
  readonly #loading = new Map<PairState, Promise<void>>()
  #sinceTrim = 0
  #trimming: NodeJS.Timeout | undefined
  readonly #onFault: (pair: PairState, cause: unknown) => void

  constructor(
    db: Database,
    files: PairFiles,
    epoch: number,
    onFault: (pair: PairState, cause: unknown) => void,
  ) {
    this.#db = db
    this.#files = files
    this.#epoch = epoch
    this.#onFault = onFault
  }

  /** Resolves when the pair is 'ready', or 'refused' with the reason. */
  ready(pair: PairState): Promise<void> {
    if (pair.phase !== 'unloaded') return Promise.resolve()
    let loading = this.#loading.get(pair)
    if (loading === undefined) {
      loading = this.#load(pair).finally(() => this.#loaded(pair))
      this.#loading.set(pair, loading)
    }
    return loading
  }

  /** Loads pairs that are needed soon, in order: one's file is attached while another's is read. */
  async ahead(pairs: Iterable<PairState>): Promise<void> {
    const next = pairs[Symbol.iterator]()
    const lane = async () => {
      for (let at = next.next(); !at.done; at = next.next()) await this.ready(at.value)
    }
    await Promise.all([lane(), lane()])
  }

  /** Resolves when no pair is being loaded. */
  async idle(): Promise<void> {
    while (this.#loading.size > 0) await Promise.allSettled(this.#loading.values())
  }

  async satisfy(need: Need): Promise<void> {
    if (need.hour < 0) return this.ready(need.pair)
    const { pair, hour } = need
    const load = async (file?: PairFile) => {
      if (pair.rollup.needs(hour) >= 0) await loadHour(pair, this.#db, hour)
      if (pair.ids.needs(hour) >= 0) await loadIds(pair, file, this.#db, hour)
    }
    if (this.#files.exists(pair.name)) await this.#files.hold(pair, load)
    else await load()
  }

  #loaded(pair: PairState): void {
    this.#loading.delete(pair)
    this.#sinceTrim++
    if (this.#sinceTrim < TRIM_AFTER) return
    this.#trimming ??= setTimeout(() => {
      this.#trimming = undefined
      // Others are still being loaded: the last of them comes here again.
      if (this.#loading.size > 0) return
      this.#sinceTrim = 0
      void this.#db.trim()
    }, TRIM_PAUSE_MS)
  }

  async #load(pair: PairState): Promise<void> {
    try {
      await this.#db.inside(() =>
        this.#files.hold(pair, (file) => loadPair(pair, file, this.#db, this.#epoch)),
      )
    } catch (cause) {
      // One pair's bad file must not stop the others: its ticks are counted as rejected.
      pair.refuse(cause)
      this.#onFault(pair, cause)
      if (isNewer(cause)) await this.#files.renew(pair)
    }
  }
}
