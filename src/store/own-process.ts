// A process of one task beside the host: what goes wrong in it takes nothing else with it.
import { type ChildProcess, fork } from 'node:child_process'

/** What a process needs of its environment to start; nothing else of it is the task's business. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot']

/** Starts a process with a heap of `heapMb`; who starts it sends its task, and kills it. */
export function startProcess(entry: URL, heapMb: number): ChildProcess {
  const env = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]))
  return fork(entry, [], {
    // Where the host is no plain Node, its binary can still be one.
    env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
    execArgv: [`--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
    stdio: 'ignore',
  })
}

/** The one task of this process: `work` gets what was sent, and what it resolves with is told. */
export function serveOne<Task>(work: (task: Task) => Promise<unknown>): void {
  process.once('message', (task: Task) => void work(task).then(tell))
  // Whoever asked is gone.
  process.once('disconnect', end)
}

/** Tells the answer, and ends. Not by exit(): a promise of DuckDB's may be pending. */
export function tell(answer: unknown): void {
  if (process.send === undefined) end()
  else process.send(answer as object, end)
}

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
