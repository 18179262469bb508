// Events to whoever listens, and to the logger where nobody does: an event unheard must not be
// lost, and must not bring the host down either.
import type { Logger } from 'pino'
import type { EngineEvents, FaultEvent } from '../model/event.js'
import { Emitter } from './emitter.js'

/** How an unheard event is logged; flow and candles are no news to a logger. */
const LEVELS: Readonly<Partial<Record<keyof EngineEvents, 'error' | 'warn' | 'info'>>> = {
  loss: 'warn',
  gap: 'warn',
  late: 'info',
  reject: 'warn',
  fault: 'error',
}
/** Events that shards post only if they are wanted. */
const POSTED = ['flow', 'candle', 'gap', 'late', 'reject'] as const

export class Announcer extends Emitter<EngineEvents> {
  readonly #logger: Logger | undefined

  constructor(logger: Logger | undefined) {
    super((event, thrown) => logger?.error({ err: thrown, event }, 'a handler threw'))
    this.#logger = logger
  }

  /** The events that shards are to post. */
  get wanted(): string[] {
    const logged = (kind: keyof EngineEvents) => LEVELS[kind] !== undefined && this.#logger
    return POSTED.filter((kind) => this.heard(kind) || logged(kind))
  }

  override emit<K extends keyof EngineEvents>(event: K, value: EngineEvents[K]): boolean {
    if (super.emit(event, value)) return true
    const level = LEVELS[event]
    if (level !== undefined) this.#logger?.[level](value as object, event as string)
    return false
  }

  fault(code: string, message: string, shard?: number, pair?: string): void {
    const fault: FaultEvent = {
      code,
      message,
      ...(shard === undefined ? {} : { shard }),
      ...(pair === undefined ? {} : { pair }),
    }
    this.emit('fault', fault)
  }
}
