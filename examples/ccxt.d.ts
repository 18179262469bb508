// As much of ccxt's types as the examples need: the library itself is no dependency.
declare module 'ccxt' {
  export interface Trade {
    id?: string
    timestamp?: number
    datetime?: string
    symbol?: string
    side?: string
    price: number
    amount?: number
    cost?: number
  }
  export interface Exchange {
    id: string
    options: Record<string, unknown>
    markets: Record<
      string,
      { symbol: string; type: string; contractSize?: number; inverse?: boolean }
    >
    loadMarkets(): Promise<unknown>
    fetchTrades(symbol: string, since?: number): Promise<Trade[]>
    watchTradesForSymbols(symbols: string[]): Promise<Trade[]>
  }
  const ccxt: { pro: Record<string, new () => Exchange> }
  export default ccxt
}
