// What a trader writes in the first week. Type-checked and run by the tests.
import ccxt, { type Exchange } from 'ccxt'
import { ManualClock, type Pair, Side, TickEngine } from 'tickloom'
import { ccxtPair, fromBinance, fromCcxt } from 'tickloom/feeds'

// 1 ccxt.pro, many pairs, several venues
export async function live(engine: TickEngine, symbols: Record<string, string[]>) {
  for (const id of Object.keys(symbols)) {
    const ex = new ccxt.pro[id]!()
    await ex.loadMarkets()
    // The trades that fetchTrades() gives: raw ones are the same under other ids, and refused.
    const same = { name: 'aggTrade' }
    if (id.startsWith('binance')) Object.assign(ex.options, { watchTradesForSymbols: same })
    const pairs = new Map(
      symbols[id]!.map((s) => {
        const k = ccxtPair(ex, s)
        return [s, engine.pair(k.exchange, k.market, k.symbol, k.options)] as const
      }),
    )
    void (async () => {
      for (;;)
        for (const t of await ex.watchTradesForSymbols([...pairs.keys()]))
          fromCcxt(pairs.get(t.symbol!)!, t)
    })()
  }
}

// 2 raw Binance
export function raw(pairs: Map<string, Pair>, message: string) {
  if (fromBinance((s) => pairs.get(s), message) < 0) console.warn('refused')
}

// 3 backtest: the times at which it would have bought
export async function backtest(files: string[], dataDir = './bt') {
  const engine = await TickEngine.open({ dataDir, clock: 'event', retention: 'off' })
  const bought: number[] = []
  await engine.replay(files, { lockstep: true }, (pair, receipt) => {
    const f = pair.flow()
    if (f && f.receipt === receipt && f.windows['60s']!.imbalance > 0.6) bought.push(f.timestamp)
  })
  await engine.close()
  return bought
}

// 4 strategy, synchronous
export function onTick(
  btc: Pair<'sequential'>,
  ts: number,
  p: number,
  v: number,
  s: Side,
  id: number,
) {
  const receipt = btc.trade(ts, p, v, s, id)
  const f = btc.flow()
  const c = btc.candle('1m')
  return f && c && f.receipt >= receipt && f.windows['60s']!.imbalance > 0.6 && p > c.vwap
}

// 5 restart and backfill: what is still missing
export async function restart(btc: Pair, ex: Exchange) {
  await btc.ready()
  const last = await btc.last()
  for (const t of await ex.fetchTrades('BTC/USDT', last && last.timestamp / 1000)) fromCcxt(btc, t)
  return btc.gaps({ open: true })
}

// 6 a day of candles, for lightweight-charts
export async function day(engine: TickEngine, from: string, to: string) {
  const rows = await engine.pair('binance', 'spot', 'BTCUSDT').candles('1h', { from, to })
  return rows.map((c) => ({
    time: c.timestamp / 1e6,
    open: c.open,
    high: c.high,
    low: c.low,
    close: c.close,
  }))
}

// 7 pandas: pd.read_parquet('ticks.parquet')
export async function pandas(btc: Pair, file: string) {
  return btc.export('ticks', { from: '2026-11-19', to: '2026-11-20', format: 'parquet', file })
}

// 8 unit test of a strategy
export async function test() {
  const clock = new ManualClock('2026-11-20T00:00:00Z')
  const engine = await TickEngine.open({ dataDir: ':memory:', clock })
  const btc = engine.pair('test', 'spot', 'BTC')
  btc.trade(clock.now(), 100, 1, Side.Buy)
  clock.advance('61s')
  engine.settle()
  const c = (await btc.candles('1m'))[0]
  await engine.close()
  return c?.close === 100
}

// misuse that must not compile
// @ts-expect-error an id on a pair that has none
export const bad = (p: Pair<'none'>) => p.trade(1, 2, 3, Side.Buy, 4)
