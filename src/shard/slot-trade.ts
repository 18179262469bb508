// A slot's trade as the folds take it (trade-words.ts).
import { gridUnits } from '../model/exact-sum.js'
import { NO_ID_HIGH } from '../model/trade-order.js'
import {
  TRADE_ID_HIGH,
  TRADE_ID_LOW,
  TRADE_PRICE,
  TRADE_PRICE_UNITS,
  TRADE_SEQ,
  TRADE_TS,
  TRADE_VOLUME,
  TRADE_VOLUME_UNITS,
} from '../model/trade-words.js'
import * as L from '../ring/ring-layout.js'

/** Takes up time, price, volume and sequence of the slot at word `at`. */
export function readTrade(trade: Float64Array, words: Float64Array, at: number, seq: number): void {
  trade[TRADE_TS] = words[at + L.WORD_TIMESTAMP]
  // −0 is 0.
  trade[TRADE_PRICE] = words[at + L.WORD_PRICE] + 0
  trade[TRADE_VOLUME] = words[at + L.WORD_VOLUME]
  trade[TRADE_SEQ] = seq
}

/** Adds what the folds need of it: its units, and its id's halves where `byId`. */
export function completeTrade(
  trade: Float64Array,
  halves: Int32Array,
  at: number,
  byId: boolean,
  scale: number,
): void {
  setUnits(trade, TRADE_PRICE_UNITS, TRADE_PRICE, scale)
  setUnits(trade, TRADE_VOLUME_UNITS, TRADE_VOLUME, scale)
  const id = (at + L.WORD_ID) * 2
  trade[TRADE_ID_HIGH] = byId ? halves[id + 1] : NO_ID_HIGH
  trade[TRADE_ID_LOW] = byId ? halves[id] >>> 0 : 0
}

// A number that a function gives back, as gridUnits() does, is boxed like one that it takes.
function setUnits(trade: Float64Array, into: number, from: number, scale: number): void {
  trade[into] = gridUnits(trade[from], scale)
}
