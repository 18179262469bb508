import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { opened, T0, withDir } from '../support/engine-dir.js'

// What an engine writes is its user's alone, whatever the umask and the folder it is given.

/** Files and folders below a path that others may look into. */
function openToOthers(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, encoding: 'utf8' })
  expect(entries.length).toBeGreaterThan(5)
  return entries.filter((entry) => (statSync(join(path, entry)).mode & 0o077) !== 0)
}

test('files and folders are 0600 and 0700, while it runs and afterwards', async () => {
  await withDir(async (folder) => {
    const dataDir = join(folder, 'shared')
    mkdirSync(dataDir, { mode: 0o755 })
    await opened({ dataDir, shards: 2, clock: 'event' }, async (engine) => {
      const numbers = engine.pair('venue', 'spot', 'A')
      const texts = engine.pair('venue', 'spot', 'B', { tradeIds: 'text' })
      for (let id = 1; id <= 3000; id++) {
        numbers.trade(T0 + id * 1e6, 100, 1, Side.Buy, id)
        texts.trade(T0 + id * 1e6, 100, 1, Side.Buy, `t${id}`)
      }
      await engine.flush({ stored: true })
      expect(readdirSync(dataDir, { recursive: true }).join(' ')).toContain('.duckdb.wal')
      expect(openToOthers(dataDir)).toEqual([])
      await engine.cleanup()
      numbers.trade(T0 + 4000e6, 100, 1, Side.Buy, 4000)
      await engine.flush({ stored: true })
      expect(openToOthers(dataDir)).toEqual([])
    })
    expect(openToOthers(dataDir)).toEqual([])
  })
})
