// Posts of the shards as events. A shard that was started again tells some events twice: events
// carry the sequence of their slot, and what was delivered already is dropped.
import { unpack } from 'msgpackr'
import type { Candle } from '../model/candle.js'
import type { EngineEvents } from '../model/event.js'
import { flowOf } from '../model/flow-object.js'
import { flowWords } from '../model/flow-record.js'
import { INTERVALS } from '../model/interval.js'
import type { Emitter } from './emitter.js'
import type { FromShard, ShardEvent } from './message.js'

/** What a subscriber needs of the engine. */
export interface SubscriberHost {
  readonly windowNames: readonly string[]
  nameOf(pair: number): string | undefined
  fault(code: string, message: string, shard: number, pair: string | undefined): void
}

export class Subscriber {
  readonly #emitter: Emitter<EngineEvents>
  readonly #host: SubscriberHost
  // Per shard: the last event delivered.
  readonly #delivered: { seq: number; part: number }[] = []

  constructor(emitter: Emitter<EngineEvents>, host: SubscriberHost) {
    this.#emitter = emitter
    this.#host = host
  }

  receive(shard: number, message: FromShard): void {
    if (message.type === 'flow') this.#flows(message.rows)
    if (message.type === 'events') this.#events(shard, this.#unpacked(shard, message.bytes))
  }

  #flows(rows: Float64Array): void {
    const { windowNames } = this.#host
    const words = 1 + flowWords(windowNames.length)
    for (let at = 0; at < rows.length; at += words) {
      const pair = this.#host.nameOf(rows[at])
      if (pair !== undefined) this.#emitter.emit('flow', flowOf(pair, rows, at + 1, windowNames))
    }
  }

  // A message that cannot be read is told, and costs its events: a handler of a port must not
  // throw, or the host ends.
  #unpacked(shard: number, bytes: Uint8Array): readonly ShardEvent[] {
    try {
      const events = unpack(bytes) as readonly ShardEvent[]
      if (Array.isArray(events) && events.every(isEvent)) return events
    } catch {
      // Told below.
    }
    const message = `events of the shard cannot be read; they are lost: bytes=${bytes.length}`
    this.#host.fault('SHARD_FAILED', message, shard, undefined)
    return []
  }

  #events(shard: number, events: readonly ShardEvent[]): void {
    const last = this.#delivered[shard] ?? { seq: 0, part: 0 }
    this.#delivered[shard] = last
    for (const event of events) {
      const pair = this.#host.nameOf(event.pair)
      if (event.kind === 'fault') {
        const { code, message } = event.body as { code: string; message: string }
        this.#host.fault(code, message, shard, pair)
        continue
      }
      const again = event.seq < last.seq || (event.seq === last.seq && event.part <= last.part)
      if (again || pair === undefined) continue
      last.seq = event.seq
      last.part = event.part
      this.#deliver(pair, event)
    }
  }

  #deliver(pair: string, event: ShardEvent): void {
    if (event.kind === 'candle') {
      const { level, ...values } = event.body as Record<string, number>
      const candle = { pair, interval: INTERVALS[level], ...values }
      this.#emitter.emit('candle', candle as unknown as Candle)
    } else if (event.kind !== 'fault') {
      this.#emitter.emit(event.kind, { pair, seq: event.seq, ...event.body } as never)
    }
  }
}

function isEvent(event: ShardEvent | null | undefined): boolean {
  if (typeof event !== 'object' || event === null) return false
  return typeof event.body === 'object' && event.body !== null && Number.isFinite(event.seq)
}
