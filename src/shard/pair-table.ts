// The pairs of a shard: by name, and by the id main gave them in this session.

import type { ResolvedOptions } from '../options.js'
import type { ResolvedPairOptions } from '../pair-options.js'
import type { PairDeclaration } from '../post/message.js'
import { Snapshot } from '../ring/snapshot.js'
import type { PairFiles } from './pair-files.js'
import { type PairSink, PairState } from './pair-state.js'

export class PairTable {
  readonly byId: (PairState | undefined)[] = []
  readonly #byName = new Map<string, PairState>()
  readonly #options: ResolvedOptions
  readonly #sink: PairSink
  readonly #files: Pick<PairFiles, 'exists' | 'described'>

  constructor(
    options: ResolvedOptions,
    sink: PairSink,
    files: Pick<PairFiles, 'exists' | 'described'>,
  ) {
    this.#options = options
    this.#sink = sink
    this.#files = files
  }

  [Symbol.iterator](): Iterator<PairState> {
    return this.#byName.values()
  }

  /**
   * The pair of a name, made where it is new; its file, where there is one, is read when first
   * needed.
   */
  adopt(name: string, options: ResolvedPairOptions): PairState {
    let pair = this.#byName.get(name)
    if (pair === undefined) {
      pair = new PairState(name, options, this.#options, this.#sink)
      if (this.#files.exists(name)) pair.phase = 'unloaded'
      this.#byName.set(name, pair)
    }
    return pair
  }

  /**
   * The pair of an entry in a journal. Where its file was set to something else since, that holds.
   */
  recovered(name: string, options: ResolvedPairOptions): PairState {
    if (this.#byName.has(name)) return this.adopt(name, options)
    return this.adopt(name, { ...options, ...this.#files.described(name) })
  }

  declare(declaration: PairDeclaration): PairState {
    const pair = this.adopt(declaration.name, declaration.options)
    pair.id = declaration.id
    pair.snapshot = new Snapshot(declaration.snapshot, this.#options.windowsUs.length)
    this.byId[declaration.id] = pair
    return pair
  }
}
