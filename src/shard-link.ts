// Main's end of one shard: its ring, its port, and the task that runs it. A shard that dies is run
// again on the same ring; requests it had not answered are asked again.
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { closedError, EngineError, fromPlainError } from './errors.js'
import { segmentsOf } from './journal/journal-reader.js'
import { MAX_RESTARTS } from './limits.js'
import type { Account } from './model/account.js'
import { Refusal } from './model/refusal.js'
import type { ResolvedOptions } from './options.js'
import type {
  FromShard,
  PairDeclaration,
  SegmentPath,
  ShardEnd,
  ShardReport,
  ShardTask,
  Started,
  ToShard,
} from './post/message.js'
import { ShardPort } from './post/shard-port.js'
import { Unanswered, type Unsent } from './post/unanswered.js'
import { Restarts } from './restarts.js'
import { ClockRecords } from './ring/clock-records.js'
import { allocateRing, POSTS_HEARD, type RingMemory } from './ring/ring-layout.js'
import { RingWriter } from './ring/ring-writer.js'
import { TextRing } from './ring/text-ring.js'
import { Totals } from './ring/totals.js'
import type { ShardHost } from './shard-host.js'

const SPILL_PUMP_MS = 1

export class ShardLink {
  readonly shard: number
  readonly writer: RingWriter
  /** 0 while ticks are taken, else the refusal to give. */
  refusing: number = 0
  /** A publish is due at the end of this turn of the event loop. */
  scheduled = false
  readonly #ring: RingMemory
  readonly #totals = new Totals()
  /** Where ids that are text go; the shard hears of it before the first slot that has one. */
  readonly texts = new TextRing((buffer) => this.#post({ type: 'texts', buffer }))
  readonly #options: ResolvedOptions
  readonly #host: ShardHost
  readonly #declared: PairDeclaration[] = []
  readonly #unanswered = new Unanswered()
  #kinds: readonly string[] = []
  #port: ShardPort | undefined
  #thread: Worker | undefined
  readonly #restarts = new Restarts()
  readonly #clock: ClockRecords
  #pumping: NodeJS.Timeout | undefined
  // Set while its thread is dead; resolves when its files are free.
  #gone: Promise<void> | undefined
  // Segments of earlier sessions, until all they hold for this shard is stored.
  #left: readonly SegmentPath[] = []
  #wasUp = false
  /** Its thread has taken up what there was, and turns. */
  #up = false
  #closing = false
  #closed: Promise<ShardReport> | undefined
  #ended: Promise<ShardReport> = Promise.reject(new Error('not started'))
  #onStarted: { resolve: (started: Started) => void; reject: (error: Error) => void } | undefined
  readonly #publishNow = () => {
    this.scheduled = false
    if (this.writer.unpublished) this.writer.publish()
    if (this.writer.spilled > 0) this.#pumpSoon()
  }

