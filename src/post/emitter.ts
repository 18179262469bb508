// Handlers by event. A handler that throws stops nothing: neither the other handlers nor the
// engine.

export type Listener<T> = (event: T) => void

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()
  readonly #onThrow: (event: string, thrown: unknown) => void

  constructor(onThrow: (event: string, thrown: unknown) => void) {
    this.#onThrow = onThrow
  }

  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): void {
    const listeners = this.#listeners.get(event) ?? new Set()
    listeners.add(listener as Listener<never>)
    this.#listeners.set(event, listeners)
  }

  off<K extends keyof Events>(event: K, listener: Listener<Events[K]>): void {
    this.#listeners.get(event)?.delete(listener as Listener<never>)
  }

  heard(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0
  }

  /** Calls every handler; false when nobody listens. */
  emit<K extends keyof Events>(event: K, value: Events[K]): boolean {
    const listeners = this.#listeners.get(event)
    if (listeners === undefined || listeners.size === 0) return false
    for (const listener of [...listeners]) {
      try {
        ;(listener as Listener<Events[K]>)(value)
      } catch (thrown) {
        this.#onThrow(String(event), thrown)
      }
    }
    return true
  }
}
