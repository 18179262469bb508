import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { EngineError, Side, TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { opened, T0, withDir } from '../support/engine-dir.js'

// One engine a directory: of this thread, of another, of another process. A crashed owner leaves
// nothing to clean by hand.

const CHILD = fileURLToPath(new URL('../support/hold-child.mjs', import.meta.url))
const ENGINE = new URL('../../dist/src/index.js', import.meta.url).href

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    child.stdout?.on('data', (part) => {
      text += part
      if (text.includes('\n')) resolve(text.trim())
    })
    child.once('close', () => resolve(text.trim()))
  })
}

async function refusalOf(dataDir: string): Promise<EngineError> {
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' }).catch(
    (error: unknown) => error,
  )
  if (engine instanceof EngineError) return engine
  await (engine as TickEngine).close()
  throw new Error('the directory was opened twice')
}

test('a second engine of the same thread is refused by pid and host', async () => {
  await withDir((dataDir) =>
    opened({ dataDir, shards: 1, clock: 'event' }, async () => {
      const refusal = await refusalOf(dataDir)
      expect(refusal.code).toBe('OWNED_ELSEWHERE')
      expect(refusal.retryable).toBe(true)
      expect(refusal.message).toContain(`pid=${process.pid} host=${hostname()}`)
    }),
  )
})

test('an engine of another thread is refused by pid and host', async () => {
  await withDir((dataDir) =>
    opened({ dataDir, shards: 1, clock: 'event' }, async () => {
      const code = `
        const { parentPort, workerData } = require('node:worker_threads')
        import(workerData.engine).then(({ TickEngine }) =>
          TickEngine.open({ dataDir: workerData.dataDir, shards: 1, clock: 'event' }).then(
            (engine) => engine.close().then(() => parentPort.postMessage({ code: 'opened' })),
            (error) => parentPort.postMessage({ code: error.code, message: error.message })))`
      const worker = new Worker(code, { eval: true, workerData: { engine: ENGINE, dataDir } })
      const told = await new Promise<{ code: string; message: string }>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
      expect(told.code).toBe('OWNED_ELSEWHERE')
      expect(told.message).toContain(`pid=${process.pid} host=${hostname()}`)
      await worker.terminate()
    }),
  )
})

test('an engine of another process is refused both ways; its crash leaves nothing in the way', async () => {
  await withDir(async (dataDir) => {
    const child = spawn(process.execPath, [CHILD, dataDir])
    expect(await firstLine(child)).toBe('open')
    const refusal = await refusalOf(dataDir)
    expect(refusal.code).toBe('OWNED_ELSEWHERE')
    expect(refusal.message).toContain(`pid=${child.pid} host=${hostname()}`)
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await gone
    await opened({ dataDir, shards: 2, clock: 'event' }, async () => {
      const second = spawn(process.execPath, [CHILD, dataDir])
      const told = JSON.parse(await firstLine(second))
      expect(told.code).toBe('OWNED_ELSEWHERE')
      expect(told.message).toContain(`pid=${process.pid} host=${hostname()}`)
      second.kill()
    })
  })
})

test('after a crash the next engine just opens, with everything flushed', async () => {
  await withDir(async (dataDir) => {
    const child = spawn(process.execPath, [CHILD, dataDir, 'crash'])
    const gone = new Promise((resolve) => child.once('close', resolve))
    expect(await firstLine(child)).toBe('open')
    await gone
    await opened({ dataDir, shards: 3, clock: 'event' }, async (engine) => {
      const ticks = await engine.pair('venue', 'spot', 'A').recentTicks()
      expect(ticks.map((tick) => tick.tradeId)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1),
      )
    })
    expect(existsSync(join(dataDir, 'owner.duckdb'))).toBe(true)
  })
})

test('an owner file that a crash left broken is made anew; nothing was in it', async () => {
  await withDir(async (dataDir) => {
    const owner = join(dataDir, 'owner.duckdb')
    const stored = async () =>
      opened({ dataDir, shards: 1, clock: 'event' }, async (engine) => {
        const pair = engine.pair('venue', 'spot', 'A')
        pair.trade(T0, 100, 1, Side.Buy, 1)
        return (await pair.recentTicks()).map((tick) => tick.tradeId)
      })
    expect(await stored()).toEqual([1])
    truncateSync(owner, 5000)
    expect(await stored()).toEqual([1])
    writeFileSync(owner, Buffer.alloc(9000, 7))
    expect(await stored()).toEqual([1])
    writeFileSync(`${owner}.wal`, Buffer.alloc(900, 7))
    expect(await stored()).toEqual([1])
  })
})
