import { HEAD, PARKED } from '../../src/ring/ring-layout.js'
import { Disk } from './disk.js'
import { PairFile, readIds, reads, Store } from './store.js'
import { Port, randomOf, Threads } from './threads.js'

// What stands in place of modules: each function goes to the simulation that runs now.

export class Surroundings {
  readonly threads: Threads
  readonly disk: Disk
  readonly store: Store
  readonly fs: ReturnType<Disk['functions']>
  constructor(
    random: (below: number) => number,
    /** What a thread of the pool runs. */
    readonly runShard: (task: never) => Promise<unknown>,
  ) {
    this.threads = new Threads(random)
    this.disk = new Disk(this.threads)
    this.store = new Store(this.threads, this.disk)
    this.fs = this.disk.functions()
  }
}

let now = new Surroundings(randomOf(0), () => Promise.reject(new Error('nothing runs')))

/** From now on modules find these surroundings. */
export function surround(surroundings: Surroundings): void {
  now = surroundings
}

type AnyFunction = (...args: never[]) => unknown

/** node:fs */
export const fs = Object.fromEntries(
  Object.keys(now.fs).map((name) => [
    name,
    (...args: never[]) => (now.fs[name as keyof typeof now.fs] as AnyFunction)(...args),
  ]),
)

/** node:worker_threads */
export const workerThreads = {
  get threadId() {
    return now.threads.current?.thread.threadId ?? 0
  },
  receiveMessageOnPort: ({ queue }: Port) =>
    queue.length === 0 ? undefined : { message: queue.shift() },
  MessageChannel: class {
    readonly port1 = new Port(now.threads)
    readonly port2 = new Port(now.threads)
    constructor() {
      this.port1.peer = this.port2
      this.port2.peer = this.port1
    }
  },
}

/** piscina: a pool whose threads run in this one. */
export const piscina = {
  Piscina: class {
    get threads() {
      return now.threads.threads
    }
    on(): void {}
    run(task: never): Promise<unknown> {
      const { shard, port } = task as { shard: number; port: Port }
      return now.threads.run(shard, port, () => now.runShard(task))
    }
    async close(): Promise<void> {}
  },
}

/** src/owner.ts: the directory is always free. */
export const owner = {
  Ownership: { claim: async () => ({ announce: () => undefined, release: async () => undefined }) },
  ownedElsewhere: () => new Error('owned elsewhere'),
}

/** src/shard/turns.ts: a turn takes a millisecond. */
export const turns = {
  nextTurn: () => now.threads.wait(1),
  delay: (ms: number) => now.threads.wait(ms),
}

/** src/ring/park.ts */
export async function park(control: Int32Array, seenHead: number, ms: number): Promise<void> {
  Atomics.store(control, PARKED, 1)
  if (Atomics.load(control, HEAD) === seenHead) {
    await now.threads.wait(ms, () => control[PARKED] === 0)
  }
  Atomics.store(control, PARKED, 0)
}

/** src/store: what speaks to DuckDB. */
export const duckdb = {
  Database: { open: (options: never) => now.store.openDatabase(options) },
  duckdb: {},
  quoteText: (text: string) => text,
  quoteName: (name: string) => name,
}
export const template = {
  Template: { make: (db: never) => now.store.makeTemplate(db) },
}
export const pairFile = { PairFile }
export { readIds, reads }
