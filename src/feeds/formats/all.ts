// Every declared format; `tickloom formats` prints this list.
import { BINANCE } from './binance.js'
import { BITFINEX } from './bitfinex.js'
import { BITGET } from './bitget.js'
import { BITMEX } from './bitmex.js'
import { BITSTAMP } from './bitstamp.js'
import { BYBIT } from './bybit.js'
import { COINBASE } from './coinbase.js'
import { DERIBIT } from './deribit.js'
import type { DumpFormat } from './format.js'
import { GATE } from './gate.js'
import { HTX } from './htx.js'
import { KRAKEN } from './kraken.js'
import { KUCOIN } from './kucoin.js'
import { OKX } from './okx.js'
import { TARDIS } from './tardis.js'
import { DATABENTO, FREQTRADE, KAIKO } from './vendors.js'

export const FORMATS: readonly DumpFormat[] = [
  ...BINANCE,
  ...BYBIT,
  ...OKX,
  ...BITMEX,
  ...COINBASE,
  ...KRAKEN,
  ...DERIBIT,
  ...BITSTAMP,
  ...BITFINEX,
  ...GATE,
  ...HTX,
  ...KUCOIN,
  ...BITGET,
  ...TARDIS,
  DATABENTO,
  KAIKO,
  FREQTRADE,
]
