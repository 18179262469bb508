// tickloom replay: files through the whole engine.
import { type Feed, type FeedOptions, openFeed, parseColumnMap } from '../feeds/feed.js'
import { parseSideValues } from '../feeds/side-meaning.js'
import { fileSize } from '../feeds/source.js'
import {
  type EngineOptions,
  INTERVALS,
  type Prices,
  type Retention,
  TickEngine,
  type TradeIds,
  type VolumeUnit,
} from '../index.js'
import { INTERVAL_US } from '../model/interval.js'
import { parsePairName } from '../model/pair-key.js'
import type { FeedWarning, Reading } from '../model/reading.js'
import { checkHeads } from '../replay/check-heads.js'
import type { LookAhead } from '../replay/look-ahead.js'
import { ReplayRun, type ReplayRunOptions } from '../replay/replay-run.js'
import { candlesThatFit, chart } from './chart/chart.js'
import { colored, grouped, say, terminalColumns } from './output.js'
import { Progress } from './progress.js'
import { summarize } from './replay-summary.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

/** What a replay came to; `pairs` in the order in which they were met. */
export interface ReplaySummary {
  readonly read: number
  /** Stored. */
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
  /** Ids of no trade: no row, and no gap either. */
  readonly noTrades: number
  readonly late: number
  readonly gaps: number
  /** Stored, of trades whose side is unknown; and their volume, each in its pair's units. */
  readonly unknownSide: number
  readonly unknownVolume: number
  readonly elapsedMs: number
  readonly ticksPerSecond: number
  readonly pairs: readonly PairSummary[]
  /** What each file was taken for. */
  readonly reading: readonly Reading[]
  /** Where a number may be wrong. */
  readonly warnings: readonly FeedWarning[]
}

export interface PairSummary {
  readonly pair: string
  readonly ticks: number
  readonly cvd: number
  readonly buyVolume: number
  readonly sellVolume: number
  readonly unknownSide: number
  readonly unknownVolume: number
  readonly firstTimestamp: number
  readonly lastTimestamp: number
}

export interface ReplayResult {
  readonly summary: ReplaySummary
  readonly engine: TickEngine
  /** The busiest pair's chart. */
  readonly drawn: string
  /** What there is to say of the files, line by line. */
  readonly notes: readonly string[]
  /** Nothing was stored of an input that is not empty, and not because all of it was known. */
  readonly futile: boolean
  /** A warning ended it. */
  readonly stopped: boolean
}

const ID_MODES: readonly string[] = ['integer', 'sequential', 'text', 'none']
const PRICES: readonly string[] = ['positive', 'any']

const VOLUME_UNITS: readonly string[] = ['base', 'quote', 'contracts']

/** Replays the files; the engine stays open for whoever wants to look. `stop` ends it early. */
export async function replay(args: Arguments, stop: AbortSignal): Promise<ReplayResult> {
  if (args.words.length === 0) throw new UsageError('replay wants a FILE, or - for standard input')
  const running = runOptions(args, stop)
  const feeding = feedOptions(args, stop)
  const options = engineOptions(args)
  // A name misspelt must not leave a data directory behind.
  for (const path of args.words) if (path !== '-') await fileSize(path)
  const heads = running.strict
    ? await checkHeads(args.words, feeding, running, sayWarning)
    : new Map<string, LookAhead>()
  const feeds = args.words.map((path) => heads.get(path)?.feed ?? openFeed(path, feeding))
  const startMs = performance.now()
  const engine = await TickEngine.open(options)
  engine.on('fault', ({ code, message, pair: name }) =>
    say(`${name ?? ''} ${code}: ${message}`.trim()),
  )
  try {
    const progress = new Progress()
    const run = new ReplayRun(engine, {
      ...running,
      onBatch: ({ tally }, ticks) => progress.update(tally.bytesRead, tally.bytesTotal, ticks),
    })
    try {
      for (const feed of feeds) await run.feed(heads.get(feed.path) ?? feed)
      await run.end()
    } catch (thrown) {
      // What a strict replay has stored before the warning is told.
      if (run.stopped === undefined) throw thrown
    } finally {
      progress.end()
    }
    await engine.flush({ stored: true })
    if ((args.text('retention') ?? 'off') !== 'off') await engine.cleanup()
    const summary = await summarize(engine, run, feeds, performance.now() - startMs)
    const drawn = args.flag('json') ? '' : await chartOf(engine, summary)
    const { read, accepted, duplicates } = summary
    const other = feeds.some(({ tally }) => tally.skipped > 0) || run.leftOut > 0
    const futile = accepted === 0 && (read > 0 ? duplicates < read : other)
    const notes = [...run.notes, ...notesOf(feeds, run)]
    const stopped = running.strict === true && summary.warnings.length > 0
    return { summary, engine, drawn, notes, futile, stopped }
  } catch (cause) {
    await engine.close()
    throw cause
  }
}

