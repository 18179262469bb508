import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CANDLE_TABLES, candlesOf, closedNaive, filePath, ticksOf } from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// A shard's thread is terminated in the middle of the work, several times: it is started again on the
// same ring and journal, and nothing received is lost, doubled or told twice.

const CHILD = fileURLToPath(new URL('../support/die-child.mjs', import.meta.url))
const LEAVE_CHILD = fileURLToPath(new URL('../support/leave-child.mjs', import.meta.url))
const HOOK = fileURLToPath(new URL('../support/hang-hook.mjs', import.meta.url))

test('a worker that dies is started again, and nothing received is lost', async () => {
  await withDir(async (dataDir) => {
    const args = [CHILD, JSON.stringify({ dataDir, rounds: 4 })]
    const child = await runChild(args)
    expect(child.stderr).toBe('')
    expect(child.status).toBe(0)
    const { id, stats, gaps, faults, candles, workers } = JSON.parse(child.stdout)
    expect(workers).toBeGreaterThan(4)
    expect(faults.length).toBe(4)
    expect(stats).toMatchObject({
      offered: 2 * id,
      received: 2 * id,
      stored: 2 * id,
      duplicates: 0,
    })
    expect(gaps).toEqual([])
    expect(new Set(candles).size, 'no candle is told twice').toBe(candles.length)
    for (const name of ['A', 'B']) {
      const path = filePath(dataDir, 'venue', 'spot', name)
      const ticks = await ticksOf(path)
      const ids = ticks.map((tick) => Number(tick.tradeId)).sort((a, b) => a - b)
      expect(ids).toEqual(Array.from({ length: id }, (_, i) => i + 1))
      const newest = ticks[ticks.length - 1].timestamp
      for (const [table, lengthUs] of CANDLE_TABLES) {
        const naive = closedNaive(ticks, lengthUs, newest - 500_000)
        expect(await candlesOf(path, table)).toEqual(naive)
        const interval = table.slice('candles_'.length)
        const told = candles.filter((c: string) => c.startsWith(`venue:spot:${name} ${interval} `))
        expect([table, told.length]).toEqual([table, naive.length])
      }
    }
  })
})

test('what a dead worker had open is given back, files and memory', async () => {
  if (process.platform !== 'linux') {
    console.log('worker-dies.test: open files are counted by /proc, which is not here')
    return
  }
  await withDir(async (dataDir) => {
    const args = ['--import', HOOK, LEAVE_CHILD, JSON.stringify({ dataDir, deaths: 3 })]
    const child = await runChild(args)
    expect(child.stderr).toBe('')
    const [first, ...open] = JSON.parse(child.stdout)
    // Twenty files and their logs, and the owner's.
    expect(first).toBeGreaterThan(20)
    expect(open).toEqual([first, first, first, 0])
  })
})
