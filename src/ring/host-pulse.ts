// How late the host's event loop is, in the shared memory of every shard: what can wait, waits
// then. The host's thread beats; a beat that comes late, or not at all, says that the loop is held
// up.
import { HOST_BEAT, HOST_LATE } from './ring-layout.js'

const BEAT_MS = 20
/** From here on the trader could feel it. */
const LATE_MS = 10

// The same in every thread; as int32 it wraps after 24 days.
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return (seconds * 1000 + Math.floor(nanoseconds / 1e6)) | 0
}

export class HostPulse {
  readonly #controls: readonly Int32Array[]
  readonly #timer: NodeJS.Timeout
  #lastMs = monotonicMs()

  /** Beats into the control words of every shard; host's thread. */
  constructor(controls: readonly Int32Array[]) {
    this.#controls = controls
    this.#beat()
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #beat(): void {
    const now = monotonicMs()
    const late = Math.max(0, ((now - this.#lastMs) | 0) - BEAT_MS)
    this.#lastMs = now
    for (const control of this.#controls) {
      Atomics.store(control, HOST_BEAT, now)
      Atomics.store(control, HOST_LATE, late)
    }
  }
}

/** Whether the host's loop is held up now, or was at its last beat; any thread. */
export function isHostLate(control: Int32Array): boolean {
  const since = (monotonicMs() - Atomics.load(control, HOST_BEAT)) | 0
  return since > BEAT_MS + LATE_MS || Atomics.load(control, HOST_LATE) > LATE_MS
}
