// A trade on its way through the folds, as words of one Float64Array. A number that is handed over
// by itself is put into a box wherever V8 does not build the function into its caller: a dozen of
// them a trade.

/** µs. */
export const TRADE_TS = 0
export const TRADE_PRICE = 1
export const TRADE_VOLUME = 2
/** gridUnits() of price and volume. */
export const TRADE_PRICE_UNITS = 3
export const TRADE_VOLUME_UNITS = 4
/** Halves of the id as trade-order.ts has them, both from 0 up. */
export const TRADE_ID_HIGH = 5
export const TRADE_ID_LOW = 6
export const TRADE_SEQ = 7
/** The id where it is a whole number below 2^53, else −1. */
export const TRADE_ID = 8
export const TRADE_WORDS = 9