  constructor(shard: number, options: ResolvedOptions, host: ShardHost) {
    this.#clock = new ClockRecords(host.clock)
    this.shard = shard
    this.#options = options
    this.#host = host
    this.#ring = allocateRing(options.ringSlots)
    const spill = options.overflow === 'spill' ? options.spillSlots : 0
    const blockMs = options.overflow === 'block' ? options.blockTimeoutMs : 0
    this.writer = new RingWriter(this.#ring, host.epoch, spill, blockMs)
    this.#ended.catch(() => undefined)
  }

  /** Runs the shard; resolves when it has taken up the segments. */
  start(segments: readonly SegmentPath[]): Promise<Started> {
    return new Promise((resolve, reject) => {
      this.#onStarted = { resolve, reject }
      this.#left = segments
      this.#run(segments, [])
    })
  }

  /** First in a turn of the event loop: the time, where it is due, and a publish at its end. */
  schedule(): void {
    this.scheduled = true
    if (this.#options.clock === 'wall') this.#clock.tell(this.writer)
    queueMicrotask(this.#publishNow)
  }

  waitBy(strategy: 'park' | 'poll' | 'spin'): void {
    this.#post({ type: 'wait', strategy })
  }

  /** The clock was moved by hand: the shard hears from when to when. */
  timeMoved(fromUs: number, toUs: number): void {
    this.#clock.tellAt(this.writer, fromUs)
    this.#clock.tellAt(this.writer, toUs)
    this.#publishNow()
  }

  declare(pair: PairDeclaration): void {
    this.#declared.push(pair)
    this.#post({ type: 'pair', pair })
  }

  listen(kinds: readonly string[]): void {
    this.#kinds = kinds
    this.#post({ type: 'listen', kinds })
  }

  /** Asks the shard; answered when it has folded everything received before. */
  ask<T>(message: Unsent): Promise<T> {
    if (this.refusing === Refusal.ShardFailed) return Promise.reject(this.#givenUp())
    if (this.#closing) return Promise.reject(closedError())
    this.#publishNow()
    return this.#unanswered.ask(message, (full) => this.#post(full))
  }

  /** Whether its thread is up, and turns. */
  get beats(): boolean {
    return this.#up && this.#gone === undefined && !this.#closing
  }

  /** Its heartbeat stands still: a thread that hangs in no native call is ended, and runs again. */
  hangs(native: boolean): void {
    const where = native ? 'inside DuckDB, or a long answer: it is waited for' : 'it is run again'
    this.#host.events.fault(this.shard, 'SHARD_HANGS', `the shard does not turn; ${where}`)
    if (!native) void this.#thread?.terminate()
  }

  /** The words that both sides of the ring watch. */
  get control(): Int32Array {
    return this.#ring.control
  }
  /** What became of the slots folded so far. */
  get account(): Account {
    return this.#totals.read().account
  }
  /** Everything received so far. */
  get receivedThrough(): number {
    return this.writer.nextSequence - 1
  }

  /** Resolves when there is room for a ring's half and nothing is spilled. */
  async drained(): Promise<void> {
    while (this.refusing === 0 && this.writer.depth > this.#options.ringSlots / 2) {
      this.#publishNow()
      await new Promise((resolve) => setTimeout(resolve, SPILL_PUMP_MS))
    }
  }

  /** Stops the shard when it has folded everything, or at the deadline. */
  async close(timeoutMs: number): Promise<ShardReport> {
    this.#closed ??= this.#close(timeoutMs)
    try {
      return await this.#closed
    } finally {
      clearTimeout(this.#pumping)
      this.#unanswered.refuseAll(closedError())
    }
  }

  // A shard that is dead, or dies now, runs once more, to take up what its ring holds.
  async #close(timeoutMs: number): Promise<ShardReport> {
    const lost = this.refusing === Refusal.ShardFailed || !this.#wasUp
    this.refusing ||= Refusal.Closed
    this.#closing = true
    for (let again = !lost; ; again = false) {
      await this.#gone
      this.#restarts.cancel()
      if (this.#gone !== undefined && !lost) this.#restart()
      this.#publishNow()
      this.#post({ type: 'close', through: this.receivedThrough, timeoutMs })
      try {
        return await this.#ended
      } catch (cause) {
        if (!again) throw cause
      }
    }
  }

  #post(message: ToShard): void {
    this.#port?.post(message)
  }

  #run(segments: readonly SegmentPath[], ownSegments: readonly SegmentPath[], again = false): void {
    this.#up = false
    this.#thread = undefined
    const port = new ShardPort((message) => this.#receive(message))
    this.#port = port
    const task: ShardTask = {
      shard: this.shard,
      shards: this.#options.shards,
      ring: this.#ring.buffer,
      totals: this.#totals.buffer,
      threads: this.#host.threads.buffer,
      ...(this.texts.buffer === undefined ? {} : { texts: this.texts.buffer }),
      tailSequence: this.writer.tailSequence(),
      epoch: this.#host.epoch,
      options: this.#options,
      pairs: [...this.#declared],
      segments,
      ownSegments,
      undescribed: this.#host.undescribed,
      kinds: this.#kinds,
      port: port.far,
    }
    this.#restarts.started()
    this.#ended = this.#host.pool.run(task, { transferList: [port.far] }).then((end: ShardEnd) => {
      if ('failed' in end) throw fromPlainError(end.failed)
      return end
    })
    this.#ended.then(
      () => port.hangUp(),
      (cause) => {
        port.hangUp()
        this.#port = undefined
        this.#host.threads.release(this.shard)
        this.#gone = this.#threadGone(cause instanceof EngineError)
        void this.#gone.then(() => this.#died(cause as Error))
      },
    )
    for (const message of again ? this.#unanswered.again() : []) this.#post(message)
  }

  #receive(message: FromShard): void {
    if (message.type === 'running') {
      this.#thread = this.#host.pool.threads.find((thread) => thread.threadId === message.threadId)
    } else if (message.type === 'started') {
      if (!message.keep) this.#left = []
      this.#wasUp = true
      this.#up = true
      this.#onStarted?.resolve(message)
      this.#onStarted = undefined
    } else if (message.type === 'reply' || message.type === 'failed') {
      this.#unanswered.answer(message)
    } else {
      this.#host.events.message(this.shard, message)
      if (message.type === 'flow') Atomics.add(this.#ring.control, POSTS_HEARD, 1)
    }
  }

  // A shard that failed in order has closed its database. One whose thread broke has not: its files
  // are free when the thread is gone, and two owners of one file lose rows in silence.
  async #threadGone(inOrder: boolean): Promise<void> {
    const thread = this.#thread
    if (inOrder || thread === undefined || thread.threadId === -1) return
    await new Promise((resolve) => thread.once('exit', resolve))
  }

  #died(cause: Error): void {
    const starting = this.#onStarted
    this.#onStarted = undefined
    starting?.reject(cause)
    if (starting !== undefined || this.#closing) return
    const code = cause instanceof EngineError ? cause.code : 'SHARD_FAILED'
    this.#host.events.fault(this.shard, code, `shard ended: ${cause.message}`)
    if (!this.#restarts.later(() => this.#restart())) this.#giveUp()
  }

  #restart(): void {
    this.#gone = undefined
    const directory = join(this.#options.dataDir, 'journal')
    this.#run(this.#left, segmentsOf(directory, this.shard, this.#host.epoch), true)
  }

  #giveUp(): void {
    this.refusing = Refusal.ShardFailed
    this.#unanswered.refuseAll(this.#givenUp())
    this.#host.events.fault(this.shard, 'SHARD_FAILED', `given up after ${MAX_RESTARTS} restarts`)
  }

  #givenUp(): EngineError {
    return new EngineError(
      'SHARD_FAILED',
      `the pair's shard was given up after too many faults; see the fault events: shard=${this.shard}`,
    )
  }

  #pumpSoon(): void {
    this.#pumping ??= setTimeout(() => {
      this.#pumping = undefined
      if (!this.writer.pump()) this.#pumpSoon()
    }, SPILL_PUMP_MS)
  }
}
