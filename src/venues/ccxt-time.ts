// The time of a unified trade. ccxt's timestamp is whole ms; what the venue said may be finer, in
// `datetime` (coinbase, kraken over websocket) or in its own message.
import { type MessageTime, messageTime } from './message-numbers.js'

/** Characters of '2025-03-01T00:00:00.000Z', which says no more than the timestamp. */
const MILLISECONDS = 24
/** ccxt cuts off or rounds: a finer time of the same trade is less than this away. */
const SAME_US = 1000

type Info = Readonly<Record<string, unknown>>

// Where venues have the time that ccxt has cut to ms.
const FINER: Readonly<Record<string, string>> = {
  coinbaseexchange: 'time',
  independentreserve: 'TradeTimestampUtc',
  // An array: price, volume, time in s with a fraction.
  kraken: '2',
  gate: 'create_time_ms',
}

/** The finest time that is told of a trade. */
export function ccxtTime(
  exchange: string | undefined,
  trade: { readonly timestamp?: unknown; readonly datetime?: unknown },
  info: Info,
): MessageTime {
  const { timestamp, datetime } = trade
  const coarse = messageTime(timestamp)
  const field = FINER[exchange ?? '']
  const long = typeof datetime === 'string' && datetime.length > MILLISECONDS
  const finer = long ? datetime : field === undefined ? undefined : info[field]
  if (Number.isNaN(coarse.us)) return messageTime(datetime ?? finer)
  if (finer === undefined) return coarse
  const fine = messageTime(finer)
  const same = Math.abs(fine.us - coarse.us) < SAME_US && fine.us % SAME_US !== 0
  return same ? fine : coarse
}
