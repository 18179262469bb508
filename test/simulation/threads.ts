import { EventEmitter } from 'node:events'

// The threads of a simulation, all in one: what a worker waits for is put down here, and the seed says
// who goes on next. A worker that is ended is never resumed, so that whatever it had in memory is gone,
// and the rest of what it was doing never happens.

/** Numbers by a seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** A thread of the pool, as far as main looks at it. */
class Thread extends EventEmitter {
  threadId: number
  worker: Worker | undefined
  constructor(id: number) {
    super()
    this.threadId = id
  }
  terminate(): void {
    if (this.worker !== undefined) this.worker.doomed = true
  }
}

interface Wait {
  readonly due: number
  /** What it waits for, where that is not the time alone. */
  readonly until: (() => boolean) | undefined
  readonly go: () => void
}

/** One run of a shard. */
export class Worker {
  /** It is to end: nothing of what it still does reaches a disk, a file or main. */
  doomed = false
  ended = false
  /** It goes on with nothing, and does not end either. */
  hangs = false
  /** It ends at this one of the things it does outside of its memory; 0: at none. */
  endsIn = 0
  waits: Wait[] = []
  fail: (cause: Error) => void = () => undefined
  constructor(
    readonly shard: number,
    readonly thread: Thread,
  ) {}
}

/** What breaks a thread: nothing catches it for good. */
const BROKEN = 'FATAL: the thread is at its end'

interface Ports {
  readonly queue: unknown[]
  closed: boolean
}

/** One end of a channel; in main where it has no owner. */
export class Port implements Ports {
  readonly queue: unknown[] = []
  closed = false
  owner: Worker | undefined
  peer: Port | undefined
  hear: ((message: unknown) => void) | undefined
  constructor(readonly threads: Threads) {
    threads.ports.push(this)
  }
  on(_event: 'message', hear: (message: unknown) => void): void {
    this.hear = hear
  }
  postMessage(message: unknown): void {
    const { peer, owner } = this
    if (this.closed || peer === undefined || peer.closed || owner?.doomed) return
    peer.queue.push(message)
  }
  close(): void {
    this.closed = true
  }
}

const turnOfTheLoop = globalThis.setImmediate

/** Everything that runs in one simulation. */
export class Threads {
  readonly workers: Worker[] = []
  ports: Port[] = []
  threads: Thread[] = []
  /** Whose code runs now; undefined in main. */
  current: Worker | undefined
  /** A number that every step changes: the same for the same steps. */
  trace = 0
  /** Threads that have ended. */
  ended = 0
  /** A new run ends within so many things it does outside of its memory; 0: it lives. */
  mortal = 0
  #nextId = 1

  constructor(readonly random: (below: number) => number) {}

  /** Takes a step down. */
  mark(what: number): void {
    this.trace = (Math.imul(this.trace ^ what, 0x01000193) + 0x9e37) | 0
  }

  /** Something outside of the worker's memory is done now: whether it ends here. */
  ends(): boolean {
    const worker = this.current
    if (worker === undefined) return false
    if (worker.endsIn > 0 && --worker.endsIn === 0) worker.doomed = true
    return worker.doomed
  }

  /** The same in the middle of its own code. */
  reach(): void {
    if (this.ends()) throw new Error(BROKEN)
  }

  /** Resolves when the worker at hand is resumed: `ms` from now, or when `until` holds. */
  wait(ms: number, until?: () => boolean, worker = this.current): Promise<void> {
    if (worker === undefined) throw new Error('main does not wait')
    return new Promise((go) => {
      worker.waits.push({ due: performance.now() + ms, until, go })
    })
  }

  /** Runs a task on a thread that is idle, or on a new one. */
  run(shard: number, port: Port, task: () => Promise<unknown>): Promise<unknown> {
    let thread = this.threads.find((one) => one.worker === undefined)
    if (thread === undefined) {
      thread = new Thread(this.#nextId++)
      this.threads.push(thread)
    }
    const worker = new Worker(shard, thread)
    if (this.mortal > 0) worker.endsIn = 1 + this.random(this.mortal)
    thread.worker = worker
    port.owner = worker
    this.workers.push(worker)
    return new Promise((resolve, reject) => {
      worker.fail = reject
      const settle = (how: (value: never) => void) => (value: unknown) => {
        if (worker.doomed || worker.ended) return
        this.#leave(worker)
        how(value as never)
      }
      worker.waits.push({
        due: performance.now() + 1,
        until: undefined,
        go: () => void task().then(settle(resolve), settle(reject)),
      })
    })
  }

  #leave(worker: Worker): void {
    worker.ended = true
    worker.waits = []
    worker.thread.worker = undefined
    this.workers.splice(this.workers.indexOf(worker), 1)
  }

  /** The thread is gone, and everything it knew. */
  #end(worker: Worker): void {
    this.ended++
    const { thread } = worker
    this.#leave(worker)
    this.threads.splice(this.threads.indexOf(thread), 1)
    thread.threadId = -1
    worker.fail(new Error('the worker exited'))
    thread.emit('exit')
  }

  /** The process is gone. */
  endAll(): void {
    for (const worker of this.workers) {
      worker.ended = true
      worker.doomed = true
    }
    this.workers.length = 0
    this.threads = []
    this.ports = []
  }

  /** Everything that could go on now. */
  #ready(): (() => void)[] {
    const now = performance.now()
    const ready: (() => void)[] = []
    for (const worker of this.workers) {
      if (worker.hangs) continue
      for (const wait of worker.waits) {
        if (wait.due > now && wait.until?.() !== true) continue
        ready.push(() => {
          worker.waits.splice(worker.waits.indexOf(wait), 1)
          this.current = worker
          wait.go()
        })
      }
    }
    this.ports = this.ports.filter((port) => !port.closed)
    for (const port of this.ports) {
      if (port.queue.length === 0 || port.hear === undefined) continue
      if (port.owner?.hangs || port.owner?.ended) continue
      ready.push(() => {
        this.current = port.owner
        port.hear?.(port.queue.shift())
      })
    }
    return ready
  }

  /** One of those that can goes on, as far as it can; false where nobody can. */
  async step(): Promise<boolean> {
    const ready = this.#ready()
    if (ready.length === 0) return false
    const which = this.random(ready.length)
    this.mark(which)
    ready[which]()
    await this.settle()
    return true
  }

  /** Everything that follows of what was done has its turn; who is to end, ends. */
  async settle(): Promise<void> {
    await new Promise((resolve) => turnOfTheLoop(resolve))
    this.current = undefined
    const doomed = this.workers.filter((worker) => worker.doomed)
    if (doomed.length > 0) {
      for (const worker of doomed) this.#end(worker)
      await new Promise((resolve) => turnOfTheLoop(resolve))
    }
  }

  /** When the next wait is over. */
  nextDue(): number {
    let due = Number.POSITIVE_INFINITY
    for (const worker of this.workers) {
      if (worker.hangs) continue
      for (const wait of worker.waits) due = Math.min(due, wait.due)
    }
    return due
  }
}
