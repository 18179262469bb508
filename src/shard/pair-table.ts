// The pairs of a shard: by name, and by the id main gave them in this session.

import type { ResolvedOptions } from '../options.js'
import type { ResolvedPairOptions } from '../pair-options.js'
import type { PairDeclaration } from '../post/message.js'
import { Snapshot } from '../ring/snapshot.js'
import { type PairSink, PairState } from './pair-state.js'

export class PairTable {
  readonly byId: (PairState | undefined)[] = []
  readonly #byName = new Map<string, PairState>()
  readonly #options: ResolvedOptions
  readonly #sink: PairSink
  readonly #hasFile: (name: string) => boolean

  constructor(options: ResolvedOptions, sink: PairSink, hasFile: (name: string) => boolean) {
    this.#options = options
    this.#sink = sink
    this.#hasFile = hasFile
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
      if (this.#hasFile(name)) pair.phase = 'unloaded'
      this.#byName.set(name, pair)
    }
    return pair
  }

  declare(declaration: PairDeclaration): PairState {
    const pair = this.adopt(declaration.name, declaration.options)
    pair.id = declaration.id
    pair.snapshot = new Snapshot(declaration.snapshot, this.#options.windowsUs.length)
    this.byId[declaration.id] = pair
    return pair
  }
}
