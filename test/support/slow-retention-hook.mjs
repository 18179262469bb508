// Preloaded into every thread of a child: retention says that it has a pair's file, and goes on with it
// when the engine is being closed. What is stored in a file that was given back, or behind the database's end, is told.
import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) {
  const { Database } = await import('../../dist/src/store/duckdb.js')
  const { PairFile } = await import('../../dist/src/store/pair-file.js')
  const channel = new BroadcastChannel('tickloom-test')
  channel.unref()
  const over = new WeakSet()
  const ends = (type, method) => {
    const end = type.prototype[method]
    type.prototype[method] = function (...given) {
      over.add(this)
      return end.apply(this, given)
    }
  }
  const stores = (type, method) => {
    const store = type.prototype[method]
    type.prototype[method] = function (...given) {
      if (over.has(this)) writeSync(2, `${type.name}.${method}() behind its end\n`)
      return store.apply(this, given)
    }
  }
  ends(Database, 'close')
  ends(PairFile, 'detach')
  stores(Database, 'transact')
  stores(PairFile, 'commit')
  const { prepareRetiring } = PairFile.prototype
  PairFile.prototype.prepareRetiring = async function () {
    await prepareRetiring.call(this)
    const closing = new Promise((resolve) => {
      channel.onmessage = resolve
    })
    channel.ref()
    channel.postMessage('retaining')
    await closing
    channel.unref()
    // The request to close comes by another way: it is given the time to do harm.
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
