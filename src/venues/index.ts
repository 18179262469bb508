// tickloom/feeds: what venues and their libraries send, as trades of a pair. Types only: nothing of
// theirs is needed to run.
//
// Every function returns what `pair.trade()` returns: a receipt (> 0) or a refusal (< 0). Bad data
// is refused and counted, never thrown; `pair.reading()` says what was made of it.
export type { AdapterOptions } from './adapter-options.js'
export { fromBinance } from './binance.js'
export { type CcxtTrade, fromCcxt } from './ccxt.js'
export { type CcxtExchange, type CcxtMarket, type CcxtPair, ccxtPair } from './ccxt-pair.js'
export { fromSwap, type Swap } from './swap.js'
export { type SwapFeed, type SwapFeedOptions, swapFeed } from './swap-feed.js'
export { fromTardis, type TardisTrade } from './tardis.js'
