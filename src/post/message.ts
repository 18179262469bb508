// Everything that crosses a shard's MessagePort: two unions of plain data, one each way. Requests
// carry an id and a sequence: the shard answers when it has folded everything up to it.
import type { PlainError } from '../errors.js'
import type { QueryParameter } from '../model/answer.js'
import type { TickCursor } from '../model/arrays.js'
import type { TableExport } from '../model/export.js'
import type { Time } from '../model/time.js'
import type { ResolvedPairOptions } from '../pair-options.js'

/** A pair as main declares it to its shard, before its first slot. */
export interface PairDeclaration {
  readonly id: number
  readonly name: string
  readonly options: ResolvedPairOptions
  readonly snapshot: SharedArrayBuffer
}

/** Bounds of a read; times as the caller gave them are resolved to µs in main. */
export interface CandleRange {
  from?: Time
  to?: Time
  limit?: number
  includeOpen?: boolean
  fill?: 'none' | 'previous' | 'zero'
  at?: Time
}

export type Question =
  | { readonly ask: 'ticks'; readonly limit: number; readonly from?: number; readonly to?: number }
  | {
      readonly ask: 'tick-arrays'
      readonly limit: number
      readonly from?: number
      readonly to?: number
      /** Ascending from behind this tick; without it, the newest. */
      readonly after?: TickCursor
    }
  | {
      readonly ask: 'candles'
      readonly arrays: boolean
      readonly level: number
      readonly from?: number
      readonly to?: number
      readonly limit?: number
      readonly includeOpen: boolean
      readonly fill: 'none' | 'previous' | 'zero'
      readonly at?: number
    }
  | { readonly ask: 'cvd'; readonly lookbackUs: number; readonly at?: number }
  | { readonly ask: 'imbalance'; readonly windowUs: number; readonly at?: number }
  | { readonly ask: 'gaps'; readonly open?: boolean }
  | ({ readonly ask: 'export' } & TableExport)
  | {
      readonly ask: 'query'
      readonly sql: string
      readonly params: readonly QueryParameter[]
      readonly maxRows: number
      readonly timeoutMs: number
      /** In a process of its own, which may take this much. */
      readonly isolatedMb?: number
    }
  | { readonly ask: 'last' }
  | { readonly ask: 'ready' }
  | { readonly ask: 'stats' }

export type ToShard =
  | { readonly type: 'pair'; readonly pair: PairDeclaration }
  | { readonly type: 'texts'; readonly buffer: SharedArrayBuffer }
  | { readonly type: 'listen'; readonly kinds: readonly string[] }
  | { readonly type: 'wait'; readonly strategy: 'park' | 'poll' | 'spin' }
  | {
      readonly type: 'question'
      readonly id: number
      readonly through: number
      readonly pair: number
      readonly question: Question
    }
  | {
      readonly type: 'flush'
      readonly id: number
      readonly through: number
      readonly stored: boolean
    }
  | { readonly type: 'cleanup'; readonly id: number; readonly through: number }
  | { readonly type: 'close'; readonly through: number; readonly timeoutMs: number }

export type FromShard =
  /** First of all: where it runs. Nothing is open before. */
  | { readonly type: 'running'; readonly threadId: number }
  | {
      readonly type: 'started'
      readonly recovered: number
      /** Not all that the segments hold is stored: they must be kept. */
      readonly keep: boolean
      /** Segments that are broken in the middle. */
      readonly broken: readonly string[]
    }
  /** The pair's file is not fit: nothing more can be taken for it. */
  | { readonly type: 'refused'; readonly pair: number }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError }
  /** Rows of FLOW_ROW_WORDS(windows) float64 words. */
  | { readonly type: 'flow'; readonly rows: Float64Array }
  /** A msgpack array of ShardEvent, in order. */
  | { readonly type: 'events'; readonly bytes: Uint8Array }

/** What a shard made of the segments it was started with. */
export type Started = Extract<FromShard, { type: 'started' }>

/** An event on its way to main; (seq, part) orders events and tells a repeated one. */
export interface ShardEvent {
  readonly kind: 'candle' | 'gap' | 'late' | 'reject' | 'fault'
  readonly pair: number
  readonly seq: number
  readonly part: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What a shard's task resolves with when it has closed. */
export interface ShardReport {
  readonly shard: number
  /** Pairs whose last batch is only in the journal. */
  readonly uncommitted: number
}

/** How a shard's task ends when its thread does not break. */
export type ShardEnd = ShardReport | { readonly failed: PlainError }

/** Where a journal segment lies. */
export interface SegmentPath {
  readonly path: string
}

/** What a shard's task starts with. */
export interface ShardTask {
  readonly shard: number
  readonly shards: number
  readonly ring: SharedArrayBuffer
  readonly totals: SharedArrayBuffer
  /** Who holds threads of libuv's pool. */
  readonly threads: SharedArrayBuffer
  /** Where ids that are text lie, once a pair has any. */
  readonly texts?: SharedArrayBuffer
  readonly tailSequence: number
  /** First sequence of this session: what is below was recovered. */
  readonly epoch: number
  readonly options: import('../options.js').ResolvedOptions
  readonly pairs: readonly PairDeclaration[]
  /** Segments of earlier sessions, which every shard reads; main deletes them when all have. */
  readonly segments: readonly SegmentPath[]
  /** Segments this shard left when it died in this session; it deletes them itself. */
  readonly ownSegments: readonly SegmentPath[]
  /** Pairs, of all shards, whose file is there without its description. */
  readonly undescribed: readonly string[]
  readonly kinds: readonly string[]
  readonly port: import('node:worker_threads').MessagePort
}
