// The one loop of a worker thread: drain, journal, fold, publish, store. A turn lasts about a
// millisecond; between turns the thread's event loop runs, for the port, the group sync and reads.
//
//   ring ──► journal ──► folder ──► snapshots, posts
//                          │
//                          └──────► committer ──► DuckDB
import { receiveMessageOnPort } from 'node:worker_threads'
import { EngineError, invariant, toPlainError } from '../errors.js'
import { GROUP_SYNC_MS, PARK_MS, TURN_MS } from '../limits.js'
import type { ShardReport, ToShard } from '../post/message.js'
import { park } from '../ring/park.js'
import { HEAD, HEARTBEAT } from '../ring/ring-layout.js'
import type { PairState } from './pair-state.js'
import { postFlow, publishPair } from './publish.js'
import { retainPair } from './retention.js'
import type { ShardParts } from './shard-parts.js'

/** How far snapshots may fall behind while the ring is full of work, whose wait is longer. */
const SNAPSHOT_MS = 10

export class Shard {
  readonly #p: ShardParts
  #snapshotMs = 0
  #syncMs = 0
  #closing: { through: number; deadlineMs: number } | undefined
  #failure: unknown
  #commitsSeen = 0
  #retaining = false
  #retainMs = performance.now()

  constructor(parts: ShardParts) {
    this.#p = parts
    parts.folder.pairs = parts.pairs.byId
    parts.folder.members = parts.pairs
    parts.folder.recovering = false
    parts.port.on('message', (message: ToShard) => this.#receive(message))
  }

  /** Runs until main closes the shard; rejects with what broke it. */
  async run(): Promise<ShardReport> {
    const { reader, outbox, intake, control } = this.#p
    while (this.#failure === undefined) {
      Atomics.add(control, HEARTBEAT, 1)
      await this.#turn()
      outbox.post()
      const closing = this.#closing
      if (closing !== undefined && intake.foldedThrough >= closing.through) break
      if (reader.depth > 0 || intake.at < intake.count) await nextTurn()
      else await this.#sleep()
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#close(this.#closing?.deadlineMs ?? performance.now())
  }

  async #turn(): Promise<void> {
    const { intake, folder, committer, reader, loader, outbox, journal } = this.#p
    const until = performance.now() + TURN_MS
    while (intake.fill()) {
      intake.at = folder.fold(intake.words, intake.halves, intake.at, intake.count, intake.firstSeq)
      if (folder.need !== undefined) await loader.satisfy(folder.need)
      if (performance.now() >= until) break
    }
    intake.finish()
    this.#p.tellTotals()
    const now = performance.now()
    if (reader.depth === 0 || now - this.#snapshotMs >= SNAPSHOT_MS) this.#publish(now)
    // Before a commit, which takes milliseconds.
    outbox.post()
    for (const pair of this.#p.pairs) {
      committer.expect(pair)
      if (pair.columns.length === 0) continue
      committer.staged(pair)
      if (committer.overdue(pair)) await committer.store(pair)
    }
    // Two syncs of one file system wait for each other: a small commit lets the journal's go first.
    if (journal?.syncPending !== true) committer.tick(this.#p.pairs, now, reader.depth === 0)
    if (committer.commits !== this.#commitsSeen) {
      this.#commitsSeen = committer.commits
      this.#dropJournal()
    }
    this.#sync(now)
    this.#serve()
    this.#retain(now)
  }

  #publish(now: number): void {
    const { folder, outbox, reader, options } = this.#p
    this.#snapshotMs = now
    const wanted = outbox.wants('flow')
    const again: PairState[] = []
    for (const pair of folder.changed) {
      pair.changed = false
      publishPair(pair)
      if (!wanted) continue
      if (now - pair.lastPostMs >= options.flowIntervalMs) {
        pair.lastPostMs = now
        postFlow(pair, outbox)
      } else {
        pair.changed = true
        again.push(pair)
      }
    }
    folder.changed.length = 0
    folder.changed.push(...again)
    reader.announceFolded()
  }

  #sync(now: number): void {
    const { journal, options, requests } = this.#p
    if (journal === undefined) return
    const unsynced = journal.appendedThrough > journal.syncedThrough
    if (!unsynced || journal.syncPending) return
    if (options.durability === 'os' && !requests.wantsDurable) {
      this.#p.reader.announceDurable(journal.appendedThrough)
      return
    }
    if (now - this.#syncMs < GROUP_SYNC_MS && !requests.wantsDurable) return
    this.#syncMs = now
    journal.sync((error, through) => {
      if (error !== undefined) this.#fail(new EngineError('JOURNAL_FAILED', error.message))
      else this.#p.reader.announceDurable(through)
      this.#serve()
    })
  }

  #serve(): void {
    const { requests, journal, intake } = this.#p
    const folded = intake.foldedThrough
    requests.serve(folded, journal === undefined ? folded : Math.min(folded, journal.syncedThrough))
  }

  async #sleep(): Promise<void> {
    const { control, journal, requests } = this.#p
    const unsynced = journal !== undefined && journal.appendedThrough > journal.syncedThrough
    const head = Atomics.load(control, HEAD)
    if (this.#p.reader.depth > 0) return
    // The flow posts held back by the interval, and the group sync, have their own times.
    const soon = unsynced || requests.waiting || this.#p.folder.changed.length > 0
    await park(control, head, soon ? GROUP_SYNC_MS / 2 : PARK_MS)
  }

  #receive(message: ToShard): void {
    const { outbox, pairs, committer, answers } = this.#p
    switch (message.type) {
      case 'pair':
        this.#declare(message)
        break
      case 'listen':
        outbox.listen(message.kinds)
        break
      case 'flush':
        this.#later(message.id, message.through, !message.stored, async () => {
          if (message.stored) for (const pair of pairs) await committer.store(pair)
          this.#dropJournal()
          return true
        })
        break
      case 'question':
        this.#later(message.id, message.through, false, async () => {
          const pair = pairs.byId[message.pair]
          invariant(pair !== undefined, 'a question is about a declared pair')
          await this.#p.loader.ready(pair)
          if (pair.phase === 'refused') throw pair.refusal
          return answers.answer(pair, message.question)
        })
        break
      case 'cleanup':
        this.#later(message.id, message.through, false, () => this.#cleanup())
        break
      case 'close':
        this.#closing = {
          through: message.through,
          deadlineMs: performance.now() + message.timeoutMs,
        }
        break
    }
  }

  #declare(message: Extract<ToShard, { type: 'pair' }>): void {
    const pair = this.#p.pairs.declare(message.pair)
    this.#p.writeDirectory()
    void this.#p.loader.ready(pair).then(() => {
      if (pair.phase === 'ready' && pair.clock.newest > 0) publishPair(pair)
    })
  }

  /** Takes up every message that has arrived, without waiting for the event loop. */
  hear(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#p.port)
      if (received === undefined) return
      this.#receive(received.message as ToShard)
    }
  }

  #later(id: number, through: number, durable: boolean, work: () => Promise<unknown>): void {
    const run = () => {
      work().then(
        (value) => this.#p.outbox.send({ type: 'reply', id, value }),
        (cause) =>
          this.#p.outbox.send({ type: 'failed', id, error: toPlainError(cause, 'STORE_FAILED') }),
      )
    }
    this.#p.requests.add({ through, durable, run })
    this.#serve()
  }

  #retain(now: number): void {
    const { options } = this.#p
    if (options.clock === 'event' || this.#retaining) return
    if (now - this.#retainMs < options.retentionEveryMs) return
    this.#retainMs = now
    this.#cleanup().catch((cause) => this.#p.fault('STORE_FAILED', cause))
  }

  async #cleanup(): Promise<true> {
    const { db, files, committer, pairs } = this.#p
    if (this.#retaining) return true
    this.#retaining = true
    try {
      for (const pair of pairs) {
        await retainPair(pair, db, files, committer)
        this.#dropJournal()
        await nextTurn()
      }
    } finally {
      this.#retaining = false
    }
    return true
  }

  // Segments go when every pair has committed past them.
  #dropJournal(): void {
    let through = this.#p.intake.foldedThrough
    for (const pair of this.#p.pairs) through = Math.min(through, pair.dirtyFrom - 1)
    this.#p.journal?.dropThrough(through)
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause
  }

  async #close(deadlineMs: number): Promise<ShardReport> {
    const { pairs, committer, files, journal, outbox, reader, shard } = this.#p
    let uncommitted = 0
    await this.#p.loader.idle()
    for (const pair of pairs) {
      if (pair.rollup.revisionPending) pair.touch(pair.lastSeq)
      pair.rollup.settleRevisions()
      if (this.#p.options.clock === 'event') pair.endInput()
      if (pair.dirtyFrom === Number.POSITIVE_INFINITY) continue
      if (performance.now() < deadlineMs) await committer.store(pair)
      else uncommitted++
    }
    this.#publish(performance.now())
    outbox.post()
    journal?.syncSync()
    if (journal !== undefined) reader.announceDurable(journal.appendedThrough)
    if (uncommitted === 0) await files.detachAll()
    journal?.close({ final: uncommitted === 0 })
    return { shard, uncommitted }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
