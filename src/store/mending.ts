// Torn blocks. A checkpoint writes blocks of metadata in place that the one before it still needs:
// it adds to them, so that what is in use is the same before and after, and a power cut in the
// middle spoils nothing but their checksums. With those put right, the file is as it was.
import { statSync } from 'node:fs'
import { EngineError, fromPlainError, type PlainError } from '../errors.js'
import { type Outcome, startProcess } from './own-process.js'

const ENTRY = new URL('../../workers/mend.process.js', import.meta.url)
const HEAP_MB = 1024
/** All of the file is read, several times. */
const DEADLINE_MS = 300_000
const LEAST_BYTES_PER_MS = 10_000

/** What a process dies of that reads what is no file of DuckDB's. */
const CRASHES = ['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE']

/** Where it may put what does not fit into memory, behind the path. */
export const OVERFLOW = '.overflow'

/** What the process is asked. */
export interface MendingTask {
  /** A copy of the file, beside a copy of its log. */
  readonly path: string
  /** The pair's. */
  readonly name: string
}

/** What it answers; 'failed': it could not find out. */
export type MendingAnswer = { readonly whole: boolean } | { readonly failed: PlainError }

/**
 * Puts the checksums of a file's torn blocks right, in a process of its own; false unless all of
 * the file can be read then, and verify finds nothing. Throws where that could not be found out.
 */
export async function mend(task: MendingTask): Promise<boolean> {
  const deadlineMs = DEADLINE_MS + statSync(task.path).size / LEAST_BYTES_PER_MS
  const limits = { heapMb: HEAP_MB, deadlineMs }
  const ended = await startProcess<MendingAnswer>(ENTRY, task, limits).outcome
  if ('answer' in ended) {
    if ('failed' in ended.answer) throw fromPlainError(ended.answer.failed)
    return ended.answer.whole
  }
  if ('died' in ended && CRASHES.includes(ended.died)) return false
  const rule =
    'a torn file could not be mended: see that there is time and memory, and open it again'
  throw new EngineError('STORE_FAILED', `${rule}: ${whyOf(ended, deadlineMs)} path=${task.path}`)
}

function whyOf(ended: Exclude<Outcome<unknown>, { answer: unknown }>, deadlineMs: number): string {
  if ('late' in ended) return `deadlineMs=${Math.round(deadlineMs)}`
  return 'died' in ended ? `died=${ended.died}` : `notStarted=${ended.notStarted}`
}
