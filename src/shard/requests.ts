// Requests from main wait here until the shard has folded (or made durable) everything that was
// received before they were made.

export interface Pending {
  /** Sequence that must be folded first. */
  readonly through: number
  /** Whether it must be durable too. */
  readonly durable: boolean
  readonly run: () => void
}

export class Requests {
  #pending: Pending[] = []

  get waiting(): boolean {
    return this.#pending.length > 0
  }
  /** Whether somebody waits for the group sync. */
  get wantsDurable(): boolean {
    return this.#pending.some((p) => p.durable)
  }

  add(pending: Pending): void {
    this.#pending.push(pending)
  }

  /** Starts every request whose time has come. */
  serve(foldedThrough: number, durableThrough: number): void {
    if (this.#pending.length === 0) return
    const due = (p: Pending) => p.through <= (p.durable ? durableThrough : foldedThrough)
    const ready = this.#pending.filter(due)
    if (ready.length === 0) return
    this.#pending = this.#pending.filter((p) => !due(p))
    for (const pending of ready) pending.run()
  }
}
