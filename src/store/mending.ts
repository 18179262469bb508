// Torn blocks. A checkpoint writes blocks of metadata in place that the one before it still needs:
// it adds to them, so that what is in use is the same before and after, and a power cut in the
// middle spoils nothing but their checksums. With those put right, the file is as it was.
import { EngineError } from '../errors.js'
import { startProcess } from './own-process.js'

const ENTRY = new URL('../../workers/mend.process.js', import.meta.url)
const HEAP_MB = 256
/** All of the file is read. */
const DEADLINE_MS = 300_000

/** What the process is asked. */
export interface MendingTask {
  /** A copy of the file, beside a copy of its log. */
  readonly path: string
  /** The pair's. */
  readonly name: string
}

/**
 * Puts the checksums of a file's torn blocks right, in a process of its own; false unless all of
 * the file can be read then, and verify finds nothing. Throws STORE_FAILED where that could not be
 * found out.
 */
export function mend(task: MendingTask): Promise<boolean> {
  const child = startProcess(ENTRY, HEAP_MB)
  const unknown = (why: string) =>
    new EngineError('STORE_FAILED', `a torn file could not be mended: ${why} path=${task.path}`)
  return new Promise<boolean>((resolve, reject) => {
    const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
    child.once('message', (whole: boolean) => resolve(whole))
    child.once('error', (cause) => reject(unknown(cause.message)))
    // After the answer, where there is one. What aborts it is broken otherwise.
    child.once('close', (_, signal) => {
      clearTimeout(deadline)
      if (signal === 'SIGKILL') reject(unknown('its process was killed'))
      else resolve(false)
    })
    child.send(task)
  }).finally(() => child.kill('SIGKILL'))
}
