// Whether a pair's file stays flat: ticks come for 20 cycles after the first retention period, and
// each cycle ends with a cleanup. Times begin hours ago and run faster than the clock on the wall:
// what is behind the wall is not from the future, and the pair's own time moves with its ticks.
import { statSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { type Pair, Refusal, type Side, TickEngine } from '../../src/index.js'
import { pairFile } from '../answers.js'
import { type Market, makeMarket, symbolOf } from '../market.js'
import { candlesOf, naivePairs } from '../naive-model.js'
import type { Run, Trial } from '../trial.js'

const KEPT_US = 15 * 60_000_000
const CYCLE_US = 5 * 60_000_000
/** Cycles of the first retention period, and one more until something goes. */
const FIRST_CYCLES = 4
const CYCLES = 20
const KEPT_ROWS = 1_600_000
const SMOKE_KEPT_ROWS = 6000
const LIMIT = 1.5

const flatFile: Run = async ({ dataDir, seed, smoke }) => {
  const keptRows = smoke ? SMOKE_KEPT_ROWS : KEPT_ROWS
  const cycleTicks = Math.ceil((keptRows * CYCLE_US) / KEPT_US)
  const cycles = FIRST_CYCLES + (smoke ? 4 : CYCLES)
  const market = makeMarket({
    ticks: cycles * cycleTicks,
    pairs: 1,
    seed,
    ticksPerSecond: cycleTicks / (CYCLE_US / 1e6),
    // Ends a minute ago.
    fromUs: Math.floor(Date.now() / 60_000) * 60_000_000 - (cycles * CYCLE_US + 60_000_000),
  })
  const engine = await TickEngine.open({
    dataDir,
    shards: 1,
    clock: 'wall',
    overflow: 'reject',
    closeTimeoutMs: 60_000,
    retention: { ticks: '15m' },
    retentionEveryMs: 86_400_000,
  })
  const pair = engine.pair('bench', 'spot', symbolOf(0), { tradeIds: 'sequential' })
  const path = pairFile(dataDir, symbolOf(0))
  const after: number[] = []
  const before: number[] = []
  let cleanupMs = 0
  const startedMs = performance.now()
  for (let cycle = 0; cycle < cycles; cycle++) {
    await ingest(engine, pair, market, cycle * cycleTicks, (cycle + 1) * cycleTicks)
    await engine.flush({ stored: true })
    const size = sizeOf(path)
    const cleaningMs = performance.now()
    await engine.cleanup()
    if (cycle < FIRST_CYCLES) continue
    before.push(size)
    after.push(sizeOf(path))
    cleanupMs = Math.max(cleanupMs, performance.now() - cleaningMs)
  }
  const elapsedUs = (performance.now() - startedMs) * 1000
  await engine.close()
  const rows = await checkRows(path, market, elapsedUs)
  if (!smoke && rows < 1_500_000) throw new Error(`wrong answer: only ${rows} rows kept`)
  const smallest = Math.min(...after)
  return {
    value: Math.max(...after) / smallest,
    figures: {
      rows,
      smallestMb: smallest / 2 ** 20,
      cleanupMs,
      // With what came since the cleanup before, and the write-ahead log.
      beforeCleanup: Math.max(...before) / smallest,
    },
  }
}

function sizeOf(path: string): number {
  const log = statSync(`${path}.wal`, { throwIfNoEntry: false })
  return statSync(path).size + (log?.size ?? 0)
}

async function ingest(
  engine: TickEngine,
  pair: Pair<'sequential'>,
  market: Market,
  from: number,
  to: number,
): Promise<void> {
  const { timestamp, price, volume, side, tradeId } = market
  for (let i = from; i < to; ) {
    const at = timestamp[i]
    const receipt = pair.trade(at, price[i], volume[i], side[i] as Side, tradeId[i], at)
    if (receipt > 0) i++
    else if (receipt === Refusal.RingFull) await engine.drained()
    else throw new Error(`refused: ${receipt}`)
  }
}

// What is kept is a run of the newest ticks, as long as the period, less the time that passed while
// the engine worked; and every candle, of all the ticks that ever came.
async function checkRows(path: string, market: Market, elapsedUs: number): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`ATTACH '${path}' AS f (READ_ONLY)`)
  const row = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS()[0]
  const kept = await row(`SELECT count(*)::DOUBLE AS n, sum(trade_id)::DOUBLE AS ids,
    epoch_us(min(timestamp))::DOUBLE AS oldest FROM f.ticks`)
  const candles = await row(`SELECT count(*)::DOUBLE AS n, sum(trades)::DOUBLE AS trades
    FROM f.candles_1m`)
  connection.closeSync()
  instance.closeSync()
  const { timestamp, tradeId, ticks } = market
  const oldest = kept.oldest as number
  let n = 0
  let ids = 0
  for (let i = ticks - 1; i >= 0 && timestamp[i] >= oldest; i--) {
    n++
    ids += tradeId[i]
  }
  const tooYoungUs = oldest - (timestamp[ticks - 1] - KEPT_US)
  if (kept.n !== n || kept.ids !== ids || tooYoungUs < 0 || tooYoungUs > elapsedUs + 2e6) {
    throw new Error(`wrong answer: ${kept.n} rows kept from ${oldest}, not ${n}; ${tooYoungUs} µs`)
  }
  // Stored candles are the closed ones; the newest minute or two may be open.
  const all = [...candlesOf(naivePairs(market)[0], 1).values()]
  const closed = all.slice(0, candles.n as number)
  const trades = closed.reduce((sum, candle) => sum + candle.trades, 0)
  if (candles.trades !== trades || all.length - closed.length > 2) {
    throw new Error(`wrong answer: ${candles.n} candles of ${candles.trades} trades, not ${trades}`)
  }
  return n
}

export const retention: Trial = {
  name: 'retention',
  unit: 'largest/smallest file',
  better: 'lower',
  mustReach: [{ figure: 'median', atMost: LIMIT }],
  subject: flatFile,
  baseline: { name: `the limit of ${LIMIT}`, run: async () => ({ value: LIMIT }) },
}
