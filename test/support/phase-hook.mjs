// Preloaded into every thread of a child: counts, in shared memory, who is in which phase at the
// moment, so that another thread can end the process in the middle of one.
import { getEnvironmentData, isMainThread } from 'node:worker_threads'

export const PHASES = [
  'ingest',
  'journal write',
  'journal sync',
  'append',
  'commit',
  'checkpoint',
  'retention',
  'close',
  'recovery',
]
export const PHASES_KEY = 'tickloom-phases'

/** `inside.enter('commit')` … `inside.leave('commit')`, over one count for each phase. */
export function phaseCounts(counts) {
  return {
    enter(phase) {
      Atomics.add(counts, PHASES.indexOf(phase), 1)
      Atomics.notify(counts, PHASES.indexOf(phase))
    },
    leave(phase) {
      Atomics.sub(counts, PHASES.indexOf(phase), 1)
    },
  }
}

const counts = getEnvironmentData(PHASES_KEY)
if (!isMainThread && counts !== undefined) await watch(phaseCounts(counts))

async function watch({ enter, leave }) {
  const { JournalWriter } = await import('../../dist/src/journal/journal-writer.js')
  const { Database } = await import('../../dist/src/store/duckdb.js')
  const { PairFile } = await import('../../dist/src/store/pair-file.js')
  const { Retainer } = await import('../../dist/src/shard/retainer.js')
  const { Folder } = await import('../../dist/src/shard/folder.js')
  const { Shard } = await import('../../dist/src/shard/shard.js')

  during(JournalWriter.prototype, 'appendSlots', 'journal write')
  during(PairFile.prototype, 'checkpoint', 'checkpoint')
  during(Retainer.prototype, 'run', 'retention')

  const { sync } = JournalWriter.prototype
  JournalWriter.prototype.sync = function (done) {
    enter('journal sync')
    sync.call(this, (...result) => {
      leave('journal sync')
      done(...result)
    })
  }

  const { transact } = Database.prototype
  Database.prototype.transact = function (work) {
    let committing = false
    try {
      transact.call(this, (run) => {
        enter('append')
        try {
          work(run)
        } finally {
          leave('append')
        }
        enter('commit')
        committing = true
      })
    } finally {
      if (committing) leave('commit')
    }
  }

  // From the first slot folded again until everything recovered is stored and the shard runs.
  let recovering = false
  const { fold } = Folder.prototype
  Folder.prototype.fold = function (...slots) {
    if (this.recovering && !recovering) {
      recovering = true
      enter('recovery')
    }
    return fold.apply(this, slots)
  }
  const { run } = Shard.prototype
  Shard.prototype.run = function () {
    if (recovering) leave('recovery')
    recovering = false
    return run.call(this)
  }

  function during(prototype, method, phase) {
    const inner = prototype[method]
    prototype[method] = function (...args) {
      enter(phase)
      let result
      try {
        result = inner.apply(this, args)
      } finally {
        if (!(result instanceof Promise)) leave(phase)
      }
      return result instanceof Promise ? result.finally(() => leave(phase)) : result
    }
  }
}
