// Made-up rows of every declared format, written the way the venue writes them: the twin of
// src/feeds/formats, and as plain as it can be.

/** A trade before it is written: time in whole seconds, as µs. */
export interface MadeTrade {
  readonly us: number
  readonly price: string
  readonly volume: number
  readonly side: 'buy' | 'sell'
  readonly id: number
}

export function madeTrades(count: number): MadeTrade[] {
  return Array.from({ length: count }, (_, i) => ({
    us: (1_735_689_540 + i * 7) * 1e6,
    price: (100 + (i % 7) / 4).toFixed(2),
    volume: 1 + (i % 3),
    side: (i * i) % 3 === 0 ? ('buy' as const) : ('sell' as const),
    id: 7_000_000_000 + i,
  }))
}

export type TimeText = (us: number) => string
export type Cell = (trade: MadeTrade, time: TimeText) => string

/** A file of a format: its columns in order, and what must come of it. */
export interface Dump {
  readonly format: string
  /** The file's name, and the pair that is named for it. */
  readonly file: string
  readonly pair: string
  /** The pair that it becomes where none is named; undefined where that is refused. */
  readonly becomes: string | undefined
  readonly header: boolean
  readonly columns: readonly (readonly [name: string, cell: Cell])[]
  readonly time: TimeText
  /** As engine.pair() is given it. */
  readonly units: object
  /** Codes of warnings that it always has. */
  readonly warns: readonly string[]
  /** --format, where nothing else tells it. */
  readonly byName?: boolean
}

export const ms: TimeText = (us) => String(us / 1e3)
export const micros: TimeText = (us) => String(us)
export const nanos: TimeText = (us) => `${us}000`
export const seconds: TimeText = (us) => String(us / 1e6)
export const secondsMicros: TimeText = (us) => (us / 1e6).toFixed(6)
export const iso: TimeText = (us) => new Date(us / 1e3).toISOString()
export const isoBlank: TimeText = (us) => iso(us).replace('T', ' ').replace('Z', '')
export const kdb: TimeText = (us) => `${iso(us).slice(0, 19).replace('T', 'D')}.000000999`
export const TIMES: Readonly<Record<string, TimeText>> = {
  ms,
  micros,
  nanos,
  seconds,
  secondsMicros,
  iso,
  isoBlank,
  kdb,
  isoZone: (us) => iso(us + 7200e6).replace('Z', '+02:00'),
}

const id: Cell = (t) => String(t.id)
const price: Cell = (t) => t.price
const volume: Cell = (t) => String(t.volume)
const quote: Cell = (t) => String(Number(t.price) * t.volume)
const side: Cell = (t) => t.side
const time: Cell = (t, text) => text(t.us)
const maker: Cell = (t) => (t.side === 'buy' ? 'sell' : 'buy')
const buyerMaker: Cell = (t) => String(t.side === 'sell')
const capital: Cell = (t) => (t.side === 'buy' ? 'Buy' : 'Sell')
const signed: Cell = (t) => String(t.side === 'buy' ? t.volume : -t.volume)
const uuid: Cell = (t) => `0a1b2c3d-0000-4000-8000-${String(t.id).padStart(12, '0')}`
const is =
  (text: string): Cell =>
  () =>
    text

const BASE = { volumeUnit: 'base' }
const common = { header: true, time: ms, units: BASE, warns: [] as string[] }

