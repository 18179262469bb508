import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EngineOptions, TickEngine } from 'tickloom'

/** 2025-03-01T00:00:00Z, µs. */
export const T0 = Date.UTC(2025, 2, 1) * 1000

/** Runs work in a directory that is gone afterwards. */
export async function withDir<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tickloom-engine-'))
  try {
    return await work(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Runs work with an engine that is closed afterwards, whatever happens. */
export async function opened<T>(
  options: EngineOptions,
  work: (engine: TickEngine) => Promise<T>,
): Promise<T> {
  const engine = await TickEngine.open(options)
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

/** Both: an engine in a directory of its own. */
export function withEngine<T>(
  options: Omit<EngineOptions, 'dataDir'>,
  work: (engine: TickEngine, dataDir: string) => Promise<T>,
): Promise<T> {
  return withDir((dataDir) => opened({ dataDir, ...options }, (engine) => work(engine, dataDir)))
}

/** Just before the time of a test is up (vitest.config.ts), so that it can say what it waited for. */
const ALL_THE_TIME_MS = 590_000

/** Waits for a condition, not for a time: for as long as the test may take. */
export async function until(what: string, condition: () => boolean | Promise<boolean>) {
  const deadline = performance.now() + ALL_THE_TIME_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never came: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
