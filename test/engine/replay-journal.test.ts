import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type Side, TickEngine } from 'tickloom'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { CANDLE_TABLES, candlesOf, filePath, ticksOf } from '../support/closed-file.js'
import { T0, withDir } from '../support/engine-dir.js'

// A journal replayed as input gives the same rows and candles to the bit.

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')

function replay(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'replay', ...words], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('a session that crashed, looked at again from its journal', async () => {
  await withDir(async (folder) => {
    const [dataDir, copy, again] = ['live', 'copy', 'again'].map((name) => join(folder, name))
    const engine = await TickEngine.open({ dataDir, shards: 2, clock: 'event' })
    const pairs = ['A', 'B', 'C'].map((symbol) =>
      engine.pair('venue', 'spot', symbol, { tradeIds: 'sequential' }),
    )
    for (let i = 0; i < 6000; i++) {
      const at = T0 + i * 1.1e6 - (i % 41 === 0 ? 400e6 : 0)
      // Some ids are missing, some come twice.
      const id = i + 1 + Math.floor(i / 900) * 3
      pairs[i % 3].trade(at, 100 + (i % 17) / 8, ((i % 9) + 1) / 4, (i % 3) as Side, id)
      if (i % 500 === 0) pairs[i % 3].trade(at, 100, 1, 1, id)
    }
    await engine.flush()
    // As a crash would leave it.
    cpSync(join(dataDir, 'journal'), join(copy, 'journal'), { recursive: true })
    await engine.close()

    const { status, stdout } = replay(
      '--journal',
      copy,
      '--data-dir',
      again,
      '--shards',
      '1',
      '--json',
    )
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ recovered: 6012, segments: 2 })
    for (const symbol of ['A', 'B', 'C']) {
      const [was, is] = [dataDir, again].map((dir) => filePath(dir, 'venue', 'spot', symbol))
      expect(await ticksOf(is)).toEqual(await ticksOf(was))
      for (const [table] of CANDLE_TABLES) {
        expect([table, await candlesOf(is, table)]).toEqual([table, await candlesOf(was, table)])
      }
    }
    expect((await verify(again)).problems).toEqual([])
    const refused = replay('--journal', copy, '--data-dir', again)
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('an empty one')])
    const none = replay('--journal', join(folder, 'nowhere'), '--data-dir', join(folder, 'x'))
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('no journal segments')])
    expect(replay('file.csv', '--journal', copy).status).toBe(2)
  })
})
