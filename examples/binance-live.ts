// A venue's raw stream over `ws`, for as long as you like: it connects again when the connection is
// lost, and fetches what was missed. Type-checked and run by the tests, against a local server.
import { type Pair, Side, type TickEngine } from 'tickloom'
import { fromBinance } from 'tickloom/feeds'
import WebSocket from 'ws'

export interface Venue {
  /** wss://stream.binance.com:9443/stream */
  readonly stream: string
  /** https://api.binance.com/api/v3 */
  readonly rest: string
}

/** Follows the symbols until the returned function is called. */
export function follow(engine: TickEngine, venue: Venue, symbols: readonly string[]): () => void {
  const pairs = new Map<string, Pair>(
    symbols.map((s) => [s, engine.pair('binance', 'spot', s, { tradeIds: 'sequential' }) as Pair]),
  )
  const url = `${venue.stream}?streams=${symbols.map((s) => `${s.toLowerCase()}@trade`).join('/')}`
  let socket: WebSocket
  let again: NodeJS.Timeout | undefined
  const connect = () => {
    socket = new WebSocket(url)
    socket.on('message', (data) => fromBinance((s) => pairs.get(s), String(data)))
    socket.on('error', (error) => console.warn(error.message))
    socket.on('close', () => {
      again = setTimeout(connect, 100)
    })
  }
  connect()
  // Ids are contiguous: whatever was missed, while away or on the way, is told as a gap.
  const deaf = engine.on('gap', ({ pair, firstId, lastId, closed }) => {
    const missed = [...pairs].find(([, { name }]) => name === pair)
    if (missed !== undefined && !closed) void fetchMissed(venue, ...missed, firstId, lastId)
  })
  return () => {
    deaf()
    socket.removeAllListeners('close').terminate()
    clearTimeout(again)
  }
}

interface Row {
  id: number
  price: string
  qty: string
  time: number
  isBuyerMaker: boolean
}

async function fetchMissed(
  { rest }: Venue,
  symbol: string,
  pair: Pair,
  firstId: number,
  lastId: number,
) {
  for (let from = firstId; from <= lastId; from += 1000) {
    const limit = Math.min(1000, lastId - from + 1)
    const query = `symbol=${symbol}&fromId=${from}&limit=${limit}`
    const response = await fetch(`${rest}/historicalTrades?${query}`)
    for (const row of (await response.json()) as Row[]) {
      const side = row.isBuyerMaker ? Side.Sell : Side.Buy
      pair.trade(row.time * 1000, Number(row.price), Number(row.qty), side, row.id)
    }
  }
}
