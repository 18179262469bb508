// Stops a query whose time is up, whose engine closes, or that takes memory without end. It goes on
// interrupting until the query has settled: one interrupt() can come between two steps of it, where
// nobody hears it.
import { EngineError } from '../errors.js'

const LOOK_MS = 10
// Aggregates that keep every value stand outside DuckDB's own memory limit.
const MOST_GROWTH_BYTES = 1 << 30

export class QueryGuard {
  /** Why the query was stopped; undefined when it was not. */
  stopped: EngineError | undefined
  readonly #timer: NodeJS.Timeout

  /** Begins to look; `interrupt` asks the query to stop. */
  constructor(interrupt: () => void, timeoutMs: number, isClosing: () => boolean) {
    const deadline = performance.now() + timeoutMs
    const base = process.memoryUsage.rss()
    this.#timer = setInterval(() => {
      if (isClosing()) this.stopped ??= new EngineError('ENGINE_CLOSED', 'the engine is closing')
      else if (performance.now() >= deadline) {
        const message = `the query was stopped: timeoutMs=${timeoutMs}`
        this.stopped ??= new EngineError('TIMEOUT', message)
      } else if (process.memoryUsage.rss() - base > MOST_GROWTH_BYTES) {
        const rule = `the query was stopped, since the process grew while it ran`
        this.stopped ??= new EngineError('QUERY_REFUSED', `${rule}: bytes=${MOST_GROWTH_BYTES}`)
      }
      if (this.stopped !== undefined) interrupt()
    }, LOOK_MS)
  }

  /** To be called when the query has settled. */
  end(): void {
    clearInterval(this.#timer)
  }
}
