// Engine and pair options: one type, one table of defaults, one resolve function each.
// Behind resolveOptions() the rest of the code sees only the resolved, readonly form.
import type { Logger } from 'pino'
import { bare, EngineError } from './errors.js'
import { MAX_PAIRS, MAX_WINDOWS } from './limits.js'
import { INTERVALS, type Interval } from './model/interval.js'
import type { Clock } from './model/manual-clock.js'
import { durationUs, MAX_TIMESTAMP_US } from './model/time.js'
import { defaultShards, machine, shareOf } from './resources.js'

/** How long rows are kept; a duration such as '15m', or 'off' to keep them for good. */
export type Retention = Partial<Record<'ticks' | Interval, string>>

/** What `TickEngine.open` takes; `dataDir` alone is enough. */
export interface EngineOptions {
  /**
   * Directory of the engine's files, made where it is missing; ':memory:' for one that is gone when
   * the engine is closed, for tests.
   */
  dataDir: string
  /**
   * Worker threads, 1 to 64; default: cores less one, at least 1, at most 8. A container's CPU
   * limit counts as its cores.
   */
  shards?: number
  /**
   * 'wall': age checks and clock records; 'event': time moves with the ticks alone (files,
   * backtests); or a clock of your own, in place of the system's: a ManualClock, or `{ now() }` in
   * µs since the epoch.
   */
  clock?: 'wall' | 'event' | Clock
  /** How far a tick may be behind the newest of its pair without being late; ms, default 500. */
  latenessMs?: number
  /** How far a tick may be ahead of the estimated exchange time; ms, default 5,000. */
  maxFutureMs?: number
  /** Sliding windows of the flow, default ['60s', '15m']. */
  windows?: readonly string[]
  /** Where CVD starts: at each UTC midnight, or never anew. */
  anchor?: 'utc-day' | 'none'
  /**
   * Horizon for each table, or 'off'; with clock 'event' default 'off', and only `cleanup()`
   * applies it.
   */
  retention?: Retention | 'off'
  /** Between two retention runs of a pair; ms, default 300,000. */
  retentionEveryMs?: number
  /**
   * What happens to a tick when the ring is full: it waits in a bounded buffer, is refused, or
   * blocks the caller until there is room, for `blockTimeoutMs` at most.
   */
  overflow?: 'spill' | 'reject' | 'block'
  /** How long `trade()` may block with overflow 'block'; ms, default 1,000. */
  blockTimeoutMs?: number
  /**
   * How an idle shard waits: 'park' sleeps until it is woken, 'poll' looks every millisecond so
   * that the caller never wakes anybody, 'spin' looks all the time and takes a core.
   */
  waitStrategy?: 'park' | 'poll' | 'spin'
  /** 'group': synced to disk every 10 ms; 'os': safe against a crash of the process only. */
  durability?: 'group' | 'os'
  /** Slots of each shard's ring, a power of two; default 131,072 (6 MB). */
  ringSlots?: number
  /** Slots of each shard's spill buffer, a power of two; default 262,144. */
  spillSlots?: number
  /** Least time between two flow posts of a pair; ms, 0 = every drain. Default 0. */
  flowIntervalMs?: number
  /**
   * How long `close()` may take to bring everything into DuckDB; the rest stays journaled. Default
   * 10,000.
   */
  closeTimeoutMs?: number
  /**
   * Files each shard keeps attached, 1 to 65,536; the least recently used gives way. Default 1,024,
   * or as many as half the memory (of the container, where it is limited) suffices for.
   */
  attachedFiles?: number
  /** A pino logger; silent by default. */
  logger?: Logger
  /** false leaves out the journal: a crash then loses what is not yet in DuckDB. For measuring. */
  journal?: boolean
}

export interface ResolvedOptions {
  readonly dataDir: string
  readonly shards: number
  readonly clock: 'wall' | 'event'
  readonly latenessUs: number
  readonly maxFutureUs: number
  readonly windowNames: readonly string[]
  readonly windowsUs: readonly number[]
  readonly anchor: 'utc-day' | 'none'
  /** µs kept: ticks first, then each interval; Infinity = for good. */
  readonly retentionUs: readonly number[]
  readonly retentionEveryMs: number
  readonly overflow: 'spill' | 'reject' | 'block'
  readonly blockTimeoutMs: number
  readonly waitStrategy: 'park' | 'poll' | 'spin'
  readonly durability: 'group' | 'os'
  readonly ringSlots: number
  readonly spillSlots: number
  readonly flowIntervalMs: number
  readonly closeTimeoutMs: number
  readonly attachedFiles: number
  /** DuckDB's memory limit of a shard, and the largest heap of its thread. */
  readonly databaseMb: number
  readonly heapMb: number
  readonly journal: boolean
}

