import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TickEngine } from 'tickloom'
import { expect } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, closedNaive, filePath, sql, ticksOf } from './closed-file.js'
import { madeTick } from './made-tick.mjs'

// A data directory over which children are killed, and what they were told.

const CHILD = fileURLToPath(new URL('kill-child.mjs', import.meta.url))
const HOOK = fileURLToPath(new URL('phase-hook.mjs', import.meta.url))
/** Ticks the children's retention keeps at least, where they have one. */
const KEPT_US = 120e6

interface Told {
  open?: Record<string, number>
  durable?: Record<string, number>
}

export interface Task {
  readonly shards: number
  readonly clock: 'event' | 'wall'
  readonly seed: number
  readonly pairs: readonly string[]
}

/**
 * When to kill: so long after the start, or after the child has opened and told so often what is
 * durable, or in the middle of a phase.
 */
export type When =
  | { readonly from: 'start'; readonly delayMs: number }
  | { readonly from: 'open'; readonly told: number; readonly delayMs: number }
  | { readonly phase: string; readonly skip: number; readonly delayMs: number }

export class KilledDir {
  readonly path = mkdtempSync(join(tmpdir(), 'tickloom-kill-'))
  /** By pair, the highest id told durable. */
  readonly told = new Map<string, number>()
  readonly #report = join(this.path, 'phase.txt')

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  get totalTold(): number {
    return [...this.told.values()].reduce((sum, id) => sum + id, 0)
  }

  /**
   * Runs a child until it is killed; whether it had opened. What a child finds when it opens must
   * be what those before were told.
   */
  run(task: Task, when: When, round: number): Promise<boolean> {
    const inPhase = 'phase' in when
    const given = { dataDir: this.path, ...task, ...(inPhase ? when : {}), report: this.#report }
    const child: ChildProcess = fork(CHILD, [JSON.stringify(given)], {
      silent: true,
      execArgv: inPhase ? ['--import', HOOK] : [],
    })
    let opened = false
    let toldLeft = !inPhase && when.from === 'open' ? when.told : -1
    let stderr = ''
    const faults: string[] = []
    const kill = () => setTimeout(() => child.kill('SIGKILL'), when.delayMs)
    child.stderr?.on('data', (text) => {
      stderr += text
    })
    child.on('message', ({ open, durable }: Told) => {
      if (open !== undefined) {
        opened = true
      }
      if (toldLeft-- === 0) kill()
      for (const [pair, id] of Object.entries(open ?? {})) {
        const told = this.told.get(pair) ?? 0
        if (id < told) faults.push(`round ${round}: ${pair} reopened with ${id}, told ${told}`)
      }
      for (const [pair, id] of Object.entries(durable ?? {})) {
        this.told.set(pair, Math.max(this.told.get(pair) ?? 0, id))
      }
    })
    if (!inPhase && when.from === 'start') kill()
    return new Promise((resolve, reject) => {
      child.on('close', (code, signal) => {
        if (stderr !== '') faults.push(`round ${round}: ${stderr}`)
        if (signal !== 'SIGKILL') faults.push(`round ${round} ended by itself: ${signal ?? code}`)
        if (faults.length > 0) reject(new Error(faults.join('\n')))
        else resolve(opened)
      })
    })
  }

  /** The phase in which the last child killed itself. */
  get phase(): string {
    return readFileSync(this.#report, 'utf8')
  }

  /** Opens the directory, and then compares every file with what was told, row by row. */
  async check(pairs: readonly string[], shards: number): Promise<void> {
    const watermarks = await this.#reopen(pairs, shards)
    for (const name of pairs) {
      const watermark = watermarks.get(name)
      if (watermark === undefined) expect(this.told.get(name) ?? 0, `nothing of ${name}`).toBe(0)
      else await this.#checkFile(name, watermark)
    }
    expect((await verify(this.path)).problems).toEqual([])
  }

  async #reopen(pairs: readonly string[], shards: number): Promise<Map<string, number>> {
    const engine = await TickEngine.open({ dataDir: this.path, shards, clock: 'event' })
    const watermarks = new Map<string, number>()
    try {
      for (const name of pairs) {
        const pair = engine.pair('venue', 'spot', name, { tradeIds: 'sequential' })
        const last = await pair.last()
        if (last !== undefined) watermarks.set(name, last.timestamp - 500_000)
        expect(await pair.gaps({ open: true }), `gaps of ${name}`).toEqual([])
      }
    } finally {
      await engine.close()
    }
    return watermarks
  }

  async #checkFile(name: string, watermark: number): Promise<void> {
    const path = filePath(this.path, 'venue', 'spot', name)
    const ticks = await ticksOf(path)
    const highest = ticks.reduce((most, tick) => Math.max(most, Number(tick.tradeId)), 0)
    const length = Math.max(this.told.get(name) ?? 0, highest)
    const every = Array.from({ length }, (_, i) => madeTick(name, i + 1))
    const from = await keptFrom(path)
    // The estimate of the exchange's time goes on where no tick comes.
    const quiet = 60e6
    expect(from, `retention of ${name}`).toBeLessThanOrEqual(watermark + quiet - KEPT_US)
    // Retention says from where on all is there, and deletes then: a kill between leaves more.
    const mustBe = every.filter((tick) => tick.timestamp >= from).map((tick) => tick.tradeId)
    const ids = ticks.map((tick) => Number(tick.tradeId))
    const kept = ids.filter((id) => every[id - 1].timestamp >= from)
    expect(
      kept.sort((a, b) => a - b),
      `ids of ${name}, each once`,
    ).toEqual(mustBe)
    expect(new Set(ids).size, `ids of ${name}, each once`).toBe(ids.length)
    const made = ticks.map((tick) => ({ ...madeTick(name, Number(tick.tradeId)), seq: tick.seq }))
    expect(ticks, `ticks of ${name}`).toEqual(made)
    // Two ticks of one time are in the order of their sequences, which retention takes with them.
    const seqOf = new Map(ticks.map((tick) => [Number(tick.tradeId), tick.seq]))
    const all = every.map((tick) => ({ ...tick, seq: seqOf.get(tick.tradeId) ?? tick.tradeId }))
    all.sort((a, b) => a.timestamp - b.timestamp || a.seq - b.seq)
    for (const [table, lengthUs] of CANDLE_TABLES) {
      const stored = await candlesOf(path, table)
      // The clock of a 'wall' session may have closed candles that no tick has passed.
      const newest = Number(stored[stored.length - 1]?.['start'] ?? 0) + lengthUs
      const naive = closedNaive(all, lengthUs, Math.max(watermark, newest))
      expect(stored, `${table} of ${name}`).toEqual(naive)
    }
  }
}

/** The time from which on a file holds every tick; 0 where nothing was taken from it. */
async function keptFrom(path: string): Promise<number> {
  const [row] = await sql(
    path,
    `SELECT json_extract_string(meta, '$.ticks_from') AS at FROM state ORDER BY rowid DESC LIMIT 1`,
  ).catch(() => [{ at: undefined }])
  return Number(row?.['at'] ?? 0)
}
