import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TickEngine } from 'tickloom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, closedNaive, filePath, ticksOf } from '../support/closed-file.js'
import { madeTick, mix } from '../support/made-tick.mjs'

// SIGKILL at a random moment of opening, ingesting or flushing, over and over one data directory with
// changing shard counts. Whatever was told durable must be there, once, and the candles right.

const KILLS = Number(process.env['TICKLOOM_KILLS'] ?? 50)
const CHECK_EVERY = 25
const SEED = Number(process.env['TICKLOOM_SEED'] ?? 20_261_120)
const CHILD = fileURLToPath(new URL('../support/kill-child.mjs', import.meta.url))

let dataDir = ''
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tickloom-kill-'))
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

interface Told {
  open?: Record<string, number>
  durable?: Record<string, number>
}

interface Round {
  opened: Record<string, number> | undefined
  durable: Map<string, number>
  stderr: string
  signal: NodeJS.Signals | null
}

/** Runs a child and kills it: `delayMs` after it opened, or after its start. */
function runAndKill(task: object, fromOpen: boolean, delayMs: number): Promise<Round> {
  return new Promise((resolve) => {
    const child: ChildProcess = fork(CHILD, [JSON.stringify(task)], { silent: true, execArgv: [] })
    const round: Round = { opened: undefined, durable: new Map(), stderr: '', signal: null }
    const kill = () => setTimeout(() => child.kill('SIGKILL'), delayMs)
    child.stderr?.on('data', (text) => {
      round.stderr += text
    })
    child.on('message', (told: Told) => {
      if (told.open !== undefined) {
        round.opened = told.open
        if (fromOpen) kill()
      }
      for (const [pair, id] of Object.entries(told.durable ?? {})) {
        round.durable.set(pair, Math.max(round.durable.get(pair) ?? 0, id))
      }
    })
    child.on('close', (_code, signal) => resolve({ ...round, signal }))
    if (!fromOpen) kill()
  })
}

async function checkFiles(
  pairs: readonly string[],
  told: ReadonlyMap<string, number>,
  shards: number,
) {
  const engine = await TickEngine.open({ dataDir, shards, clock: 'event' })
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
  for (const name of pairs) {
    const durable = told.get(name) ?? 0
    if (!watermarks.has(name)) {
      expect(durable, `nothing of ${name} is there`).toBe(0)
      continue
    }
    const path = filePath(dataDir, 'venue', 'spot', name)
    const ticks = await ticksOf(path)
    const ids = ticks.map((tick) => Number(tick.tradeId)).sort((a, b) => a - b)
    const every = Array.from({ length: Math.max(durable, ids[ids.length - 1]) }, (_, i) => i + 1)
    expect(ids, `ids of ${name}, each once`).toEqual(every)
    const made = ticks.map((tick) => ({ ...madeTick(name, Number(tick.tradeId)), seq: tick.seq }))
    expect(ticks, `ticks of ${name}`).toEqual(made)
    for (const [table, lengthUs] of CANDLE_TABLES) {
      const watermark = watermarks.get(name) as number
      const stored = await candlesOf(path, table)
      // The clock of a 'wall' session may have closed candles that no tick has passed.
      const newest = Number(stored[stored.length - 1]?.['start'] ?? 0) + lengthUs
      const naive = closedNaive(ticks, lengthUs, Math.max(watermark, newest))
      expect(stored, `${table} of ${name}`).toEqual(naive)
    }
  }
  expect((await verify(dataDir)).problems).toEqual([])
}

test(`${KILLS} kills lose nothing that was durable and store nothing twice`, {
  timeout: Math.max(120_000, KILLS * 4000),
}, async () => {
  console.log(`kill.test seed=${SEED}`)
  const told = new Map<string, number>()
  const pairs = ['AAA/USDT', 'BBB/USDT', 'CCC/USDT']
  let opens = 0
  for (let round = 0; round < KILLS; round++) {
    const random = (part: number, below: number) => mix(mix(SEED, round), part) % below
    // New pairs every round, so that kills also meet files that are just being made.
    if (round % 2 === 0) pairs.push(`N${round}/USDT`)
    const live = [...pairs.slice(0, 3), ...pairs.slice(3).slice(-3)]
    const task = {
      dataDir,
      shards: 1 + random(1, 3),
      clock: random(2, 3) === 0 ? 'wall' : 'event',
      seed: mix(SEED, round),
      pairs: live,
    }
    const fromOpen = random(3, 5) > 0
    const ended = await runAndKill(task, fromOpen, fromOpen ? random(4, 250) : 50 + random(4, 400))
    expect(ended.stderr, `round ${round}`).toBe('')
    expect(ended.signal, `round ${round}`).toBe('SIGKILL')
    if (ended.opened !== undefined) opens++
    for (const [pair, id] of Object.entries(ended.opened ?? {})) {
      expect(id, `round ${round}: ${pair} after reopening`).toBeGreaterThanOrEqual(
        told.get(pair) ?? 0,
      )
    }
    for (const [pair, id] of ended.durable) told.set(pair, id)
    if (round % CHECK_EVERY === CHECK_EVERY - 1) await checkFiles(pairs, told, 1 + random(5, 3))
  }
  const total = [...told.values()].reduce((sum, id) => sum + id, 0)
  console.log(`kill.test: ${opens} of ${KILLS} children had opened; ${total} ticks told durable`)
  expect(opens).toBeGreaterThan(KILLS / 2)
  expect(total).toBeGreaterThan(1000)
})