export const DUMPS: readonly Dump[] = [
  {
    ...common,
    format: 'binance-spot-trades',
    file: 'BTCUSDT-trades-2025-01-01.csv',
    pair: 'binance:spot:BTC/USDT',
    becomes: 'binance:spot:BTCUSDT',
    header: false,
    time: micros,
    columns: [
      ['id', id],
      ['price', price],
      ['qty', volume],
      ['quote_qty', quote],
      ['time', time],
      ['is_buyer_maker', buyerMaker],
      ['is_best_match', is('True')],
    ],
  },
  {
    ...common,
    format: 'binance-spot-aggTrades',
    file: 'BTCUSDT-aggTrades-2025-01-01.csv',
    pair: 'binance:spot:BTC/USDT',
    becomes: 'binance:spot:BTCUSDT',
    header: false,
    columns: [
      ['agg_trade_id', id],
      ['price', price],
      ['quantity', volume],
      ['first_trade_id', id],
      ['last_trade_id', id],
      ['transact_time', time],
      ['is_buyer_maker', buyerMaker],
      ['is_best_match', is('True')],
    ],
  },
  {
    ...common,
    format: 'binance-um-trades',
    file: 'BTCUSDT_250328-trades-2025-01-01.csv',
    pair: 'binance:future:BTCUSDT_250328',
    becomes: 'binance:future:BTCUSDT_250328',
    columns: [
      ['id', id],
      ['price', price],
      ['qty', volume],
      ['quote_qty', quote],
      ['time', time],
      ['is_buyer_maker', buyerMaker],
    ],
  },
  {
    ...common,
    format: 'binance-cm-trades',
    file: 'ETHUSD_PERP-trades-2025-01-01.csv',
    pair: 'binance:swap:ETHUSD_PERP',
    becomes: 'binance:swap:ETHUSD_PERP',
    units: { volumeUnit: 'contracts', contractSize: 10, inverse: true },
    columns: [
      ['id', id],
      ['price', price],
      ['qty', volume],
      ['base_qty', quote],
      ['time', time],
      ['is_buyer_maker', buyerMaker],
    ],
  },
  {
    ...common,
    format: 'binance-futures-aggTrades',
    file: 'BTCUSD_PERP-aggTrades-2025-01-01.csv',
    pair: 'binance:swap:BTCUSD_PERP',
    becomes: 'binance:swap:BTCUSD_PERP',
    units: { volumeUnit: 'contracts', contractSize: 100, inverse: true },
    columns: [
      ['agg_trade_id', id],
      ['price', price],
      ['quantity', volume],
      ['first_trade_id', id],
      ['last_trade_id', id],
      ['transact_time', time],
      ['is_buyer_maker', buyerMaker],
    ],
  },
  {
    ...common,
    format: 'bybit-trading',
    file: 'BTCUSD2025-01-01.csv',
    pair: 'bybit:swap:*',
    becomes: 'bybit:swap:BTCUSD',
    time: (us) => (us / 1e6).toFixed(4),
    units: { volumeUnit: 'contracts', contractSize: 1, inverse: true },
    columns: [
      ['timestamp', time],
      ['symbol', is('BTCUSD')],
      ['side', capital],
      ['size', volume],
      ['price', price],
      ['tickDirection', is('ZeroPlusTick')],
      ['trdMatchID', uuid],
      ['grossValue', quote],
      ['homeNotional', is('1')],
      ['foreignNotional', quote],
      ['RPI', is('0')],
    ],
  },
  {
    ...common,
    format: 'bybit-spot',
    file: 'BTCUSDT_2025-01-01.csv',
    pair: 'bybit:spot:BTCUSDT',
    becomes: 'bybit:spot:BTCUSDT',
    columns: [
      ['id', id],
      ['timestamp', time],
      ['price', price],
      ['volume', volume],
      ['side', side],
      ['rpi', is('0')],
    ],
  },
  {
    ...common,
    format: 'okx-trades',
    file: 'BTC-USDT-SWAP-trades-2025-01-01.csv',
    pair: 'okx:swap:*',
    becomes: 'okx:swap:BTC-USDT-SWAP',
    units: { volumeUnit: 'contracts', contractSize: 0.01 },
    columns: [
      ['instrument_name', is('BTC-USDT-SWAP')],
      ['trade_id', id],
      ['side', side],
      ['price', price],
      ['size', volume],
      ['created_time', time],
    ],
  },
  {
    ...common,
    format: 'okx-trades-gbk',
    file: 'BTC-USDT-trades-2022-04-25.csv',
    pair: 'okx:spot:BTC-USDT',
    becomes: 'okx:spot:BTC-USDT',
    columns: [
      ['trade_id/撮合id', id],
      ['side/交易方向', side],
      ['size/数量', volume],
      ['price/价格', price],
      ['created_time/成交时间', time],
    ],
  },
  {
    ...common,
    format: 'bitmex-trades',
    file: '20250101.csv',
    pair: 'bitmex:swap:*',
    becomes: 'bitmex:swap:XBTUSD',
    time: kdb,
    units: { volumeUnit: 'contracts', contractSize: 1, inverse: true },
    columns: [
      ['timestamp', time],
      ['symbol', is('XBTUSD')],
      ['side', capital],
      ['size', volume],
      ['price', price],
      ['tickDirection', is('PlusTick')],
      ['trdMatchID', uuid],
      ['grossValue', quote],
      ['homeNotional', is('0.1')],
      ['foreignNotional', quote],
      ['trdType', is('Regular')],
    ],
  },
  {
    ...common,
    format: 'coinbase-trades',
    file: 'coinbase.csv',
    pair: 'coinbase:spot:BTC-USD',
    becomes: undefined,
    time: iso,
    columns: [
      ['time', time],
      ['trade_id', id],
      ['price', price],
      ['size', volume],
      ['side', maker],
    ],
  },
  {
    ...common,
    format: 'kraken-trades',
    file: 'XBTUSD.csv',
    pair: 'kraken:spot:XBT/USD',
    becomes: 'kraken:spot:XBTUSD',
    header: false,
    time: seconds,
    warns: ['no-ids', 'no-side'],
    byName: true,
    columns: [
      ['time', time],
      ['price', price],
      ['volume', volume],
    ],
  },
  {
    ...common,
    format: 'deribit-trades',
    file: 'deribit.csv',
    pair: 'deribit:swap:BTC-PERPETUAL',
    becomes: 'deribit:swap:BTC-PERPETUAL',
    units: { volumeUnit: 'quote' },
    columns: [
      ['trade_seq', id],
      ['trade_id', id],
      ['timestamp', time],
      ['tick_direction', is('0')],
      ['price', price],
      ['mark_price', price],
      ['instrument_name', is('BTC-PERPETUAL')],
      ['index_price', price],
      ['direction', side],
      ['amount', volume],
    ],
  },
  {
    ...common,
    format: 'bitstamp-transactions',
    file: 'bitstamp.csv',
    pair: 'bitstamp:spot:BTC/USD',
    becomes: undefined,
    time: seconds,
    columns: [
      ['date', time],
      ['tid', id],
      ['price', price],
      ['type', (t) => (t.side === 'buy' ? '0' : '1')],
      ['amount', volume],
    ],
  },
  {
    ...common,
    format: 'bitfinex-trades',
    file: 'bitfinex.csv',
    pair: 'bitfinex:spot:BTC/USD',
    becomes: undefined,
    columns: [
      ['id', id],
      ['mts', time],
      ['amount', signed],
      ['price', price],
    ],
  },
  {
    ...common,
    format: 'gate-spot-deals',
    file: 'BTC_USDT-202501.csv',
    pair: 'gate:spot:BTC_USDT',
    becomes: 'gate:spot:BTC_USDT',
    header: false,
    time: secondsMicros,
    columns: [
      ['timestamp', time],
      ['dealid', id],
      ['price', price],
      ['amount', volume],
      ['side', (t) => (t.side === 'buy' ? '2' : '1')],
    ],
  },
  {
    ...common,
    format: 'gate-futures-trades',
    file: 'BTC_USDT-202501.csv',
    pair: 'gate:swap:BTC_USDT',
    becomes: 'gate:swap:BTC_USDT',
    header: false,
    time: secondsMicros,
    units: { volumeUnit: 'contracts', contractSize: 0.0001 },
    columns: [
      ['timestamp', time],
      ['id', id],
      ['price', price],
      ['size', signed],
    ],
  },
  {
    ...common,
    format: 'htx-trades',
    file: 'BTC-USDT-PERP-trades-2026-03-01.csv',
    pair: 'htx:swap:*',
    becomes: 'htx:swap:BTC-USDT-PERP',
    units: { volumeUnit: 'contracts', contractSize: 0.001 },
    columns: [
      ['instId', is('BTC-USDT-PERP')],
      ['tradeId', id],
      ['px', price],
      ['side', side],
      ['size', volume],
      ['ts', time],
    ],
  },
  {
    ...common,
    format: 'htx-spot-trades',
    file: 'BTCUSDT-trades-2025-01-01.csv',
    pair: 'htx:spot:BTCUSDT',
    becomes: 'htx:spot:BTCUSDT',
    header: false,
    columns: [
      ['Trade ID', id],
      ['Trade Time', time],
      ['Trade Price', price],
      ['Volume (Base Currency)', volume],
      ['Side (buy/sell)', side],
    ],
  },
  {
    ...common,
    format: 'htx-swap-trades',
    file: 'BTC-USDT-trades-2026-05-01.csv',
    pair: 'htx:swap:BTC-USDT',
    becomes: 'htx:swap:BTC-USDT',
    columns: [
      ['Trade ID', id],
      ['Trade Time', time],
      ['Trade Price', price],
      ['Volume (in Contracts)', is('1000')],
      ['Volume (in Base Currency)', volume],
      ['Turnover', quote],
      ['Side (buy/sell)', side],
    ],
  },
  {
    ...common,
    format: 'kucoin-trades',
    file: 'BTCUSDT-trades-2025-01-01.csv',
    pair: 'kucoin:spot:BTC-USDT',
    becomes: 'kucoin:spot:BTCUSDT',
    columns: [
      ['trade_id', id],
      ['trade_time', time],
      ['price', price],
      ['size', volume],
      ['side', (t) => (t.id % 2 ? t.side : t.side.toUpperCase())],
    ],
  },
  {
    ...common,
    format: 'kucoin-futures-trades',
    file: 'ETHUSDTM-trades-2025-01-01.csv',
    pair: 'kucoin:swap:ETHUSDTM',
    becomes: 'kucoin:swap:ETHUSDTM',
    header: false,
    units: { volumeUnit: 'contracts', contractSize: 0.01 },
    columns: [
      ['trade_id', id],
      ['trade_time', time],
      ['price', price],
      ['size', volume],
      ['side', side],
    ],
  },
  {
    ...common,
    format: 'bitget-trades',
    file: 'BTCUSDT_UMCBL_20250101_001.csv',
    pair: 'bitget:swap:BTCUSDT',
    becomes: 'bitget:swap:BTCUSDT',
    columns: [
      ['trade_id', id],
      ['timestamp', time],
      ['price', price],
      ['side', side],
      ['volume(quote)', quote],
      ['size(base)', volume],
    ],
  },
  {
    ...common,
    format: 'tardis',
    file: 'binance-futures_trades_2025-01-01_BTCUSDT.csv',
    pair: 'binance:swap:*',
    becomes: 'binance-futures:swap:BTCUSDT',
    time: micros,
    columns: [
      ['exchange', is('binance-futures')],
      ['symbol', is('BTCUSDT')],
      ['timestamp', time],
      ['local_timestamp', time],
      ['id', id],
      ['side', side],
      ['price', price],
      ['amount', volume],
    ],
  },
  {
    ...common,
    format: 'databento-trades',
    file: 'glbx.csv',
    pair: 'cme:future:ESH5',
    becomes: undefined,
    time: nanos,
    units: { volumeUnit: 'contracts' },
    warns: ['no-ids', 'contract-size'],
    columns: [
      ['ts_recv', time],
      ['ts_event', time],
      ['rtype', is('0')],
      ['publisher_id', is('1')],
      ['instrument_id', is('5602')],
      ['action', is('T')],
      ['side', (t) => (t.side === 'buy' ? 'B' : 'A')],
      ['depth', is('0')],
      ['price', (t) => `${t.price}0000000`],
      ['size', volume],
      ['flags', is('0')],
      ['ts_in_delta', is('100')],
      ['sequence', is('4')],
    ],
  },
  {
    ...common,
    format: 'kaiko-trades',
    file: 'kaiko.csv',
    pair: 'kraken:spot:*',
    becomes: 'krkn:spot:btcusd',
    columns: [
      ['id', id],
      ['exchange', is('krkn')],
      ['symbol', is('btcusd')],
      ['date', time],
      ['price', price],
      ['amount', volume],
      ['sell', buyerMaker],
    ],
  },
  {
    ...common,
    format: 'freqtrade-trades',
    file: 'freqtrade.csv',
    pair: 'binance:spot:BTC/USDT',
    becomes: undefined,
    columns: [
      ['timestamp', time],
      ['id', id],
      ['type', is('')],
      ['side', side],
      ['price', price],
      ['amount', volume],
      ['cost', quote],
    ],
  },
]

/** A file's text: header and rows, split as a CSV is. */
export function linesOf(dump: Dump, trades: readonly MadeTrade[], text: TimeText): string[][] {
  const rows = trades.map((trade) => dump.columns.map(([, cell]) => cell(trade, text)))
  return dump.header ? [dump.columns.map(([name]) => name), ...rows] : rows
}
