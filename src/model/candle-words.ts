// A candle as numbers, the way it stands in a snapshot.
export const CANDLE_TIMESTAMP = 0
export const CANDLE_OPEN = 1
export const CANDLE_HIGH = 2
export const CANDLE_LOW = 3
export const CANDLE_CLOSE = 4
export const CANDLE_VOLUME = 5
export const CANDLE_TRADES = 6
export const CANDLE_BUY_VOLUME = 7
export const CANDLE_SELL_VOLUME = 8
export const CANDLE_QUOTE_VOLUME = 9
export const CANDLE_VWAP = 10
export const CANDLE_DELTA = 11
export const CANDLE_REVISION = 12
export const CANDLE_WORDS = 13
