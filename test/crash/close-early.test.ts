import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// A thread that ends while a promise of DuckDB's is pending takes the whole process with it. close()
// may come at any moment, so also while pairs are being loaded.

const CHILD = fileURLToPath(new URL('../support/close-early-child.mjs', import.meta.url))

test('close() while stored pairs are being loaded ends nobody’s process', async () => {
  await withDir(async (dataDir) => {
    const child = await runChild([CHILD, dataDir])
    expect([child.signal, child.status, child.stderr, child.stdout]).toEqual([
      null,
      0,
      '',
      'survived\n',
    ])
    const path = filePath(dataDir, 'venue', 'spot', 'P0')
    expect(await sql(path, 'SELECT count(*) AS n FROM ticks')).toEqual([{ n: 55 }])
  })
})
