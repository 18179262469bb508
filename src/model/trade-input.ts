import type { SideName } from './side.js'
import type { Time } from './time.js'

/** A trade as `ingest()` takes it. */
export interface TradeInput {
  readonly exchange: string
  readonly market: string
  readonly symbol: string
  /** Date, ISO 8601 text or µs since the epoch. */
  readonly timestamp: Time
  readonly price: number
  readonly volume: number
  /** The taker's side. */
  readonly side: SideName
  readonly tradeId?: number | bigint | string
  readonly receivedAt?: Time
}
