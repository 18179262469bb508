// The words by which files and venues name a trade's side, in one place. A side is the taker's.
// A word is taken whole and without case: "bust" is no buy and "auction" no ask.
//
//   buy, sell             most venues: Binance REST, Bybit, OKX, KuCoin ("BUY"), HTX, Kaiko, tardis
//   b, s                  Kraken's trades ("b" = buy); Hyperliquid and Databento have B, A and N
//   bid, ask              Upbit and Bithumb `ask_bid`: ASK = the taker sold; Databento `side`: Ask
//                         for a sell aggressor, Bid for a buy aggressor; Hyperliquid A and B alike:
//                         the word names the side on which the taker's order stood
//   buyer, seller         dYdX v3 and CME's aggressor: who the aggressor was
//   bought, sold, buys    logs that people write of what the taker did
//   taker_buy, buy_taker  Gemini's and ccxt's flags, spelled by users
//   +1, -1                signs; the bare 1 is a buy only beside a -1 (which SideColumn decides)
//   n, none, unknown …    understood, and says that nobody knows: auctions, block trades
//
// A venue in whose data bid means the quote that was hit says so: --sides buy=ask,sell=bid.
import { Side } from './side.js'

const WORDS: ReadonlyMap<string, Side> = new Map([
  ...['buy', 'b', 'bid', 'bids', 'buyer', 'buys', 'bought', '+1', '+1.0', 'buy_side']
    .concat(['taker_buy', 'takerbuy', 'buy_taker', 'buy-taker', 'taker-buy', 'aggressor_buy'])
    .map((word): [string, Side] => [word, Side.Buy]),
  ...['sell', 's', 'a', 'ask', 'asks', 'seller', 'sells', 'sold', '-1', '-1.0', 'sell_side']
    .concat(['taker_sell', 'takersell', 'sell_taker', 'sell-taker', 'taker-sell', 'aggressor_sell'])
    .concat(['\u22121'])
    .map((word): [string, Side] => [word, Side.Sell]),
  ...['', '-', 'n', 'none', 'unknown', 'null', 'nan', 'na', 'n/a', 'undefined', 'unspecified']
    .concat(['no_aggressor', 'no aggressor', 'neither', 'mid'])
    .map((word): [string, Side] => [word, Side.Unknown]),
])

/** The taker's side that a word names; undefined for a word nobody knows. Numbers name none. */
export function takerSideOf(word: string): Side | undefined {
  return WORDS.get(word.trim().toLowerCase())
}

/** What true says in a boolean column of this name, without case, blanks, dashes, underscores. */
export function sideWhenTrue(name: string): Side | undefined {
  return WHEN_TRUE.get(name.toLowerCase().replace(/[^a-z0-9]/g, ''))
}

// Binance `is_buyer_maker` and `m`: the buyer's order rested, so the taker sold. Kaiko `sell` and
// the like name the taker.
const WHEN_TRUE: ReadonlyMap<string, Side> = new Map([
  ...['isbuyermaker', 'buyermaker', 'm', 'buyerismaker', 'isbuyerthemaker', 'makerisbuyer']
    .concat(['sell', 'issell', 'takersell', 'istakersell', 'takerissell', 'takersidesell'])
    .concat(['isselleraggressor', 'takerisseller', 'issellertaker', 'sellertaker'])
    .map((name): [string, Side] => [name, Side.Sell]),
  ...['issellermaker', 'sellermaker', 'sellerismaker', 'makerisseller', 'isbuyertaker']
    .concat(['buy', 'isbuy', 'takerbuy', 'istakerbuy', 'takerisbuy', 'takersidebuy'])
    .concat(['isbuyeraggressor', 'takerisbuyer', 'buyertaker'])
    .map((name): [string, Side] => [name, Side.Buy]),
])

/** The other side: of a venue that tells the maker's. */
export function otherSide(side: Side): Side {
  return side === Side.Buy ? Side.Sell : side === Side.Sell ? Side.Buy : side
}
