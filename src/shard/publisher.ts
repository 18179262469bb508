// When what has changed is shown: into shared memory as soon as the ring is empty, or every few ms
// where it is not; as posts no faster than the host hears them, since a newer value replaces one
// that was not sent.
import { isHostLate } from '../ring/host-pulse.js'
import { POSTS_HEARD } from '../ring/ring-layout.js'
import type { PairState } from './pair-state.js'
import { postFlow, publishPair } from './publish.js'
import type { ShardParts } from './shard-parts.js'

/** How far snapshots may fall behind while the ring is full of work, whose wait is longer. */
const SNAPSHOT_MS = 10
/** Posts on their way to a host that has not heard them yet. */
const MOST_UNHEARD = 2
/** Between two posts while the host is late. */
const LATE_POST_MS = 100

export class Publisher {
  readonly #p: ShardParts
  #lastMs = 0
  #postedMs = 0
  #posts: number
  readonly #unposted = new Set<PairState>()

  constructor(parts: ShardParts) {
    this.#p = parts
    this.#posts = Atomics.load(parts.control, POSTS_HEARD)
  }

  /** Whether values wait to be posted. */
  get waiting(): boolean {
    return this.#unposted.size > 0
  }

  /** Shows what has changed, if it is time to. */
  tick(nowMs: number): void {
    if (this.#p.reader.depth > 0 && nowMs - this.#lastMs < SNAPSHOT_MS) return
    this.publish(nowMs, this.#mayPost(nowMs))
  }

  /** Shows everything that has changed now, posts included. */
  publish(nowMs: number, mayPost = true): void {
    const { folder, outbox, reader, options } = this.#p
    this.#lastMs = nowMs
    const wanted = outbox.wants('flow')
    for (const pair of folder.changed) {
      pair.changed = false
      publishPair(pair)
      if (wanted) this.#unposted.add(pair)
    }
    folder.changed.length = 0
    for (const pair of mayPost ? this.#unposted : []) {
      if (nowMs - pair.lastPostMs < options.flowIntervalMs) continue
      pair.lastPostMs = nowMs
      postFlow(pair, outbox)
      this.#unposted.delete(pair)
    }
    // Events first: they happened before.
    outbox.post()
    if (outbox.postFlow()) {
      this.#posts++
      this.#postedMs = nowMs
    }
    reader.announceFolded()
  }

  #mayPost(nowMs: number): boolean {
    const { control } = this.#p
    const unheard = (this.#posts - Atomics.load(control, POSTS_HEARD)) | 0
    if (unheard >= MOST_UNHEARD) return false
    return nowMs - this.#postedMs >= LATE_POST_MS || !isHostLate(control)
  }
}
