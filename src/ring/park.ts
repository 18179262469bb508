// How an idle shard sleeps: in Atomics.waitAsync, so that its ports, timers and DuckDB reads go on.
import { HEAD, PARKED } from './ring-layout.js'

/**
 * Sleeps until the writer publishes or `timeoutMs` have passed. The flag goes up before the last
 * look at HEAD, and the writer looks at the flag after storing HEAD: no wake-up is lost.
 */
export async function park(
  control: Int32Array,
  seenHead: number,
  timeoutMs: number,
): Promise<void> {
  Atomics.store(control, PARKED, 1)
  if (Atomics.load(control, HEAD) === seenHead) {
    const wait = Atomics.waitAsync(control, PARKED, 1, timeoutMs)
    if (wait.async) await wait.value
  }
  Atomics.store(control, PARKED, 0)
}

/** Wakes the shard if it sleeps; from any thread. */
export function wake(control: Int32Array): void {
  if (Atomics.load(control, PARKED) !== 1) return
  if (Atomics.compareExchange(control, PARKED, 1, 0) === 1) Atomics.notify(control, PARKED)
}
