// A trade that comes by itself, outside the hot path, and its words for the folds.
import { gridUnits } from './exact-sum.js'
import type { TradePlace } from './trade-order.js'
import {
  TRADE_ID_HIGH,
  TRADE_ID_LOW,
  TRADE_PRICE,
  TRADE_PRICE_UNITS,
  TRADE_SEQ,
  TRADE_TS,
  TRADE_VOLUME,
  TRADE_VOLUME_UNITS,
  TRADE_WORDS,
} from './trade-words.js'

/** A trade's place among others, its price and its volume. */
export interface PlacedTrade extends TradePlace {
  readonly price: number
  readonly volume: number
}

/** The words of a trade, as trade-words.ts has them; `scale` is 10^decimals. */
export function tradeWords(trade: PlacedTrade, scale: number): Float64Array {
  const words = new Float64Array(TRADE_WORDS)
  words[TRADE_TS] = trade.timestamp
  words[TRADE_PRICE] = trade.price
  words[TRADE_VOLUME] = trade.volume
  words[TRADE_PRICE_UNITS] = gridUnits(trade.price, scale)
  words[TRADE_VOLUME_UNITS] = gridUnits(trade.volume, scale)
  words[TRADE_ID_HIGH] = trade.idHigh
  words[TRADE_ID_LOW] = trade.idLow
  words[TRADE_SEQ] = trade.seq
  return words
}
