// The shards of an engine: the pool they run on, their start over what journals hold, the passing
// of time, and their end.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Piscina } from 'piscina'
import { dropSegments, firstSequence, undescribedPairs } from './data-dir.js'
import { EngineError } from './errors.js'
import { makeFolder } from './folders.js'
import {
  missingSegments,
  refuseNewerSegments,
  type SegmentFile,
  segmentsBySession,
} from './journal/journal-reader.js'
import { type Clock, ManualClock } from './model/manual-clock.js'
import type { ResolvedOptions } from './options.js'
import type { ShardReport } from './post/message.js'
import { HostPulse } from './ring/host-pulse.js'
import { PoolThreads } from './ring/pool-threads.js'
import type { ShardHost, ShardLinkEvents } from './shard-host.js'
import { ShardLink } from './shard-link.js'
import { Watchdog } from './watchdog.js'

const SETTLE_TIMEOUT_MS = 60_000

export class Shards {
  /** One a shard, by its number; empty before start(). */
  readonly links: ShardLink[] = []
  readonly #options: ResolvedOptions
  readonly #clock: Clock | undefined
  readonly #events: ShardLinkEvents
  readonly #pool: Piscina
  #pulse: HostPulse | undefined
  #watchdog: Watchdog | undefined
  #timer: NodeJS.Timeout | undefined
  #stopMoving: (() => void) | undefined

  /** `clock`: in place of the system's. */
  constructor(options: ResolvedOptions, clock: Clock | undefined, events: ShardLinkEvents) {
    this.#options = options
    this.#clock = clock
    this.#events = events
    this.#pool = new Piscina({
      filename: new URL('../workers/shard.worker.js', import.meta.url).href,
      minThreads: options.shards,
      maxThreads: options.shards,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      closeTimeout: 1000,
      // A heap without end would be the host's end.
      resourceLimits: { maxOldGenerationSizeMb: options.heapMb },
    })
    this.#pool.on('error', (cause) => events.fault(-1, 'SHARD_FAILED', String(cause)))
  }

  /**
   * Starts the shards over what journals hold; returns the slots they recovered. `owned` runs when
   * the kernel has given the directory's lock.
   */
  async start(owned: () => void): Promise<number> {
    const options = this.#options
    const journal = join(options.dataDir, 'journal')
    makeFolder(journal)
    // Before any shard starts: nothing was written yet.
    refuseNewerSegments(journal)
    const segments = segmentsBySession(journal).map(({ path }) => ({ path }))
    const missing = missingSegments(journal)
    const host: ShardHost = {
      pool: this.#pool,
      epoch: firstSequence(options.dataDir, journal),
      events: this.#events,
      clock: this.#clock,
      threads: new PoolThreads(),
      undescribed: undescribedPairs(options.dataDir),
    }
    for (let shard = 0; shard < options.shards; shard++) {
      this.links.push(new ShardLink(shard, options, host))
    }
    this.#pulse = new HostPulse(this.links.map(({ control }) => control))
    // Shard 0 first: it takes the kernel's lock before anybody touches a file.
    const [first, ...others] = this.links
    const started = [await first.start(segments)]
    owned()
    started.push(...(await Promise.all(others.map((link) => link.start(segments)))))
    dropSegments(segments, started)
    this.#watchdog = new Watchdog(this.links)
    this.#passTime()
    // When whoever waits for open() has had the time to listen.
    setImmediate(() => this.#tellMissing(missing))
    return started.reduce((sum, { recovered }) => sum + recovered, 0)
  }

  #tellMissing(segments: readonly SegmentFile[]): void {
    for (const { path, shard } of segments) {
      const what = 'a journal segment is missing; what it held and no file has is lost'
      this.#events.fault(shard, 'JOURNAL_MISSING', `${what}: path=${path}`)
    }
  }

  /** Resolves when everything received before is durable, or stored. */
  async flush(stored: boolean): Promise<void> {
    await Promise.all(
      this.links.map((link) => link.ask({ type: 'flush', through: link.receivedThrough, stored })),
    )
  }

  async cleanup(): Promise<void> {
    await Promise.all(
      this.links.map((link) => link.ask({ type: 'cleanup', through: link.receivedThrough })),
    )
  }

  /** Blocks until everything received is folded; throws TIMEOUT. */
  settle(): void {
    const deadline = performance.now() + SETTLE_TIMEOUT_MS
    for (const link of this.links) {
      while (!link.writer.folded()) {
        link.writer.pump()
        link.writer.publish()
        link.writer.awaitFolded(50)
        if (link.refusing !== 0 || performance.now() > deadline) {
          throw new EngineError('TIMEOUT', `shard did not settle: shard=${link.shard}`)
        }
      }
    }
  }

  /**
   * Lockstep: a shard that is asked after every tick must not fall asleep between two of them. Not
   * where shards would take each other's cores.
   */
  hurry(on: boolean): void {
    const { waitStrategy, shards } = this.#options
    const strategy = on && shards < availableParallelism() ? 'spin' : waitStrategy
    for (const link of this.links) link.waitBy(strategy)
  }

  /** How every shard ended: with its report, or with what broke it. */
  async close(): Promise<PromiseSettledResult<ShardReport>[]> {
    clearInterval(this.#timer)
    this.#pulse?.stop()
    this.#watchdog?.stop()
    this.#stopMoving?.()
    const { closeTimeoutMs } = this.#options
    // A shard that runs is closed first: no thread may end with a promise of DuckDB's pending.
    const ends = await Promise.allSettled(this.links.map((link) => link.close(closeTimeoutMs)))
    await this.#pool.close({ force: true })
    return ends
  }

  #passTime(): void {
    if (this.#options.clock === 'event') return
    if (this.#clock instanceof ManualClock) {
      this.#stopMoving = this.#clock.onMove((fromUs, toUs) => {
        for (const link of this.links) link.timeMoved(fromUs, toUs)
      })
      return
    }
    this.#timer = setInterval(() => {
      for (const link of this.links) if (!link.scheduled) link.schedule()
    }, 1000).unref()
  }
}
