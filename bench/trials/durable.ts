// Ticks until they are committed in DuckDB, against what DuckDB's own ways in can do.
import { join } from 'node:path'
import { type Pair, Refusal, type Side, TickEngine } from '../../src/index.js'
import { checkFiles, checkTable } from '../answers.js'
import { BaselineFile, chunkColumns } from '../baseline-file.js'
import { type Market, makeMarket, symbolOf } from '../market.js'
import { naivePairs } from '../naive-model.js'
import type { Run, RunContext, Trial } from '../trial.js'

const TICKS = 6_000_000
const MANY_TICKS = 20_000_000
const SMOKE_TICKS = 60_000
/** Exchange time passes at a rate a busy desk sees, so that candles are many. */
const TICKS_PER_SECOND = 2000
const SMOKE_TICKS_PER_SECOND = 50
/** Rows a second at 10,240 a commit, as DESIGN.md measured them. */
const KNOWN_ROWS = 900_000
const KNOWN_CHUNKS = 3_400_000

function marketOf(context: RunContext, pairs: number): Market {
  const ticks = context.smoke ? SMOKE_TICKS : pairs > 100 ? MANY_TICKS : TICKS
  const ticksPerSecond = context.smoke ? SMOKE_TICKS_PER_SECOND : TICKS_PER_SECOND
  return makeMarket({ ticks, pairs, seed: context.seed, ticksPerSecond })
}

/** Everything on: journal, sequential ids, candles and flow heard by the host. */
function engineRun(
  pairs: number,
  shards: number,
  journal: boolean,
  tradeIds: 'sequential' | 'text' = 'sequential',
): Run {
  return async (context) => {
    const market = marketOf(context, pairs)
    const engine = await TickEngine.open({
      dataDir: context.dataDir,
      shards,
      clock: 'event',
      journal,
      overflow: 'reject',
      closeTimeoutMs: 60_000,
    })
    let closedMinutes = 0
    engine.on('candle', (candle) => {
      if (candle.interval === '1m') closedMinutes++
    })
    let flows = 0
    engine.on('flow', () => flows++)
    const started = performance.now()
    await ingest(engine, market, tradeIds)
    await engine.flush({ stored: true })
    const seconds = (performance.now() - started) / 1000
    await checkSession(engine, market)
    await engine.close()
    await checkFiles(context.dataDir, market)
    const minutes = naivePairs(market).reduce((n, pair) => n + pair.minutes.size, 0)
    if (closedMinutes === 0 || closedMinutes > minutes) {
      throw new Error(`wrong answer: candles posted: ${closedMinutes} of ${minutes}`)
    }
    return { value: market.ticks / seconds, figures: { flowPosts: flows } }
  }
}

async function ingest(
  engine: TickEngine,
  market: Market,
  tradeIds: 'sequential' | 'text',
): Promise<void> {
  const handles = Array.from(
    { length: market.pairs },
    (_, i) => engine.pair('bench', 'spot', symbolOf(i), { tradeIds }) as Pair<'sequential'>,
  )
  const text = tradeIds === 'text'
  const { ticks, pair, timestamp, price, volume, side, tradeId, receivedAt } = market
  for (let i = 0; i < ticks; ) {
    const receipt = handles[pair[i]].trade(
      timestamp[i],
      price[i],
      volume[i],
      side[i] as Side,
      text ? `T${tradeId[i]}` : tradeId[i],
      receivedAt[i],
    )
    if (receipt > 0) i++
    else if (receipt === Refusal.RingFull) await engine.drained()
    else throw new Error(`refused: ${receipt}`)
  }
}

async function checkSession(engine: TickEngine, market: Market): Promise<void> {
  const { stored, duplicates, rejected, tooLate, noTrades } = engine.stats()
  if (stored !== market.ticks || duplicates + rejected + tooLate + noTrades > 0) {
    throw new Error(`wrong answer: stored ${stored} of ${market.ticks}`)
  }
  for (const [index, model] of naivePairs(market).entries()) {
    const { cvd } = model
    const pair = engine.pair('bench', 'spot', symbolOf(index))
    const stats = await pair.stats()
    const candles = await pair.candles('1m', { includeOpen: true })
    const trades = candles.reduce((n, candle) => n + candle.trades, 0)
    if (candles.length !== model.minutes.size || trades !== model.ticks) {
      throw new Error(`wrong answer: ${pair.name} candles ${candles.length}, trades ${trades}`)
    }
    if (stats.cvd !== cvd / 1000 || stats.gaps !== 0) {
      throw new Error(`wrong answer: ${stats.pair} cvd ${stats.cvd} not ${cvd / 1000}`)
    }
  }
}

function baselineRun(pairs: number, way: 'rows' | 'chunks'): Run {
  return async (context) => {
    const market = marketOf(context, pairs)
    const path = join(context.dataDir, 'baseline.duckdb')
    const file = await BaselineFile.create(path)
    const columns = way === 'chunks' ? chunkColumns(market) : []
    const started = performance.now()
    if (way === 'chunks') file.appendColumns(columns, market.ticks)
    else file.appendRows(market)
    const seconds = (performance.now() - started) / 1000
    file.close()
    await checkTable(path, market)
    return { value: market.ticks / seconds }
  }
}

function throughput(pairs: number, shards: number, atLeast: number): Trial {
  return {
    name: `durable-throughput-${pairs}x${shards}`,
    unit: 'ticks/s',
    better: 'higher',
    mustReach: [{ figure: 'ratio', atLeast }],
    subject: engineRun(pairs, shards, true),
    baseline: {
      name: 'DuckDB row appender, 10,240 a commit',
      run: baselineRun(pairs, 'rows'),
      known: KNOWN_ROWS,
    },
  }
}

export const durableTrials: readonly Trial[] = [
  throughput(1, 1, 2),
  throughput(100, 2, 2),
  throughput(1000, 2, 1.2),
  {
    name: 'durable-vs-limit-100x2',
    unit: 'ticks/s',
    better: 'higher',
    mustReach: [{ figure: 'ratio', atLeast: 0.5 }],
    subject: engineRun(100, 2, true),
    baseline: {
      name: '2,048-row chunks into one table, 10,240 a commit, no processing',
      run: baselineRun(100, 'chunks'),
      known: KNOWN_CHUNKS,
    },
  },
  {
    name: 'journal-cost-100x2',
    unit: 'ticks/s',
    better: 'higher',
    mustReach: [{ figure: 'ratio', atLeast: 0.75 }],
    subject: engineRun(100, 2, true),
    baseline: { name: 'the same without journal', run: engineRun(100, 2, false) },
  },
  {
    name: 'text-ids',
    unit: 'ticks/s',
    better: 'higher',
    mustReach: [],
    subject: engineRun(100, 2, true, 'text'),
    baseline: { name: 'the same with integer ids', run: engineRun(100, 2, true) },
  },
]
