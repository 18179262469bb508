import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { filePath, sql } from '../support/closed-file.js'
import { withDir } from '../support/engine-dir.js'
import { runChild } from '../support/run-child.js'

// Many times what a shard can take, for as long as you like (60 s by npm run test:faults): memory is
// bounded, the account exact, and afterwards all is as it was.

const SECONDS = Number(process.env['TICKLOOM_OVERLOAD_SECONDS'] ?? 2)
const CHILD = fileURLToPath(new URL('../support/overload-child.mjs', import.meta.url))
const MB = 2 ** 20

test.each(['spill', 'reject'])(
  `%s: ${SECONDS} s of overload`,
  {
    timeout: 600_000 + SECONDS * 10_000,
  },
  async (overflow) => {
    await withDir(async (dataDir) => {
      const task = JSON.stringify({ dataDir, seconds: SECONDS, overflow })
      const child = await runChild([CHILD, task])
      expect(child.stderr).toBe('')
      const told = JSON.parse(child.stdout)
      const { offered, refused, counts, memory } = told
      console.log(
        `overload.test ${overflow}: ${(offered / told.receivedThen).toFixed(1)} times what was taken` +
          ` (${((told.receivedThen / told.tookMs) * 1000).toFixed(0)}/s); memory at most` +
          ` ${(Math.max(...memory) / MB).toFixed(0)} MB; trade() to flow ${told.before.toFixed(2)} ms` +
          ` before, ${told.after.toFixed(2)} ms after`,
      )
      expect(refused).toBeGreaterThan(offered / 4)
      // offered = refused + received; received = stored + duplicates + rejected + too late.
      expect(counts).toMatchObject({ offered, refused, received: offered - refused })
      expect(counts.stored).toBe(offered - refused)
      expect([counts.duplicates, counts.rejected, counts.tooLate]).toEqual([0, 0, 0])
      expect([told.spilled, told.depth]).toEqual([0, 0])
      expect(told.afterwards).toEqual({ status: 'ok', refused: 0 })
      // What it holds when it has warmed up is what it holds at the end.
      const [warm, end] = [memory.slice(5, 10), memory.slice(-5)].map((some) => Math.max(...some))
      expect(end).toBeLessThan(1.5 * warm + 128 * MB)
      let rows = 0
      for (const symbol of ['A', 'B', 'C']) {
        const path = filePath(dataDir, 'venue', 'spot', symbol)
        const [{ n, ids }] = await sql(
          path,
          'SELECT count(*) n, count(DISTINCT trade_id) ids FROM ticks',
        )
        expect(n).toBe(ids)
        rows += Number(n)
      }
      expect(rows).toBe(offered - refused)
      if (SECONDS <= 10) expect((await verify(dataDir)).problems).toEqual([])
    })
  },
)
