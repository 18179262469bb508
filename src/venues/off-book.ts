// Trades that did not meet in the venue's book, as venues flag them in what ccxt leaves in `info`:
// negotiated (block, RFQ), taken over (insurance fund, auto-deleveraging, assignment) or taken back
// (bust). A liquidation order that hits the book is a trade like any other, and so is a retail
// price improvement order (Bybit isRPITrade, Binance): both stand in the venues' own candles.

type Info = Readonly<Record<string, unknown>>

interface Flag {
  readonly field: string
  /** The reason, for a value that says the trade is off the book. */
  readonly reason: (value: unknown) => string | undefined
}

const given = (reason: string) => (value: unknown) =>
  value === undefined || value === null || value === '' ? undefined : reason
const isTrue = (reason: string) => (value: unknown) =>
  value === true || value === 'true' ? reason : undefined
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const oneOf =
  (...values: readonly string[]) =>
  (value: unknown) =>
    typeof value === 'string' && values.includes(value) ? value : undefined

// By exchange, in ccxt's names.
const FLAGS: Readonly<Record<string, readonly Flag[]>> = {
  // docs.deribit.com public/get_last_trades_by_instrument
  deribit: [
    { field: 'block_trade_id', reason: given('block trade') },
    { field: 'block_rfq_id', reason: given('block RFQ') },
  ],
  // bybit-exchange.github.io/docs/v5 market/recent-trade, websocket/public/trade
  bybit: [
    { field: 'isBlockTrade', reason: isTrue('block trade') },
    { field: 'BT', reason: isTrue('block trade') },
  ],
  // okx.com/docs-v5 public block trades: single trades have no groupId
  okx: [{ field: 'groupId', reason: given('block trade') }],
  // gate.com/docs/developers futures trades: "not a normal matching on the market depth"
  gate: [{ field: 'is_internal', reason: isTrue('insurance fund or ADL') }],
  // bitmex.com/app/restAPI trade: trdType
  bitmex: [{ field: 'trdType', reason: (v) => (v === 'Regular' ? undefined : text(v)) }],
  // docs.kraken.com/api/docs/futures-api trade feed: type
  krakenfutures: [{ field: 'type', reason: oneOf('block', 'assignment', 'termination') }],
  // docs.gemini.com trade history: broken, and block_trade events
  gemini: [
    { field: 'broken', reason: isTrue('broken') },
    { field: 'type', reason: oneOf('block_trade') },
  ],
  // docs.paradex.trade: trade_type
  paradex: [{ field: 'trade_type', reason: oneOf('BLOCK_TRADE', 'SETTLE_MARKET', 'TRANSFER') }],
  // docs.dydx.exchange: type
  dydx: [{ field: 'type', reason: oneOf('DELEVERAGED') }],
  // apidocs.lighter.xyz: type
  lighter: [{ field: 'type', reason: oneOf('deleverage', 'market-settlement') }],
  // docs.derive.xyz: rfq_id
  derive: [{ field: 'rfq_id', reason: given('RFQ') }],
  // api-docs.grvt.io: venue
  grvt: [{ field: 'venue', reason: oneOf('RFQ') }],
}
const ALIASES: Readonly<Record<string, string>> = {
  gateio: 'gate',
  gateeu: 'gate',
  okxus: 'okx',
  myokx: 'okx',
  bybiteu: 'bybit',
  bybitid: 'bybit',
}

/** `X` of Binance's trade events: MARKET, or why the trade did not stand in the book. */
export function binanceOffBook(event: { readonly X?: unknown }): string | undefined {
  const { X } = event
  return typeof X === 'string' && X !== 'MARKET' ? X : undefined
}

/** Why a trade did not meet in the book; undefined where it did, or nothing says so. */
export function ccxtOffBook(exchange: string | undefined, info: Info): string | undefined {
  // Binance's futures, and venues that send the same events. Reports of one's own orders have an X
  // too, with the state of the order.
  if (info['e'] === 'trade') return binanceOffBook(info)
  const flags = FLAGS[ALIASES[exchange ?? ''] ?? exchange ?? '']
  if (flags === undefined) return undefined
  for (const { field, reason } of flags) {
    const why = reason(info[field])
    if (why !== undefined) return why
  }
  return undefined
}
