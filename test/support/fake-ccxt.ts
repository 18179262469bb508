import type { Exchange, Trade } from 'ccxt'

// Stands in for ccxt: a venue that sends a few trades a call, drops the connection once, and repeats
// what it sent when it is asked again.

const T0 = Date.UTC(2025, 2, 1)

function trade(symbol: string, id: number): Trade {
  return {
    id: String(id),
    timestamp: T0 + id * 100,
    symbol,
    side: id % 3 === 0 ? 'sell' : 'buy',
    price: 100 + (id % 7),
    amount: 1 + (id % 5),
  }
}

class Venue implements Exchange {
  id = 'fake'
  options = {}
  markets = {
    'BTC/USDT': { symbol: 'BTC/USDT', type: 'spot' },
    'BTC/USDT:USDT': { symbol: 'BTC/USDT:USDT', type: 'swap', contractSize: 0.01 },
  }
  #sent = 0

  async loadMarkets() {
    return this.markets
  }

  async fetchTrades(symbol: string, since = 0) {
    const all = Array.from({ length: 60 }, (_, i) => trade(symbol, i + 1))
    return all.filter(({ timestamp }) => (timestamp ?? 0) >= since)
  }

  async watchTradesForSymbols(symbols: string[]): Promise<Trade[]> {
    if (this.#sent >= 50) return new Promise(() => undefined)
    this.#sent += 10
    return symbols.flatMap((symbol) =>
      Array.from({ length: 12 }, (_, i) => trade(symbol, this.#sent - 9 + i)),
    )
  }
}

export default { pro: { fake: Venue } }
