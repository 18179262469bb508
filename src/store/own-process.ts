// A process of one task beside the host: what goes wrong in it takes nothing else with it.
import { fork } from 'node:child_process'
import { toPlainError } from '../errors.js'

/** What a process needs of its environment to start; nothing else of it is the task's business. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot']
/** The longest time a timer can have. */
export const NEVER_MS = 2 ** 31 - 1

/** How a process ended. */
export type Outcome<Answer> =
  | { readonly answer: Answer }
  /** Killed at its deadline. */
  | { readonly late: true }
  | { readonly died: string }
  | { readonly notStarted: string }

/** A process that is under way. */
export interface OwnProcess<Answer> {
  /** Never rejects. */
  readonly outcome: Promise<Outcome<Answer>>
  kill(): void
}

/** What a process may take. */
export interface ProcessLimits {
  readonly heapMb: number
  readonly deadlineMs: number
}

/** Starts a process, which gets `task` and tells its answer (serveOne). */
export function startProcess<Answer>(
  entry: URL,
  task: object,
  { heapMb, deadlineMs }: ProcessLimits,
): OwnProcess<Answer> {
  const env = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]))
  const child = fork(entry, [], {
    // Where the host is no plain Node, its binary can still be one.
    env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
    execArgv: [`--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
    stdio: 'ignore',
  })
  // Without an id there is no process, and perhaps no way to send.
  const started = child.pid !== undefined
  const kill = () => {
    if (started) child.kill('SIGKILL')
  }
  let late = false
  const deadline = setTimeout(
    () => {
      late = true
      kill()
    },
    Math.min(deadlineMs, NEVER_MS),
  )
  const outcome = new Promise<Outcome<Answer>>((resolve) => {
    child.once('message', (answer) => resolve({ answer: answer as Answer }))
    // Sending to one that has not started says so again.
    child.on('error', (cause) => resolve({ notStarted: cause.message }))
    // After the answer, where there is one.
    child.once('close', (code, signal) => {
      resolve(late ? { late } : { died: signal ?? String(code) })
    })
    if (started) child.send(task, () => undefined)
  }).finally(() => {
    clearTimeout(deadline)
    kill()
  })
  return { outcome, kill }
}

/** The one task of this process: `work` gets what was sent, and what it resolves with is told. */
export function serveOne<Task>(work: (task: Task) => Promise<object>): void {
  process.once('message', (task: Task) => {
    const failed = (cause: unknown) => ({ failed: toPlainError(cause, 'STORE_FAILED') })
    void work(task).catch(failed).then(tell)
  })
  // Whoever asked is gone.
  process.once('disconnect', end)
}

/** Tells the answer, and ends. Not by exit(): a promise of DuckDB's may be pending. */
export function tell(answer: object): void {
  if (process.send === undefined) end()
  else process.send(answer, end)
}

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
