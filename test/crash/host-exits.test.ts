import { fork } from 'node:child_process'
import { join } from 'node:path'
import { TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, ticksOf } from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'

// However the host ends, by its own doing or not: what was acknowledged is there, once.

const CHILD = join(import.meta.dirname, '../support/exit-child.mjs')

function run(task: object): Promise<{ durable: number }> {
  return new Promise((resolve) => {
    const child = fork(CHILD, [JSON.stringify(task)], { silent: true, execArgv: [] })
    let durable = 0
    child.on('message', (told: { durable: number }) => {
      durable = told.durable
    })
    child.on('close', () => resolve({ durable }))
  })
}

for (const how of ['exit', 'throw', 'reject', 'SIGTERM', 'SIGINT', 'return']) {
  test(`the host ends by ${how}`, async () => {
    await withDir(async (dataDir) => {
      const { durable } = await run({ dataDir, how })
      expect(durable).toBe(3000)
      // Opened with another number of shards, and closed: everything is in the files.
      const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
      await engine.close()
      for (const name of ['A', 'B', 'C']) {
        const ticks = await ticksOf(filePath(dataDir, 'venue', 'spot', name))
        const ids = ticks.map((tick) => Number(tick.tradeId)).sort((a, b) => a - b)
        expect(ids.length).toBeGreaterThanOrEqual(durable)
        expect(ids).toEqual(ids.map((_, i) => i + 1))
        if (how === 'return') expect(ids.length).toBe(3700)
      }
      expect((await verify(dataDir)).problems).toEqual([])
    })
  })
}
