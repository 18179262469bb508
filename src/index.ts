// tickloom: an in-process tick engine. The caller's thread writes ticks into shared memory; a
// worker thread per shard journals them, folds them and stores them in DuckDB, one file a pair.
//
//   pair.trade() ─► ring ─► shard: journal ─► folds ─► DuckDB
//                              ▲                │
//   pair.flow(), pair.candle() ┴── shared memory◄┤
//   engine.on('flow' | 'candle' | …) ◄── posts ◄─┘
//
// Everything here belongs to the thread that opened the engine.
export { TickEngine } from './engine.js'
export type { EngineHealth } from './engine-health.js'
export { EngineError, type ErrorCode } from './errors.js'
export type { Group, GroupFlow } from './group.js'
export type { BatchReceipt, TradeColumns } from './ingest/trade-columns.js'
export type {
  CvdAnswer,
  EngineStats,
  ImbalanceAnswer,
  PairStats,
  QueryParameter,
  QueryRow,
  StoredGap,
  StoredTick,
} from './model/answer.js'
export type { CandleArrays, TickArrays } from './model/arrays.js'
export type { Candle } from './model/candle.js'
export type {
  EngineEvents,
  FaultEvent,
  GapEvent,
  LateEvent,
  LossEvent,
  RejectEvent,
  RejectReason,
} from './model/event.js'
export type { ExportFormat, ExportTable } from './model/export.js'
export type { Flow, WindowFlow } from './model/flow.js'
export { INTERVALS, type Interval } from './model/interval.js'
export { type Clock, ManualClock } from './model/manual-clock.js'
export type { PairKey } from './model/pair-key.js'
export type { FeedWarning, ReadColumn, Reading, WarningCode } from './model/reading.js'
export type { PassedOver, ReadCounts, ReadingCounts, SideWord } from './model/reading-counts.js'
export { REFUSAL_NAMES, Refusal } from './model/refusal.js'
export { Side, type SideName } from './model/side.js'
export type { Time } from './model/time.js'
export type { TradeInput } from './model/trade-input.js'
export type { EngineOptions, Retention } from './options.js'
export type { Pair } from './pair.js'
export type { PairOptions, Prices, TradeIds, TradeOrder, VolumeUnit } from './pair-options.js'
export type { ExportRange, QueryOptions, TickRange } from './pair-reads.js'
export type { CandleRange } from './post/message.js'
export type { ReplayCounts, ReplayOptions, ReplaySource } from './replay/replay.js'
export type { TickHandler } from './replay/replay-run.js'
