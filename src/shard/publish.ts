// A pair's flow and open candles into shared memory, and its flow row into the outbox.
import { CANDLE_WORDS } from '../model/candle-words.js'
import { INTERVALS } from '../model/interval.js'
import { candleValues, REVISION_WORD, START_WORD } from '../rollup/candle-record.js'
import type { Outbox } from './outbox.js'
import type { PairState } from './pair-state.js'

/** Writes the pair's snapshot; shard's thread. */
export function publishPair(pair: PairState): void {
  const snapshot = pair.snapshot
  if (snapshot === undefined) return
  snapshot.write((words) => {
    pair.flow.write(words, 0)
    for (let level = 0; level < INTERVALS.length; level++) {
      writeCandle(pair, level, words, snapshot.candleAt(level))
    }
  })
}

/** Puts the pair's flow into the outbox. */
export function postFlow(pair: PairState, outbox: Outbox): void {
  if (pair.id >= 0) outbox.flowRow(pair.id, (words, at) => pair.flow.write(words, at))
}

function writeCandle(pair: PairState, level: number, words: Float64Array, at: number): void {
  const record = pair.rollup.openCandle(level)
  if (record === undefined) {
    words.fill(0, at, at + CANDLE_WORDS)
    return
  }
  const v = candleValues(record, pair.scale)
  words[at] = record[START_WORD]
  words[at + 1] = v.open
  words[at + 2] = v.high
  words[at + 3] = v.low
  words[at + 4] = v.close
  words[at + 5] = v.volume
  words[at + 6] = v.trades
  words[at + 7] = v.buyVolume
  words[at + 8] = v.sellVolume
  words[at + 9] = v.quoteVolume
  words[at + 10] = v.vwap
  words[at + 11] = v.delta
  words[at + 12] = record[REVISION_WORD]
}
