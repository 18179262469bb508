import type { Candle } from './candle.js'
import type { Flow } from './flow.js'

/** Why a received tick was not stored among the ticks. */
export type RejectReason = 'price' | 'volume' | 'future'

/** A range of trade ids a venue never sent us, or has sent since. Times in µs. */
export interface GapEvent {
  readonly pair: string
  readonly seq: number
  readonly firstId: number
  readonly lastId: number
  /** Ids of the range still missing; 0 when closed. */
  readonly missing: number
  readonly timestampBefore: number
  readonly timestampAfter: number
  readonly closed: boolean
}

/** Ticks behind the watermark: `revised` corrected their candles, the others were kept aside. */
export interface LateEvent {
  readonly pair: string
  readonly seq: number
  /** Exchange time of the last one, µs. */
  readonly timestamp: number
  readonly revised: boolean
  /** How many since the last such event of this pair. */
  readonly count: number
}

/**
 * Ticks received and set aside as bad data, in `rejected_ticks`; or ids that a venue started anew.
 */
export interface RejectEvent {
  readonly pair: string
  readonly seq: number
  readonly timestamp: number
  readonly reason: RejectReason | 'id_reset'
  /** How many since the last such event of this pair and reason. */
  readonly count: number
}

/** Ticks refused on the caller's side, by reason. */
export interface LossEvent {
  readonly pair: string
  readonly reason: string
  /** How many since the last such event. */
  readonly count: number
}

/** Something broke and was survived, or must be looked at. */
export interface FaultEvent {
  readonly code: string
  readonly message: string
  readonly shard?: number
  readonly pair?: string
}

/** Everything an engine posts, by event name. */
export interface EngineEvents {
  flow: Flow
  candle: Candle
  gap: GapEvent
  late: LateEvent
  reject: RejectEvent
  loss: LossEvent
  fault: FaultEvent
}
