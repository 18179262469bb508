// Preloaded into every thread of a child: a worker that hears its word never turns again.
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) {
  const { Database } = await import('../../dist/src/store/duckdb.js')
  // Whether this thread waits for DuckDB: one that dies then takes the process with it.
  let waits = false
  const { open } = Database
  Database.open = (options) => {
    const onPending = (pending) => {
      waits = pending
      options.onPending(pending)
    }
    return open.call(Database, { ...options, onPending })
  }
  const whenQuiet = (end) => {
    if (waits) setImmediate(whenQuiet, end)
    else end()
  }
  const ends = {
    throw() {
      throw new Error('thrown into the worker')
    },
    exit() {
      process.exit(3)
    },
    heap() {
      const all = []
      for (;;) all.push(new Array(1e6).fill(all.length))
    },
  }
  const channel = new BroadcastChannel('tickloom-test')
  channel.onmessage = ({ data }) => {
    if (data !== 'heard') channel.postMessage('heard')
    if (data === 'hang') for (;;);
    if (data in ends) whenQuiet(ends[data])
  }
  channel.unref()
}
