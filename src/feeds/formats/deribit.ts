import { BASE, type Contract, type DumpFormat } from './format.js'

// BTC-PERPETUAL, BTC-28JUN24, BTC-28JUN24-70000-C; linear ones are BTC_USDC-….
// `amount` is USD on inverse perpetuals and futures, base units on linear ones and on options.
function marketOf(symbol: string | undefined): string | undefined {
  if (symbol === undefined) return undefined
  if (/-[CP]$/.test(symbol)) return 'option'
  if (/-PERPETUAL$/.test(symbol)) return 'swap'
  return /-\d{1,2}[A-Z]{3}\d\d$/.test(symbol) ? 'future' : 'spot'
}

function contract(
  symbol: string | undefined,
  market: string | undefined,
  column: string,
): Contract {
  const kind = marketOf(symbol) ?? market
  if (column === 'contracts') return { volumeUnit: 'contracts' }
  const inverse = (kind === 'swap' || kind === 'future') && !/_/.test(symbol ?? '')
  return inverse ? { volumeUnit: 'quote' } : BASE
}

export const DERIBIT: readonly DumpFormat[] = [
  {
    name: 'deribit-trades',
    venue: 'deribit',
    what: 'answers of public/get_last_trades_by_…; USD on inverse contracts',
    headers: [
      'timestamp,price,direction,amount,instrument_name,trade_id,[trade_seq],[tick_direction],[mark_price],[index_price],[iv],[contracts],[liquidation],[block_trade_id],[block_trade_leg_count],[block_rfq_id],[combo_id],[combo_trade_id]',
    ],
    columns: {
      timestamp: 'timestamp',
      price: 'price',
      volume: 'amount',
      side: 'direction',
      id: 'trade_id',
      symbol: 'instrument_name',
    },
    ids: 'trade ids by currency, ETH- in front of some: not contiguous by instrument',
    contract,
    market: marketOf,
    source: 'https://docs.deribit.com/#public-get_last_trades_by_instrument',
  },
]