const DEFAULTS = {
  clock: 'wall',
  latenessMs: 500,
  maxFutureMs: 5000,
  windows: ['60s', '15m'],
  anchor: 'utc-day',
  retention: { ticks: '15m', '1m': '30d', '5m': '90d', '15m': '180d', '1h': '365d', '1d': '7y' },
  retentionEveryMs: 300_000,
  overflow: 'spill',
  blockTimeoutMs: 1000,
  waitStrategy: 'park',
  durability: 'group',
  ringSlots: 131_072,
  spillSlots: 262_144,
  flowIntervalMs: 0,
  closeTimeoutMs: 10_000,
  journal: true,
} as const

const KNOWN: readonly string[] = [
  'dataDir',
  'shards',
  'attachedFiles',
  'logger',
  ...Object.keys(DEFAULTS),
]

function bad(path: string, rule: string, value: unknown): never {
  throw new EngineError('BAD_OPTION', `${path} must be ${rule}: ${path}=${bare(value)}`)
}

/** Refuses keys nobody reads, naming the one that was probably meant. */
export function refuseUnknown(given: object, known: readonly string[], path: string): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const near = known.find((k) => k.toLowerCase() === key.toLowerCase() || k.startsWith(key))
    const hint = near ? `; did you mean ${near}?` : `; known: ${known.join(', ')}`
    throw new EngineError('BAD_OPTION', `${path} has no option ${bare(key)}${hint}`)
  }
}

function integer(path: string, value: unknown, min: number, max: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) {
    return value as number
  }
  return bad(path, `a whole number from ${min} to ${max}`, value)
}

function powerOfTwo(path: string, value: unknown, min: number, max: number): number {
  const n = integer(path, value, min, max)
  return (n & (n - 1)) === 0 ? n : bad(path, 'a power of two', value)
}

function oneOf<T extends string>(path: string, value: unknown, allowed: readonly T[]): T {
  return allowed.includes(value as T)
    ? (value as T)
    : bad(path, `one of ${allowed.join(', ')}`, value)
}

function duration(text: string, path: string): number {
  try {
    return durationUs(text, path)
  } catch (cause) {
    throw new EngineError('BAD_OPTION', (cause as Error).message, { cause })
  }
}

function clockOf(given: unknown): 'wall' | 'event' | Clock {
  if (typeof (given as Clock | null)?.now === 'function') return given as Clock
  return oneOf<'wall' | 'event'>('clock', given, ['wall', 'event'])
}

// Asked on the way of every trade, where nobody could be told.
function checkClock(clock: 'wall' | 'event' | Clock): void {
  if (typeof clock === 'string') return
  const us = clock.now()
  if (typeof us === 'number' && us >= 0 && us <= MAX_TIMESTAMP_US) return
  bad('clock.now()', 'µs since the epoch', us)
}

function checkLogger(logger: unknown): void {
  if (logger === undefined) return
  const writes = (level: string) =>
    typeof (logger as Record<string, unknown> | null)?.[level] === 'function'
  if (!['info', 'warn', 'error'].every(writes)) bad('logger', 'a pino logger', logger)
}

function resolveRetention(given: EngineOptions['retention'], byTicks: boolean): number[] {
  const tables = ['ticks', ...INTERVALS] as const
  if (given === 'off' || (given === undefined && byTicks)) {
    return tables.map(() => Number.POSITIVE_INFINITY)
  }
  if (
    given !== undefined &&
    (typeof given !== 'object' || given === null || Array.isArray(given))
  ) {
    bad('retention', "'off', or a duration for each table", given)
  }
  refuseUnknown(given ?? {}, tables, 'retention')
  const kept = { ...DEFAULTS.retention, ...given }
  return tables.map((t) =>
    kept[t] === 'off' ? Number.POSITIVE_INFINITY : duration(kept[t] as string, `retention.${t}`),
  )
}

