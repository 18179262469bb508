// Preloaded into every thread of a child: a worker that hears its word never turns again.
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) {
  const channel = new BroadcastChannel('tickloom-test')
  channel.onmessage = ({ data }) => {
    if (data === 'hang') for (;;);
    if (data === 'throw') throw new Error('thrown into the worker')
    if (data === 'exit') process.exit(3)
    if (data === 'heap') {
      const all = []
      for (;;) all.push(new Array(1e6).fill(all.length))
    }
  }
  channel.unref()
}
