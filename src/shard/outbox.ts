// What a shard has to tell main, gathered over a turn and posted once: flow as one Float64Array,
// events as one msgpack array in the order they happened.
import type { MessagePort } from 'node:worker_threads'
import { pack } from 'msgpackr'
import { buffersOf } from '../model/arrays.js'
import { FLOW_HEAD_WORDS, WINDOW_FLOW_WORDS } from '../model/flow-record.js'
import type { FromShard, ShardEvent } from '../post/message.js'

export class Outbox {
  /** Sequence of the slot being folded: events are told apart and ordered by it. */
  slot = 0
  readonly #port: MessagePort
  readonly #rowWords: number
  #kinds: ReadonlySet<string> = new Set()
  #events: ShardEvent[] = []
  #rows: Float64Array = new Float64Array(0)
  #rowCount = 0
  #seq = 0
  #part = 0

  constructor(port: MessagePort, windows: number, kinds: readonly string[]) {
    this.#port = port
    // pair id, then the flow record
    this.#rowWords = 1 + FLOW_HEAD_WORDS + windows * WINDOW_FLOW_WORDS
    this.listen(kinds)
  }

  /** Which kinds of event somebody listens to; faults are always told. */
  listen(kinds: readonly string[]): void {
    this.#kinds = new Set([...kinds, 'fault'])
  }
  wants(kind: string): boolean {
    return this.#kinds.has(kind)
  }

  /** Keeps an event of the slot being folded. */
  event(kind: ShardEvent['kind'], pair: number, body: ShardEvent['body']): void {
    if (!this.#kinds.has(kind)) return
    const seq = this.slot
    if (seq !== this.#seq) this.#part = 0
    this.#seq = seq
    this.#events.push({ kind, pair, seq, part: this.#part++, body })
  }

  /** Room for one flow row: the words after the pair's id are filled by the caller. */
  flowRow(pair: number, fill: (words: Float64Array, at: number) => void): void {
    const at = this.#rowCount * this.#rowWords
    if (at + this.#rowWords > this.#rows.length) {
      const grown = new Float64Array(Math.max(8 * this.#rowWords, this.#rows.length * 2))
      grown.set(this.#rows)
      this.#rows = grown
    }
    this.#rows[at] = pair
    fill(this.#rows, at + 1)
    this.#rowCount++
  }

  /** Posts the events that were gathered. */
  post(): void {
    if (this.#events.length === 0) return
    this.send({ type: 'events', bytes: pack(this.#events) })
    this.#events = []
  }

  /** Posts the flow rows that were gathered, in one message; false where there are none. */
  postFlow(): boolean {
    if (this.#rowCount === 0) return false
    const rows = this.#rows.slice(0, this.#rowCount * this.#rowWords)
    this.#rowCount = 0
    this.#port.postMessage({ type: 'flow', rows } satisfies FromShard, [rows.buffer])
    return true
  }

  /** Answers a request; columns are moved, not copied. */
  reply(id: number, value: unknown): void {
    const moved = typeof value === 'object' && value !== null ? buffersOf(value) : []
    this.#port.postMessage({ type: 'reply', id, value } satisfies FromShard, moved)
  }

  send(message: FromShard): void {
    this.#port.postMessage(message)
  }
}
