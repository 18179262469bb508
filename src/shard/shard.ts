// The one loop of a worker thread: drain, journal, fold, publish, store. A turn lasts about a
// millisecond; between turns the thread's event loop runs, for the port, the group sync and reads.
//
//   ring ──► journal ──► folder ──► snapshots, posts
//                          │
//                          └──────► committer ──► DuckDB
import { receiveMessageOnPort } from 'node:worker_threads'
import { invariant, toPlainError } from '../errors.js'
import { GRACE_MS, GROUP_SYNC_MS, PARK_MS, STALL_MS, TURN_MS } from '../limits.js'
import type { ShardReport, ToShard } from '../post/message.js'
import { isHostLate } from '../ring/host-pulse.js'
import { park, wake } from '../ring/park.js'
import { HEAD, HEARTBEAT } from '../ring/ring-layout.js'
import { TextReader } from '../ring/text-ring.js'
import { isFatal } from '../store/damage.js'
import { GroupSync } from './group-sync.js'
import type { PairState } from './pair-state.js'
import { publishPair } from './publish.js'
import { Publisher } from './publisher.js'
import { Retainer } from './retainer.js'
import type { ShardParts } from './shard-parts.js'
import { delay, nextTurn } from './turns.js'

/** Between two faults of one kind that lasts. */
const TELL_STALL_MS = 1000

export class Shard {
  readonly #p: ShardParts
  #toldMs = Number.NEGATIVE_INFINITY
  #closing: { through: number; deadlineMs: number } | undefined
  #failure: unknown
  // A pair stages all it may and cannot be stored: nothing is folded until it can.
  #stalled = false
  // Slots were journaled and not folded, since there was no time.
  #unfolded = false
  readonly #working = new Set<Promise<void>>()
  #commitsSeen = 0
  readonly #publisher: Publisher
  readonly #retainer: Retainer
  readonly #groupSync: GroupSync
  #waitStrategy: 'park' | 'poll' | 'spin'

