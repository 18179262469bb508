// tickloom/feeds: what venues and their libraries send, as trades of a pair. Types only: nothing of
// theirs is needed to run.
//
// Every function returns what `pair.trade()` returns: a receipt (> 0) or a refusal (< 0). Bad data
// is refused and counted, never thrown.
export { fromBinance } from './binance.js'
export {
  type CcxtExchange,
  type CcxtMarket,
  type CcxtPair,
  type CcxtTrade,
  ccxtPair,
  fromCcxt,
} from './ccxt.js'
export { fromSwap, type Swap } from './swap.js'
export { fromTardis, type TardisTrade } from './tardis.js'
