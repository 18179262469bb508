// A recorded market into an engine: files, or whatever gives trades one by one.
import type { TickEngine } from '../engine.js'
import { bare, EngineError } from '../errors.js'
import type { ColumnMap } from '../feeds/csv-layout.js'
import { type FeedFormat, openFeed } from '../feeds/feed.js'
import { functionOf, objectOf } from '../model/given.js'
import { Refusal } from '../model/refusal.js'
import type { TradeInput } from '../model/trade-input.js'
import type { Pair } from '../pair.js'
import type { Prices, TradeIds } from '../pair-options.js'
import { endInput, ReplayRun, type TickHandler, tellTick } from './replay-run.js'

/** Paths of files (CSV, gzipped or not, raw captures), or trades one by one. */
export type ReplaySource =
  | string
  | readonly string[]
  | AsyncIterable<TradeInput>
  | Iterable<TradeInput>

export interface ReplayOptions {
  /** Each callback sees exactly the ticks so far, in `flow()` and `candle()`; slower. */
  lockstep?: boolean
  /**
   * Candles that are open when the input ends are not stored and not posted. Without it they are,
   * with `closed: false`, in an engine with clock 'event'.
   */
  openEnd?: boolean
  /** Of files: which pair the rows are of, or 'exchange:market:*'; default: as they say. */
  pair?: string
  /** Of files: only symbols that match, 'BTC*'. */
  symbol?: string
  /** Of files: 1 as fast as the market was, 10 ten times as fast; default: as fast as can be. */
  speed?: number
  /** Of files: how their trades are numbered; default: told from the first rows. */
  ids?: TradeIds
  /** Of files: whether new pairs take prices of 0 and below; default: told from the first rows. */
  prices?: Prices
  /** Of files: default 'auto'. */
  format?: FeedFormat
  /** Of files: which column holds what, where the usual names do not say. */
  map?: ColumnMap
}

/** What a replay came to; `read` = rows that can be read, each received or refused. */
export interface ReplayCounts {
  read: number
  received: number
  refused: number
}

/** Replays; resolves when everything was taken. Throws BAD_FEED, BAD_ARGUMENT. */
export async function replay(
  engine: TickEngine,
  source: ReplaySource,
  options: ReplayOptions,
  onTick: TickHandler | undefined,
): Promise<ReplayCounts> {
  for (const [name, given] of [
    ['pair', options.pair],
    ['symbol', options.symbol],
  ] as const) {
    if (given === undefined || typeof given === 'string') continue
    throw new EngineError('BAD_ARGUMENT', `${name} must be text: ${name}=${bare(given)}`)
  }
  if (options.map !== undefined) objectOf('map', options.map)
  if (onTick !== undefined) functionOf('onTick', onTick)
  const counts = { read: 0, received: 0, refused: 0 }
  if (isPaths(source)) await replayFiles(engine, [source].flat(), options, onTick, counts)
  else await replayTrades(engine, source, options, onTick, counts)
  return counts
}

function isPaths(source: ReplaySource): source is string | readonly string[] {
  if (typeof source === 'string') return true
  if (Array.isArray(source)) return source.every((path) => typeof path === 'string')
  const given = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null
  if (given?.[Symbol.asyncIterator] !== undefined) return false
  if (given?.[Symbol.iterator] !== undefined) return false
  throw new EngineError(
    'BAD_ARGUMENT',
    `source must be paths, or an iterable: source=${bare(source)}`,
  )
}

async function replayFiles(
  engine: TickEngine,
  paths: readonly string[],
  options: ReplayOptions,
  onTick: TickHandler | undefined,
  counts: ReplayCounts,
): Promise<void> {
  const { pair, ids, prices, lockstep = false, openEnd = false, format, map } = options
  const { symbol, speed } = options
  if (speed !== undefined && !(typeof speed === 'number' && speed > 0)) {
    throw new EngineError('BAD_ARGUMENT', `speed must be a number above 0: speed=${bare(speed)}`)
  }
  const taking = { pair, ids, prices, symbol, speed }
  const run = new ReplayRun(engine, { ...taking, lockstep, openEnd, onTick })
  for (const path of paths) {
    const feed = openFeed(path, {
      ...(format === undefined ? {} : { format }),
      ...(map === undefined ? {} : { map }),
    })
    await run.feed(feed)
    counts.read += feed.tally.rows
  }
  await run.end()
  counts.read -= run.leftOut + run.undue
  counts.received = run.received
  counts.refused = counts.read - run.received
}

async function replayTrades(
  engine: TickEngine,
  trades: AsyncIterable<TradeInput> | Iterable<TradeInput>,
  { lockstep = false, openEnd = false }: ReplayOptions,
  onTick: TickHandler | undefined,
  counts: ReplayCounts,
): Promise<void> {
  const pairs = new Set<Pair>()
  let pair: Pair | undefined
  for await (const trade of trades) {
    counts.read++
    let receipt = engine.ingest(trade)
    while (receipt === Refusal.RingFull) {
      await engine.drained()
      receipt = engine.ingest(trade)
    }
    if (receipt < 0) {
      counts.refused++
      continue
    }
    counts.received++
    if (!isOf(pair, trade)) {
      pair = engine.pair(trade.exchange, trade.market, trade.symbol) as Pair
      pairs.add(pair)
    }
    if (onTick === undefined) continue
    const wait = tellTick(engine, pair, receipt, { lockstep, onTick })
    if (wait !== undefined) await wait
  }
  if (!openEnd) await endInput(engine, pairs)
}

// Names as they were given may be written in another way than the pair's own.
function isOf(pair: Pair | undefined, trade: TradeInput): pair is Pair {
  if (pair === undefined) return false
  const { exchange, market, symbol } = pair.key
  return exchange === trade.exchange && market === trade.market && symbol === trade.symbol
}
