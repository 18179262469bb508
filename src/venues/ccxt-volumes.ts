// What the amounts of derivatives are, by venue. ccxt says "contracts", and that contractSize is
// what one is worth; on the venues below one of the two is not so. A venue that is not here is
// believed, unless the cost of a trade says otherwise (convert.ts).
//
// Each line was read in ccxt 4.5 (parseTrade, parseWsTrade and the contractSize of parseMarket) and
// in the venue's own documentation; test/unit/ccxt-volumes.test.ts works each out by hand.

/** What a pair trades: a spot market, or a derivative by what a contract of it is worth. */
export type MarketKind = 'spot' | 'linear' | 'inverse' | 'option'

export interface VolumeLine {
  /** Names in ccxt and in tardis-dev. */
  readonly exchanges: readonly string[]
  readonly kinds: readonly MarketKind[]
  /** What one unit of `amount` is. */
  readonly amount: 'base' | 'quote' | 'contracts'
  /** What a contract is worth, where ccxt's contractSize is something else. */
  readonly contractSize?: number
  /** Field of a contract's `info` by which ccxt's contractSize is to be multiplied. */
  readonly multiplier?: string
  /** Field of a trade's `info` with its volume in base currency. */
  readonly baseField?: string
  /** Why its volumes may be wrong all the same; told once a pair. */
  readonly doubt?: string
  readonly source: string
}

export const VOLUME_LINES: readonly VolumeLine[] = [
  {
    // ccxt's contractSize (10 USD) is right, and its amount is not counted in it.
    exchanges: ['deribit'],
    kinds: ['inverse'],
    amount: 'quote',
    source: 'docs.deribit.com: amount of perpetuals and inverse futures is in USD',
  },
  {
    exchanges: ['deribit'],
    kinds: ['linear', 'option'],
    amount: 'base',
    source: 'docs.deribit.com: amount of options and linear futures is in base currency',
  },
  {
    exchanges: ['binance', 'binanceusdm', 'aster', 'binance-futures'],
    kinds: ['linear'],
    amount: 'base',
    source: 'developers.binance.com: quantities of USD-M futures are base units',
  },
  {
    exchanges: ['weex'],
    kinds: ['linear'],
    amount: 'base',
    source: 'ccxt weex.parseTrade: quoteQty = qty × price, without contractVal',
  },
  {
    exchanges: ['lighter'],
    kinds: ['linear'],
    amount: 'base',
    source: 'apidocs.lighter.xyz: size in base units; usd_amount = size × price',
  },
  {
    // REST: ccxt gives no amount, only the cost in base currency. Websocket: qty in USD.
    exchanges: ['krakenfutures', 'cryptofacilities'],
    kinds: ['inverse'],
    amount: 'quote',
    source: 'docs.kraken.com/api/docs/futures-api: PI_ and FI_ contracts of 1 USD',
  },
  {
    // ccxt takes the least size of an order for contractSize.
    exchanges: ['apex'],
    kinds: ['linear'],
    amount: 'base',
    contractSize: 1,
    source: 'api-docs.pro.apex.exchange: size in base units',
  },
  {
    exchanges: ['bitget', 'bitget-futures'],
    kinds: ['linear', 'inverse'],
    amount: 'base',
    source: 'bitget.com/api-doc/contract: size in the base coin, COIN-M included',
  },
  {
    // ccxt has multiplied by contractSize already: coins of USDT-M, USD of COIN-M.
    exchanges: ['xt'],
    kinds: ['linear'],
    amount: 'base',
    source: 'ccxt xt.parseTrade: amount = contracts × contractSize',
  },
  {
    exchanges: ['xt'],
    kinds: ['inverse'],
    amount: 'quote',
    source: 'ccxt xt.parseTrade: amount = contracts × contractSize',
  },
  {
    // ccxt takes the step of the price for contractSize.
    exchanges: ['gemini'],
    kinds: ['linear'],
    amount: 'base',
    contractSize: 1,
    source: 'docs.gemini.com: amounts of perpetuals are in base currency',
  },
  {
    // ccxt before 4.5.84 took the step of the amount for contractSize.
    exchanges: ['whitebit'],
    kinds: ['linear'],
    amount: 'base',
    contractSize: 1,
    source: 'docs.whitebit.com: amounts of futures are in base currency',
  },
  {
    // ccxt takes the least size of an order for contractSize.
    exchanges: ['bybit', 'bybiteu', 'bybitid'],
    kinds: ['inverse'],
    amount: 'quote',
    contractSize: 1,
    source: 'bybit-exchange.github.io/docs/v5: sizes of inverse contracts are in USD',
  },
  {
    // ccxt's contractSize is the worth in satoshis.
    exchanges: ['bitmex'],
    kinds: ['inverse'],
    amount: 'quote',
    contractSize: 1,
    baseField: 'homeNotional',
    source: 'bitmex.com/app/restAPI: homeNotional is the volume in base currency',
  },
  {
    exchanges: ['bitmex'],
    kinds: ['linear'],
    amount: 'contracts',
    baseField: 'homeNotional',
    source: 'bitmex.com/app/restAPI: homeNotional is the volume in base currency',
  },
  {
    exchanges: ['okx', 'okxus', 'myokx', 'okex-swap', 'okex-futures', 'okex-options'],
    kinds: ['linear', 'inverse', 'option'],
    amount: 'contracts',
    multiplier: 'ctMult',
    source: 'okx.com/docs-v5: a contract is worth ctVal × ctMult',
  },
  {
    // ccxt's contractSize of options is 1.
    exchanges: ['gate', 'gateio', 'gateeu'],
    kinds: ['option'],
    amount: 'contracts',
    multiplier: 'multiplier',
    source: 'gate.com/docs/developers: an option is worth multiplier of the underlying',
  },
  {
    exchanges: ['htx', 'huobi', 'huobi-dm', 'huobi-dm-swap', 'huobi-dm-linear-swap'],
    kinds: ['linear', 'inverse'],
    amount: 'contracts',
    doubt: 'HTX documents the amounts of its contracts as the sum of both sides, twice the volume',
    source: 'huobiapi.github.io/docs/usdt_swap: amount "Sum of both buy and sell sides"',
  },
]

const LINES: ReadonlyMap<string, VolumeLine> = new Map(
  VOLUME_LINES.flatMap((line) =>
    line.exchanges.flatMap((exchange) =>
      line.kinds.map((kind): [string, VolumeLine] => [`${exchange}:${kind}`, line]),
    ),
  ),
)

/** What is known of a venue's amounts; undefined where ccxt is believed. */
export function volumeLine(exchange: string | undefined, kind: MarketKind): VolumeLine | undefined {
  return LINES.get(`${exchange}:${kind}`)
}