/** Refuses combinations in which retention would eat what lateness or rollup still needs. */
function checkRetention(
  r: readonly number[],
  latenessUs: number,
  windowsUs: readonly number[],
): void {
  const least = [
    latenessUs + 60e6,
    86_400e6 * 2,
    86_400e6 * 2,
    86_400e6 * 2,
    86_400e6 * 2,
    86_400e6 * 2,
  ]
  const names = ['ticks', ...INTERVALS]
  for (let i = 0; i < r.length; i++) {
    if (r[i] < least[i]) {
      const rule = i === 0 ? 'latenessMs + 1m' : '2d, so that a whole day can still be revised'
      bad(`retention.${names[i]}`, `at least ${rule}`, `${r[i] / 1e6}s`)
    }
    if (i > 1 && r[i] < r[i - 1]) {
      bad(`retention.${names[i]}`, `at least retention.${names[i - 1]}`, `${r[i] / 1e6}s`)
    }
  }
  const longest = Math.max(...windowsUs)
  if (r[0] < longest) bad('retention.ticks', `at least the longest window`, `${r[0] / 1e6}s`)
}

/** The options as the engine uses them; throws BAD_OPTION for anything unknown or out of range. */
export function resolveOptions(given: EngineOptions): ResolvedOptions {
  if (typeof given !== 'object' || given === null) bad('options', 'an object', given)
  refuseUnknown(given, KNOWN, 'options')
  if (typeof given.dataDir !== 'string' || given.dataDir === '' || given.dataDir.includes('\0')) {
    bad('dataDir', 'a path', given.dataDir)
  }
  const o = {
    ...DEFAULTS,
    ...Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)),
  }
  const has = machine()
  const shards = integer('shards', given.shards ?? defaultShards(has), 1, 64)
  const attached =
    given.attachedFiles === undefined
      ? undefined
      : integer('attachedFiles', given.attachedFiles, 1, MAX_PAIRS)
  const latenessUs = integer('latenessMs', o.latenessMs, 0, 3_600_000) * 1000
  const windows = o.windows as readonly string[]
  if (!Array.isArray(windows) || windows.length < 1 || windows.length > MAX_WINDOWS) {
    bad('windows', `1 to ${MAX_WINDOWS} durations`, windows)
  }
  if (new Set(windows).size !== windows.length) bad('windows', 'without repeats', windows)
  const windowsUs = windows.map((w) => duration(w, 'windows'))
  const clock = clockOf(o.clock)
  checkClock(clock)
  checkLogger(given.logger)
  const retentionUs = resolveRetention(given.retention, clock === 'event')
  checkRetention(retentionUs, latenessUs, windowsUs)
  return {
    dataDir: given.dataDir,
    shards,
    clock: clock === 'event' ? 'event' : 'wall',
    latenessUs,
    maxFutureUs: integer('maxFutureMs', o.maxFutureMs, 0, 86_400_000) * 1000,
    windowNames: [...windows],
    windowsUs,
    anchor: oneOf('anchor', o.anchor, ['utc-day', 'none']),
    retentionUs,
    retentionEveryMs: integer('retentionEveryMs', o.retentionEveryMs, 100, 86_400_000),
    overflow: oneOf('overflow', o.overflow, ['spill', 'reject', 'block']),
    blockTimeoutMs: integer('blockTimeoutMs', o.blockTimeoutMs, 1, 60_000),
    waitStrategy: oneOf('waitStrategy', o.waitStrategy, ['park', 'poll', 'spin']),
    durability: oneOf('durability', o.durability, ['group', 'os']),
    ringSlots: powerOfTwo('ringSlots', o.ringSlots, 1024, 2 ** 24),
    spillSlots: powerOfTwo('spillSlots', o.spillSlots, 1024, 2 ** 26),
    flowIntervalMs: integer('flowIntervalMs', o.flowIntervalMs, 0, 60_000),
    closeTimeoutMs: integer('closeTimeoutMs', o.closeTimeoutMs, 1, 3_600_000),
    ...shareOf(has, shards, attached),
    journal:
      typeof o.journal === 'boolean' ? o.journal : bad('journal', 'true or false', o.journal),
  }
}
