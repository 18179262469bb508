// Refused ticks, told at most once a second per pair and reason. The first of a kind that the
// caller can mend (a time in another unit, an id that is not exact) is a fault with the remedy, at
// once.
import type { FaultEvent, LossEvent } from '../model/event.js'
import { REFUSAL_NAMES, REMEDY_CODES, refusalRemedy } from '../model/refusal.js'

const TELL_EVERY_MS = 1000

interface Lost {
  readonly pair: string
  readonly reason: string
  count: number
  toldMs: number
}

/** Where losses are told. */
export interface LossSink {
  loss(loss: LossEvent): void
  fault(fault: FaultEvent): void
}

export class Losses {
  readonly #sink: LossSink
  /** By refusal, its sign turned, and then by pair. */
  readonly #lost: Map<string, Lost>[] = []
  #scheduled = false
  #rest: NodeJS.Timeout | undefined

  constructor(sink: LossSink) {
    this.#sink = sink
  }

  /** Counts a refusal; told when the caller's own code has run. */
  refused(pair: string, refusal: number, value: unknown): void {
    this.#lost[-refusal] ??= new Map()
    let lost = this.#lost[-refusal].get(pair)
    if (lost === undefined) {
      const reason = REFUSAL_NAMES[refusal]
      lost = { pair, reason, count: 0, toldMs: Number.NEGATIVE_INFINITY }
      this.#lost[-refusal].set(pair, lost)
      this.#remedy(pair, refusal, value)
    }
    lost.count++
    if (this.#scheduled) return
    const told = lost.toldMs > Number.NEGATIVE_INFINITY
    // The caller of a full ring is told so a million times a second: the clock is not asked.
    if (told && this.#rest !== undefined) return
    if (told && performance.now() - lost.toldMs < TELL_EVERY_MS) {
      // The rest of a burst is told when its second is over, whether or not more comes.
      this.#rest = setTimeout(() => {
        this.#rest = undefined
        this.tell(true)
      }, TELL_EVERY_MS).unref()
      return
    }
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.tell()
    })
  }

  /** Tells what was not told yet; `all`: without regard to when it was told last. */
  tell(all = false): void {
    if (all) {
      clearTimeout(this.#rest)
      this.#rest = undefined
    }
    const now = performance.now()
    for (const lost of this.#lost.flatMap((pairs) => [...pairs.values()])) {
      if (lost.count === 0 || (!all && now - lost.toldMs < TELL_EVERY_MS)) continue
      lost.toldMs = now
      const { pair, reason, count } = lost
      lost.count = 0
      this.#sink.loss({ pair, reason, count })
    }
  }

  #remedy(pair: string, refusal: number, value: unknown): void {
    const code = REMEDY_CODES[refusal]
    if (code === undefined) return
    const message = refusalRemedy(refusal, value)
    queueMicrotask(() => this.#sink.fault({ code, message, pair }))
  }
}