  constructor(parts: ShardParts) {
    this.#p = parts
    this.#waitStrategy = parts.options.waitStrategy
    this.#publisher = new Publisher(parts)
    this.#retainer = new Retainer(parts, () => this.#dropJournal())
    const failed = (cause: unknown) => this.#fail(cause)
    this.#groupSync = new GroupSync(parts, () => this.#serve(), failed)
    parts.folder.pairs = parts.pairs.byId
    parts.folder.members = parts.pairs
    parts.folder.recovering = false
    for (const pair of parts.pairs.byId) if (pair !== undefined) this.#takeUp(pair)
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
      if (closing !== undefined) {
        if (intake.foldedThrough >= closing.through) break
        if (performance.now() >= closing.deadlineMs && (await this.#journalRest(closing))) break
      }
      if (reader.depth > 0 || intake.at < intake.count) await nextTurn()
      else await this.#sleep()
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#close(this.#closing?.deadlineMs ?? performance.now())
  }

  /** Lets go of every file, whatever has happened; for the end of the thread's task. */
  async giveBack(): Promise<void> {
    await this.#retainer.stop()
    await this.#p.loader.idle()
    await this.#p.files.detachAll().catch(() => undefined)
  }

  async #turn(): Promise<void> {
    const { intake, folder, committer, reader, loader, outbox, journal } = this.#p
    const until = performance.now() + TURN_MS
    if (this.#stalled || intake.failure !== undefined) await delay(STALL_MS)
    while (!this.#stalled && intake.fill()) {
      folder.texts = intake.texts
      intake.at = folder.fold(intake.words, intake.halves, intake.at, intake.count, intake.firstSeq)
      if (folder.need !== undefined) await loader.satisfy(folder.need)
      // A row more, and the file's row groups would be cut anew at its next checkpoint.
      if (folder.full || performance.now() >= until) break
    }
    intake.finish()
    this.#p.tellTotals()
    const now = performance.now()
    this.#publisher.tick(now)
    // Before a commit, which takes milliseconds.
    outbox.post()
    this.#stalled = false
    if (intake.failure !== undefined) this.#tellStall(intake.failure, now)
    for (const pair of this.#p.pairs) {
      committer.expect(pair)
      if (pair.columns.length === 0) continue
      committer.staged(pair)
      if (committer.overdue(pair) && !(await committer.relieve(pair))) this.#stalled = true
    }
    // Two syncs of one file system wait for each other: a small commit lets the journal's go first.
    if (journal?.syncPending !== true) {
      // An input that is replayed wants to be stored soon as a whole, not bit by bit.
      const keepsUp = this.#p.options.clock === 'wall' && reader.depth === 0
      committer.tick(this.#p.pairs, now, keepsUp, isHostLate(this.#p.control))
    }
    if (committer.commits !== this.#commitsSeen) {
      this.#commitsSeen = committer.commits
      this.#dropJournal()
    }
    this.#groupSync.tick(now)
    this.#serve()
    this.#retainer.tick(now)
  }

  // A disk that is full keeps what comes in the ring and in main's spill, until they are full too.
  #tellStall(cause: unknown, now: number): void {
    if (now - this.#toldMs < TELL_STALL_MS) return
    this.#toldMs = now
    this.#p.fault('JOURNAL_FAILED', cause)
  }

  #serve(): void {
    const { requests, journal, intake } = this.#p
    const folded = intake.foldedThrough
    requests.serve(folded, journal === undefined ? folded : Math.min(folded, journal.syncedThrough))
  }

  async #sleep(): Promise<void> {
    const { control, journal, requests } = this.#p
    const unsynced = journal !== undefined && journal.appendedThrough > journal.syncedThrough
    if (this.#waitStrategy === 'spin') return nextTurn()
    if (this.#waitStrategy === 'poll') return delay(1)
    const head = Atomics.load(control, HEAD)
    if (this.#p.reader.depth > 0) return
    // The flow posts held back by the interval, and the group sync, have their own times.
    const soon = unsynced || requests.waiting || this.#publisher.waiting
    await park(control, head, soon ? GROUP_SYNC_MS / 2 : PARK_MS)
  }

  #receive(message: ToShard): void {
    const { outbox, pairs, committer, answers } = this.#p
    switch (message.type) {
      case 'pair':
        this.#declare(message)
        break
      case 'wait':
        this.#waitStrategy = message.strategy
        break
      case 'texts':
        this.#p.intake.textRing = new TextReader(message.buffer)
        break
      case 'listen':
        outbox.listen(message.kinds)
        break
      case 'flush':
        // Stored or not, it is in the journal: what DuckDB has committed can still lose its name.
        this.#later(message.id, message.through, true, async () => {
          if (message.stored) await committer.storeAll(pairs)
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
        this.#later(message.id, message.through, false, () => this.#retainer.run())
        break
      case 'close':
        this.#closing = {
          through: message.through,
          deadlineMs: performance.now() + message.timeoutMs,
        }
        // The message came while the shard sleeps: it would sleep on to the end of its park.
        wake(this.#p.control)
        break
    }
  }

  #declare(message: Extract<ToShard, { type: 'pair' }>): void {
    const pair = this.#p.pairs.declare(message.pair)
    this.#p.writeDirectory()
    if (pair.phase === 'refused') this.#p.outbox.send({ type: 'refused', pair: pair.id })
    this.#takeUp(pair)
  }

  // Reads its file beside the folding: quiet pairs have candles to close and gaps to open, too.
  #takeUp(pair: PairState): void {
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
      // Rows are made of what DuckDB gave in long steps: nobody may end the thread in one.
      const done = this.#p.db
        .inside(work)
        .then(
          (value) => this.#p.outbox.reply(id, value),
          (cause) => {
            const error = toPlainError(cause, 'STORE_FAILED')
            this.#p.outbox.send({ type: 'failed', id, error })
            if (isFatal(cause)) this.#fail(cause)
          },
        )
        .finally(() => this.#working.delete(done))
      this.#working.add(done)
    }
    this.#p.requests.add({ through, durable, run })
    this.#serve()
  }

  // Segments go when every pair has committed past them.
  #dropJournal(): void {
    let through = this.#p.intake.foldedThrough
    for (const pair of this.#p.pairs) through = Math.min(through, pair.dirtyFrom - 1)
    if (this.#p.journal?.canDrop(through) !== true) return
    this.#p.files.syncNames()
    this.#p.journal.dropThrough(through)
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause
  }

  // No time to fold what is still in the ring: it goes into the journal as it is, while main moves
  // what it had spilled into the ring, and the next session folds it. False without a journal.
  async #journalRest({ through, deadlineMs }: { through: number; deadlineMs: number }) {
    const { intake, journal } = this.#p
    if (journal === undefined) return false
    this.#unfolded = true
    while (intake.passBy() < through && performance.now() < deadlineMs + GRACE_MS) await delay(1)
    return true
  }

  // What was asked before close() is answered; users' queries as far as half the time that is left
  // suffices, since the rest belongs to the commits.
  async #answerAll(deadlineMs: number): Promise<void> {
    const { journal, reader, answers } = this.#p
    const enough = setTimeout(() => answers.stopQueries(), (deadlineMs - performance.now()) / 2)
    while (journal?.syncPending) await nextTurn()
    journal?.syncSync()
    if (journal !== undefined) reader.announceDurable(journal.appendedThrough)
    this.#serve()
    await Promise.allSettled(this.#working)
    clearTimeout(enough)
  }

  async #close(deadlineMs: number): Promise<ShardReport> {
    const { pairs, committer, files, journal, outbox, reader, shard } = this.#p
    let uncommitted = 0
    await this.#answerAll(deadlineMs)
    await this.#retainer.stop()
    await this.#p.loader.idle()
    for (const pair of pairs) {
      if (pair.rollup.revisionPending) pair.touch(pair.lastSeq)
      pair.rollup.settleRevisions()
      if (this.#p.options.clock === 'event') pair.endInput()
      if (pair.dirtyFrom === Number.POSITIVE_INFINITY) continue
      if (performance.now() < deadlineMs) await committer.relieve(pair, true)
      if (pair.dirtyFrom !== Number.POSITIVE_INFINITY) uncommitted++
    }
    this.#publisher.publish(performance.now())
    outbox.post()
    journal?.syncSync()
    if (journal !== undefined) reader.announceDurable(journal.appendedThrough)
    if (uncommitted === 0) await files.detachAll()
    journal?.close({ final: uncommitted === 0 && !this.#unfolded })
    return { shard, uncommitted }
  }
}
