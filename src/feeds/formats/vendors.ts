// Those who sell or store what venues publish.
import { BASE, type DumpFormat } from './format.js'

export const DATABENTO: DumpFormat = {
  name: 'databento-trades',
  venue: undefined,
  what: 'the trades schema as CSV; side is the aggressor: A sold, B bought, N unknown',
  headers: [
    'ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,[depth],price,size,flags,ts_in_delta,sequence,[symbol]',
  ],
  columns: {
    timestamp: 'ts_event',
    received: 'ts_recv',
    side: 'side',
    price: 'price',
    volume: 'size',
    symbol: 'symbol',
  },
  ids: 'none: `sequence` counts messages, several trades can share one',
  contract: () => ({ volumeUnit: 'contracts' }),
  market: () => undefined,
  kind: { column: 'action', trade: ['T'] },
  // Without `pretty_px` a price is a whole number of 1e-9.
  refuse: (row) =>
    /^-?\d{9,}$/.test(row('price'))
      ? 'its prices are whole numbers of 1e-9; write it with pretty_px=True'
      : undefined,
  source: 'https://databento.com/docs/schemas-and-data-formats/trades',
}

export const KAIKO: DumpFormat = {
  name: 'kaiko-trades',
  venue: undefined,
  what: 'tick-level trades; `sell` says whether the taker sold',
  headers: ['id,exchange,symbol,date,price,amount,sell'],
  columns: {
    id: 'id',
    exchange: 'exchange',
    symbol: 'symbol',
    timestamp: 'date',
    price: 'price',
    volume: 'amount',
    side: 'sell',
  },
  ids: "the exchange's",
  contract: () => BASE,
  market: () => undefined,
  source: 'https://docs.kaiko.com/rest-api/data-feeds/level-1-and-level-2-data/level-1-tick-level',
}

export const FREQTRADE: DumpFormat = {
  name: 'freqtrade-trades',
  venue: undefined,
  what: "what freqtrade's download-data --dl-trades writes as CSV, with a header",
  headers: ['timestamp,id,type,side,price,amount,cost'],
  columns: {
    timestamp: 'timestamp',
    id: 'id',
    side: 'side',
    price: 'price',
    volume: 'amount',
  },
  ids: "ccxt's, the exchange's where it has one",
  contract: () => BASE,
  market: () => undefined,
  source: 'https://www.freqtrade.io/en/stable/data-download/#trades-tick-data',
}
