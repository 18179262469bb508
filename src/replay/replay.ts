// A recorded market into an engine: files, or whatever gives trades one by one.
import type { TickEngine } from '../engine.js'
import { bare, EngineError } from '../errors.js'
import type { ColumnMap } from '../feeds/csv-layout.js'
import { type FeedFormat, type FeedOptions, openFeed } from '../feeds/feed.js'
import type { SideValues } from '../feeds/side-meaning.js'
import { functionOf, objectOf } from '../model/given.js'
import type { FeedWarning, Reading } from '../model/reading.js'
import { REFUSAL_NAMES, Refusal } from '../model/refusal.js'
import type { TradeInput } from '../model/trade-input.js'
import type { Pair } from '../pair.js'
import type { Prices, TradeIds, VolumeUnit } from '../pair-options.js'
import { checkHeads } from './check-heads.js'
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
  /** Of files: default 'auto'; a name that `tickloom formats` prints. */
  format?: FeedFormat
  /** Of files: which column holds what, where the usual names do not say. */
  map?: ColumnMap
  /** Of files: which values of the side column are what: { buy: '2', sell: '1' }. */
  sides?: SideValues
  /** Of files: whose side the column tells; default the taker's, or as the format declares it. */
  sideOf?: 'taker' | 'maker'
  /** Of files: what one unit of volume is; default as the format declares it, else base. */
  volumeUnit?: VolumeUnit
  /** Of files: worth of a contract in base currency, or in quote currency where `inverse`. */
  contractSize?: number
  inverse?: boolean
  /** Of files: the first warning throws BAD_FEED, before anything is stored where it can be. */
  strict?: boolean
}

/** What a replay came to; `read` = rows that can be read, each received or refused. */
export interface ReplayCounts {
  read: number
  received: number
  refused: number
  /** Of each file: what it was taken for. */
  readings: readonly Reading[]
  /** Where a number may be wrong; each was a `fault` event too. */
  warnings: readonly FeedWarning[]
}

/** Replays; resolves when everything was taken. Throws BAD_FEED, BAD_ARGUMENT. */
export async function replay(
  engine: TickEngine,
  source: ReplaySource,
  options: ReplayOptions,
  onTick: TickHandler | undefined,
  tell: (warning: FeedWarning) => void,
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
  const counts: Counting = { read: 0, received: 0, refused: 0, readings: [], warnings: [] }
  if (isPaths(source)) await replayFiles(engine, [source].flat(), options, onTick, counts, tell)
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

interface Counting extends ReplayCounts {
  readings: Reading[]
  warnings: FeedWarning[]
}

async function replayFiles(
  engine: TickEngine,
  paths: readonly string[],
  options: ReplayOptions,
  onTick: TickHandler | undefined,
  counts: Counting,
  tell: (warning: FeedWarning) => void,
): Promise<void> {
  const { lockstep = false, openEnd = false, speed, strict } = options
  const { pair, ids, prices, symbol, volumeUnit, contractSize, inverse } = options
  if (speed !== undefined && !(typeof speed === 'number' && speed > 0)) {
    throw new EngineError('BAD_ARGUMENT', `speed must be a number above 0: speed=${bare(speed)}`)
  }
  const routing = { pair, ids, prices, symbol, volumeUnit, contractSize, inverse }
  const run = new ReplayRun(engine, { ...routing, lockstep, openEnd, onTick, speed, strict })
  const feeding = feedOptions(options)
  const heads = strict ? await checkHeads(paths, feeding, routing) : undefined
  try {
    for (const path of paths) {
      const feed = heads?.get(path)?.feed ?? openFeed(path, feeding)
      try {
        await run.feed(heads?.get(path) ?? feed)
      } finally {
        counts.read += feed.tally.rows
      }
    }
    await run.end()
  } finally {
    counts.read -= run.leftOut + run.undue
    counts.received = run.received
    counts.refused = counts.read - run.received
    counts.readings = [...run.readings]
    counts.warnings = [...run.readings.flatMap((one) => one.warnings), ...refusalsOf(run.pairs)]
    for (const warning of counts.warnings) tell(warning)
  }
}

function feedOptions({ format, map, sides, sideOf, pair, ids }: ReplayOptions): FeedOptions {
  const withoutIds = ids === 'none' ? true : undefined
  return Object.fromEntries(
    Object.entries({ format, map, sides, sideOf, pair, withoutIds }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

/** Trades that pairs have refused, as warnings. */
export function refusalsOf(pairs: Iterable<Pair>): FeedWarning[] {
  const told: FeedWarning[] = []
  for (const { name, refusals } of pairs) {
    for (const [refusal, count] of refusals) {
      // A full ring was waited for, and a trade without its id was taken.
      if (refusal === Refusal.RingFull || refusal === Refusal.IdNotExact) continue
      const reason = REFUSAL_NAMES[refusal as Refusal]
      const message = `${count} trades of ${name} were refused, and not stored: ${reason}`
      told.push({ code: 'rejected-rows', file: name, message, count })
    }
  }
  return told
}

async function replayTrades(
  engine: TickEngine,
  trades: AsyncIterable<TradeInput> | Iterable<TradeInput>,
  { lockstep = false, openEnd = false }: ReplayOptions,
  onTick: TickHandler | undefined,
  counts: Counting,
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
