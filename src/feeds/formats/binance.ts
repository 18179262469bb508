import { BASE, type Contract, type DumpFormat } from './format.js'

const SOURCE = 'https://github.com/binance/binance-public-data'

// BTCUSDT, ETHUSDT_240628 (dated), BTCUSD_PERP and BTCUSD_240628 (margined in the coin).
const COIN_MARGINED = /USD_(?:PERP|\d{6})$|\/USD:/
const DATED = /_\d{6}$/
const PATH = /^([A-Z0-9]+(?:_(?:PERP|\d{6}))?)-(?:trades|aggTrades)-\d{4}-\d\d/

// A contract is worth 100 USD for BTC and 10 USD for every other coin: so their specification.
function coinMargined(symbol: string | undefined): Contract {
  const contractSize = symbol === undefined ? undefined : symbol.startsWith('BTC') ? 100 : 10
  return { volumeUnit: 'contracts', contractSize, inverse: true }
}

/** What Binance's volumes are, by the symbol; of files and of messages. */
export function binanceContract(symbol: string | undefined): Contract {
  return symbol !== undefined && COIN_MARGINED.test(symbol) ? coinMargined(symbol) : BASE
}

function derivative(symbol: string | undefined): string {
  return symbol !== undefined && DATED.test(symbol) ? 'future' : 'swap'
}

const TRADES = {
  timestamp: 'time',
  price: 'price',
  volume: 'qty',
  id: 'id',
  side: 'is_buyer_maker',
}
const AGGREGATED = {
  timestamp: 'transact_time',
  price: 'price',
  volume: 'quantity',
  id: 'agg_trade_id',
  side: 'is_buyer_maker',
}
const TRADES_SHAPE = [
  ['id', 'whole'],
  ['price', 'number'],
  ['qty', 'number'],
  ['quote_qty', 'number'],
  ['time', 'time'],
  ['is_buyer_maker', 'boolean'],
] as const
const AGGREGATED_SHAPE = [
  ['agg_trade_id', 'whole'],
  ['price', 'number'],
  ['quantity', 'number'],
  ['first_trade_id', 'whole'],
  ['last_trade_id', 'whole'],
  ['transact_time', 'time'],
  ['is_buyer_maker', 'boolean'],
] as const

// Times are ms until the end of 2024 and µs since, on spot; ms on futures.
const common = { venue: 'binance', path: PATH, source: SOURCE } as const
const spot = { ...common, contract: () => BASE, market: () => 'spot' } as const
const futures = { ...common, contract: binanceContract, market: derivative } as const
const RAW_IDS = 'trade ids, contiguous by symbol'
const AGGREGATE_IDS = 'aggregate ids, contiguous by symbol; one can stand on both sides of midnight'

export const BINANCE: readonly DumpFormat[] = [
  {
    ...spot,
    name: 'binance-spot-trades',
    what: 'spot trades, without header',
    shape: [...TRADES_SHAPE, ['is_best_match', 'boolean']],
    columns: TRADES,
    product: 'quote_qty',
    ids: RAW_IDS,
  },
  {
    ...spot,
    name: 'binance-spot-aggTrades',
    what: 'spot aggregated trades, without header',
    shape: [...AGGREGATED_SHAPE, ['is_best_match', 'boolean']],
    columns: AGGREGATED,
    ids: AGGREGATE_IDS,
  },
  {
    ...futures,
    name: 'binance-um-trades',
    what: 'USDⓈ-M futures trades',
    headers: ['id,price,qty,quote_qty,time,is_buyer_maker'],
    shape: TRADES_SHAPE,
    columns: TRADES,
    product: 'quote_qty',
    ids: RAW_IDS,
    fits: ({ name }) => !isCoinMargined(name),
  },
  {
    ...futures,
    name: 'binance-cm-trades',
    what: 'COIN-M futures trades, volumes in contracts',
    headers: ['id,price,qty,base_qty,time,is_buyer_maker'],
    shape: TRADES_SHAPE.map((one) =>
      one[0] === 'quote_qty' ? (['base_qty', one[1]] as const) : one,
    ),
    columns: TRADES,
    contract: coinMargined,
    ids: RAW_IDS,
    fits: ({ name }) => isCoinMargined(name),
  },
  {
    ...futures,
    name: 'binance-futures-aggTrades',
    what: 'futures aggregated trades; volumes in contracts where the symbol is COIN-M',
    headers: [
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
    ],
    shape: AGGREGATED_SHAPE,
    columns: AGGREGATED,
    ids: AGGREGATE_IDS,
  },
]

function isCoinMargined(name: string): boolean {
  const symbol = PATH.exec(name)?.[1]
  return symbol !== undefined && COIN_MARGINED.test(symbol)
}
