// What became of a shard's slots in this session, in shared memory: it outlives the shard's thread,
// and the next one goes on counting behind the last slot counted.
//
//   | received …: COUNTS in their order | unknown volume, 4 words | sequence of the last slot |
import { Account } from '../model/account.js'
import { COUNTS } from '../model/counts.js'
import { SUM_WORDS } from '../model/exact-sum.js'
import { Seqlock } from './seqlock.js'

const UNKNOWN_WORD = COUNTS.length
const THROUGH_WORD = UNKNOWN_WORD + SUM_WORDS
const WORDS = THROUGH_WORD + 1

export class Totals {
  readonly #words: Seqlock

  constructor(buffer?: SharedArrayBuffer) {
    this.#words = buffer === undefined ? Seqlock.allocate(WORDS) : new Seqlock(buffer)
  }

  get buffer(): SharedArrayBuffer {
    return this.#words.buffer
  }

  /** The account of every slot up to and including `through`; shard's thread. */
  write({ counts, unknownVolume }: Account, through: number): void {
    this.#words.write((words) => {
      for (let i = 0; i < COUNTS.length; i++) words[i] = counts[COUNTS[i]]
      words.set(unknownVolume, UNKNOWN_WORD)
      words[THROUGH_WORD] = through
    })
  }

  /** All of one moment; nothing counted before the first write. */
  read(): { readonly account: Account; readonly through: number } {
    const account = new Account()
    const words = this.#words.read(0, WORDS)
    if (words === undefined) return { account, through: 0 }
    for (let i = 0; i < COUNTS.length; i++) account.counts[COUNTS[i]] = words[i]
    account.unknownVolume.set(words.subarray(UNKNOWN_WORD, THROUGH_WORD))
    return { account, through: words[THROUGH_WORD] }
  }
}