/** One warning, on stderr. */
export function sayWarning({ file, message }: FeedWarning): void {
  say(`warning: ${file}: ${message}`)
}

function feedOptions(args: Arguments, signal: AbortSignal): FeedOptions {
  const [format, map, sides] = [args.text('format'), args.text('map'), args.text('sides')]
  const [sideOf, pair] = [args.text('side-of'), args.text('pair')]
  if (sideOf !== undefined && sideOf !== 'taker' && sideOf !== 'maker') {
    throw new UsageError(`--side-of must be taker or maker: ${sideOf}`)
  }
  const feeding: FeedOptions = {
    format: format ?? 'auto',
    signal,
    ...(map === undefined ? {} : { map: parseColumnMap(map) }),
    ...(sides === undefined ? {} : { sides: parseSideValues(sides) }),
    ...(sideOf === undefined ? {} : { sideOf }),
    ...(pair === undefined ? {} : { pair }),
    ...(args.text('ids') === 'none' ? { withoutIds: true } : {}),
  }
  // Refuses what no file could be opened with.
  for (const path of args.words) openFeed(path, feeding)
  return feeding
}

function runOptions(args: Arguments, signal: AbortSignal): ReplayRunOptions {
  const ids = args.text('ids')
  if (ids !== undefined && !ID_MODES.includes(ids)) {
    throw new UsageError(`--ids must be one of ${ID_MODES.join(', ')}: ${ids}`)
  }
  const prices = args.text('prices')
  if (prices !== undefined && !PRICES.includes(prices)) {
    throw new UsageError(`--prices must be one of ${PRICES.join(', ')}: ${prices}`)
  }
  const unit = args.text('volume-unit')
  if (unit !== undefined && !VOLUME_UNITS.includes(unit)) {
    throw new UsageError(`--volume-unit must be one of ${VOLUME_UNITS.join(', ')}: ${unit}`)
  }
  const size = args.text('contract-size')
  const contractSize = size === undefined ? undefined : Number(size)
  if (contractSize !== undefined && !(contractSize > 0 && contractSize < Infinity)) {
    throw new UsageError(`--contract-size must be a number above 0: ${size}`)
  }
  const pair = args.text('pair')
  if (pair !== undefined) parsePairName(pair)
  return {
    pair,
    symbol: args.text('symbol'),
    speed: speedOf(args.text('speed')),
    signal,
    ids: ids as TradeIds | undefined,
    prices: prices as Prices | undefined,
    openEnd: args.flag('open-end'),
    volumeUnit: unit as VolumeUnit | undefined,
    contractSize,
    inverse: args.flag('inverse') ? true : undefined,
    strict: args.flag('strict'),
  }
}

/** `10x` as 10; undefined for as fast as can be. */
function speedOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'max') return undefined
  const speed = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1])
  if (speed > 0) return speed
  throw new UsageError(`--speed must be max or a factor such as 1x or 10x: ${text}`)
}

// At the shortest interval at which the whole replay fits beside the axis.
async function chartOf(engine: TickEngine, { pairs }: ReplaySummary): Promise<string> {
  const [busiest] = [...pairs].sort((a, b) => b.ticks - a.ticks)
  if (busiest === undefined || busiest.ticks === 0) return ''
  const limit = candlesThatFit(terminalColumns())
  const span = busiest.lastTimestamp - busiest.firstTimestamp
  const interval = INTERVALS.find((_, i) => span / INTERVAL_US[i] < limit) ?? '1d'
  const range = { limit, includeOpen: true, fill: 'previous' } as const
  const candles = await engine.find(busiest.pair).candles(interval, range)
  return chart(candles, { columns: terminalColumns(), colored: colored(process.stdout) })
}

function engineOptions(args: Arguments): EngineOptions {
  const retention = args.text('retention') ?? 'off'
  const shards = args.whole('shards', 1)
  return {
    dataDir: dataDirOf(args),
    // Time moves with the file's ticks.
    clock: 'event',
    overflow: 'reject',
    closeTimeoutMs: 600_000,
    ...(retention === 'off' ? {} : { retention: keepTicks(retention) }),
    ...(shards === undefined ? {} : { shards }),
  }
}

function keepTicks(ticks: string): Retention {
  return { ticks, '1m': 'off', '5m': 'off', '15m': 'off', '1h': 'off', '1d': 'off' }
}

function notesOf(feeds: readonly Feed[], { leftOut, offBook }: ReplayRun): string[] {
  const notes: string[] = []
  for (const { path, tally } of feeds) {
    const { skipped } = tally
    if (skipped > 0) notes.push(`${path}: ${grouped(skipped)} messages were no trades`)
  }
  if (offBook > 0) {
    notes.push(`${grouped(offBook)} trades were off the book: no volume of theirs is counted`)
  }
  if (leftOut > 0) notes.push(`${grouped(leftOut)} rows of other symbols were left out`)
  return notes
}
