// A seeded generator of trades that look like a market's, as a CSV with the columns of tardis, so
// that `replay` reads it back without options. The same options give the same bytes everywhere.
import { EngineError } from '../errors.js'
import { Side } from '../model/side.js'
import { Arrivals } from './arrivals.js'
import { MarketWalk } from './market-walk.js'
import { Random } from './random.js'
import { RowQueue } from './row-queue.js'

export interface GenerateOptions {
  readonly pairs: number
  /** Trades made; what `gaps` takes away and `duplicates` repeats comes on top. */
  readonly ticks: number
  readonly seed: number
  /** About how long the trades take, µs; default six hours. */
  readonly spanUs?: number
  /** Time of the first trade, µs; default 2025-03-03T13:00:00Z. */
  readonly startUs?: number
  /** Chance of a row to be sent again later, 0 to 1. */
  readonly duplicates?: number
  /** How much later than its turn a row can come, ms. */
  readonly disorderMs?: number
  /** Chance of a run of trades to be lost, at each trade, 0 to 1. */
  readonly gaps?: number
  /** Chance of a row that no engine should store, beside each trade, 0 to 1. */
  readonly bad?: number
}

const HEADER = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n'
const EXCHANGE = 'demo'
const START_US = Date.UTC(2025, 2, 3, 13) * 1000
const SPAN_US = 6 * 3_600_000_000
const LONGEST_GAP = 20
/** A repeated row comes back within this, as after a reconnect. */
const REPEAT_US = 2_000_000
const FLUSH_CHARS = 65_536
const MAX_GENERATED_PAIRS = 10_000

/** The CSV in pieces of some 64 KB. Throws BAD_ARGUMENT for options out of range. */
export function* generateCsv(options: GenerateOptions): Generator<string> {
  checkOptions(options)
  const { pairs, ticks, seed, duplicates = 0, gaps = 0, bad = 0 } = options
  const startUs = options.startUs ?? START_US
  const spanUs = options.spanUs ?? SPAN_US
  const disorderUs = (options.disorderMs ?? 0) * 1000
  const random = new Random(seed)
  // What spoils the rows draws from a source of its own: the trades stay the same with and without.
  const spoiler = new Random(seed + 2 ** 32)
  const arrivals = new Arrivals(random, pairs, ticks, spanUs / 1e6)
  const walks = Array.from({ length: pairs }, (_, pair) => new MarketWalk(random, pair))
  const losing = new Int32Array(pairs)
  const queue = new RowQueue()
  let piece = HEADER
  for (let tick = 0; tick < ticks; tick++) {
    arrivals.next()
    const walk = walks[arrivals.pair]
    walk.next()
    const timestamp = startUs + Math.round(arrivals.seconds * 1e6)
    const local = timestamp + 3000 + Math.round(9000 * Math.exp(0.6 * random.normal()))
    if (gaps > 0 && spoiler.uniform() < gaps) losing[arrivals.pair] = 1 + spoiler.below(LONGEST_GAP)
    if (losing[arrivals.pair] > 0) losing[arrivals.pair]--
    else {
      const row = rowOf(walk, timestamp, local)
      queue.push(timestamp + (disorderUs > 0 ? spoiler.below(disorderUs) : 0), row)
      if (duplicates > 0 && spoiler.uniform() < duplicates) {
        queue.push(timestamp + 1 + spoiler.below(REPEAT_US), row)
      }
    }
    if (bad > 0 && spoiler.uniform() < bad) {
      queue.push(timestamp, badRow(walk, timestamp, local, spoiler.below(5)))
    }
    piece += queue.popUntil(timestamp)
    if (piece.length < FLUSH_CHARS) continue
    yield piece
    piece = ''
  }
  yield piece + queue.popUntil(Number.POSITIVE_INFINITY)
}

function rowOf(walk: MarketWalk, timestamp: number, local: number): string {
  const side = walk.side === Side.Buy ? 'buy' : 'sell'
  const id = walk.id
  return `${EXCHANGE},${walk.symbol},${timestamp},${local},${id},${side},${walk.price},${walk.size}\n`
}

// Rows as broken senders make them. They carry no id, so that they leave no hole among the ids.
function badRow(walk: MarketWalk, timestamp: number, local: number, kind: number): string {
  const start = `${EXCHANGE},${walk.symbol},${timestamp},${local},,buy`
  if (kind === 0) return `${start},0,${walk.size}\n`
  if (kind === 1) return `${start},${walk.price},-1\n`
  if (kind === 2) return `${start},${walk.price}\n`
  if (kind === 3) return `${start},NaN,${walk.size}\n`
  return `${EXCHANGE},${walk.symbol},soon,${local},,buy,${walk.price},${walk.size}\n`
}

function checkOptions(o: GenerateOptions): void {
  whole('pairs', o.pairs, 1, MAX_GENERATED_PAIRS)
  whole('ticks', o.ticks, 1, 1e12)
  whole('seed', o.seed, 0, 2 ** 52)
  whole('disorder', o.disorderMs ?? 0, 0, 3_600_000)
  for (const name of ['duplicates', 'gaps', 'bad'] as const) {
    const chance = o[name] ?? 0
    if (chance >= 0 && chance <= 1) continue
    throw new EngineError('BAD_ARGUMENT', `${name} must be from 0 to 1: ${name}=${chance}`)
  }
}

function whole(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  const rule = `a whole number from ${min} to ${max}`
  throw new EngineError('BAD_ARGUMENT', `${name} must be ${rule}: ${name}=${value}`)
}
