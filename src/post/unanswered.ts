// What main has asked a shard and the shard has not answered: asked again when its thread was
// started again, refused when it was given up.
import { EngineError, fromPlainError } from '../errors.js'
import type { FromShard, ToShard } from './message.js'

/** A request without its id. */
export type Unsent = ToShard extends infer M
  ? M extends { id: number }
    ? Omit<M, 'id'>
    : never
  : never

interface Waiting {
  readonly message: ToShard
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
  /** How often its shard has died over it. */
  deaths: number
}

/** A question over which a shard dies so often is not asked again: it may be what kills it. */
const MOST_DEATHS = 2

export class Unanswered {
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  /** What is to be asked again of a shard that died, in the order in which it was asked. */
  again(): ToShard[] {
    for (const [id, waiting] of this.#waiting) {
      waiting.deaths++
      if (waiting.message.type !== 'question' || waiting.deaths < MOST_DEATHS) continue
      this.#waiting.delete(id)
      const message = 'the shard died twice while it was asked this; see the fault events'
      waiting.reject(new EngineError('SHARD_FAILED', message))
    }
    return [...this.#waiting.values()].map(({ message }) => message)
  }

  /** Gives the request an id and hands it to `send`; settles with the answer. */
  ask<T>(request: Unsent, send: (message: ToShard) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const id = this.#nextId++
      const message = { ...request, id } as ToShard
      this.#waiting.set(id, {
        message,
        resolve: resolve as (value: never) => void,
        reject,
        deaths: 0,
      })
      try {
        send(message)
      } catch (cause) {
        // Nobody answers what was never sent, and it must not be asked again.
        this.#waiting.delete(id)
        const { message: why } = cause as Error
        reject(new EngineError('BAD_ARGUMENT', `this cannot be sent to a shard: ${why}`, { cause }))
      }
    })
  }

  answer(message: Extract<FromShard, { id: number }>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.type === 'reply') waiting?.resolve(message.value as never)
    else waiting?.reject(fromPlainError(message.error))
  }

  refuseAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
