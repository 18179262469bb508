// The thread that ends its own process in the middle of a phase, a given time after it was entered,
// and writes down in which. workerData: { counts, phase, skip, delayMs, report }.
import { writeFileSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { PHASES } from './phase-hook.mjs'

const { counts, phase, report } = workerData
const at = PHASES.indexOf(phase)
let { skip, delayMs } = workerData
const inside = () => Atomics.load(counts, at) > 0

for (;;) {
  if (!inside()) Atomics.wait(counts, at, 0, 20)
  if (!inside()) continue
  if (skip-- > 0) {
    while (inside());
    continue
  }
  const until = performance.now() + delayMs
  while (inside() && performance.now() < until);
  if (inside()) {
    writeFileSync(report, phase)
    // It may have been left while the report was written: then this was not it.
    if (inside()) process.kill(process.pid, 'SIGKILL')
    writeFileSync(report, '')
  }
  delayMs /= 2
}
