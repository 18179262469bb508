// A pair's latest flow and open candles in shared memory, written by its shard.
//
//   | flow: head, windows | candle 1m | 5m | 15m | 1h | 1d |
import { CANDLE_WORDS } from '../model/candle-words.js'
import { flowWords } from '../model/flow-record.js'
import { INTERVALS } from '../model/interval.js'
import { Seqlock } from './seqlock.js'

export class Snapshot extends Seqlock {
  readonly #candles: number

  constructor(buffer: SharedArrayBuffer, windows: number) {
    super(buffer)
    this.#candles = flowWords(windows)
  }

  static sized(windows: number): Snapshot {
    const words = flowWords(windows) + INTERVALS.length * CANDLE_WORDS
    return new Snapshot(Seqlock.allocate(words).buffer, windows)
  }

  /** Where a level's candle starts. */
  candleAt(level: number): number {
    return this.#candles + level * CANDLE_WORDS
  }
}
