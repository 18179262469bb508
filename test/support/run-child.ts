import { type SpawnOptions, spawn } from 'node:child_process'

/** How a child ended, and what it wrote. */
export interface Ran {
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs Node with these words until it ends by itself. */
export function runChild(words: readonly string[], options: SpawnOptions = {}): Promise<Ran> {
  return run(process.execPath, words, options)
}

/**
 * Runs a command until it ends by itself: what bounds it is the time that the test has, which a
 * blocking call would not let pass.
 */
export function run(
  command: string,
  words: readonly string[],
  options: SpawnOptions = {},
): Promise<Ran> {
  const child = spawn(command, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => {
      process.off('exit', end)
      resolve({ status, signal, stdout, stderr })
    })
  })
}
