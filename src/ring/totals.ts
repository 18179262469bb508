// What became of a shard's slots in this session, in shared memory: it outlives the shard's thread,
// and the next one goes on counting behind the last slot counted.
//
//   | received … idResets: COUNTS in their order | sequence of the last slot counted |
import { COUNTS, type Counts, zeroCounts } from '../model/counts.js'
import { Seqlock } from './seqlock.js'

export class Totals {
  readonly #words: Seqlock

  constructor(buffer?: SharedArrayBuffer) {
    this.#words = buffer === undefined ? Seqlock.allocate(COUNTS.length + 1) : new Seqlock(buffer)
  }

  get buffer(): SharedArrayBuffer {
    return this.#words.buffer
  }

  /** The counts of every slot up to and including `through`; shard's thread. */
  write(counts: Counts, through: number): void {
    this.#words.write((words) => {
      for (let i = 0; i < COUNTS.length; i++) words[i] = counts[COUNTS[i]]
      words[COUNTS.length] = through
    })
  }

  /** All of one moment; nothing counted before the first write. */
  read(): { readonly counts: Counts; readonly through: number } {
    const counts = zeroCounts()
    const words = this.#words.read(0, COUNTS.length + 1)
    if (words === undefined) return { counts, through: 0 }
    for (let i = 0; i < COUNTS.length; i++) counts[COUNTS[i]] = words[i]
    return { counts, through: words[COUNTS.length] }
  }
}
