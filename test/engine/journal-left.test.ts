import {
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { listSegments, readSegment } from '../../dist/src/journal/journal-reader.js'
import { verify } from '../../dist/src/verify/verify.js'
import { opened, T0, withDir } from '../support/engine-dir.js'

// What open() does with journals that are not as a session leaves them.

const EVENT = { shards: 1, clock: 'event' } as const

/** Fifty pairs of 2,000 ticks each, which for the deadline of close() are left in the journal. */
async function tradeAndLeave(dataDir: string) {
  await opened({ dataDir, ...EVENT, closeTimeoutMs: 1 }, async (engine) => {
    const pairs = Array.from({ length: 50 }, (_, i) => engine.pair('venue', 'spot', `P${i}`))
    for (let id = 1; id <= 2000; id++) {
      for (const pair of pairs) pair.trade(T0 + id, 100, 1, Side.Buy, id)
    }
  })
}

test('a segment broken in the middle is set aside, not deleted, and its good part is taken up', async () => {
  await withDir(async (dataDir) => {
    const journal = join(dataDir, 'journal')
    let path = ''
    // On a machine with other things to do, the deadline may come when all of it is stored.
    for (let slots = 0; slots < 100_000; slots = (await readSegment(path, {})).slots) {
      rmSync(dataDir, { recursive: true, force: true })
      await tradeAndLeave(dataDir)
      path = listSegments(journal)[0].path
    }
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1] ^= 1
    writeFileSync(path, bytes)
    const faults: string[] = []
    await opened({ dataDir, ...EVENT }, async (engine) => {
      engine.on('fault', (fault) => faults.push(fault.code))
      const ticks = await engine.pair('venue', 'spot', 'P0').recentTicks({ limit: 5000 })
      expect(ticks.length).toBeGreaterThan(500)
      expect(ticks.map((tick) => tick.tradeId)).toEqual(ticks.map((_, i) => i + 1))
    })
    expect(faults).toContain('JOURNAL_BROKEN')
    const aside = readdirSync(journal).filter((name) => name.includes('.broken-'))
    expect(aside.length).toBe(1)
    expect(readFileSync(join(journal, aside[0])).equals(bytes)).toBe(true)
  })
})

test('a journal that says nothing: sequences go on above whatever the files hold', async () => {
  await withDir(async (dataDir) => {
    const journal = join(dataDir, 'journal')
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      for (let id = 1; id <= 50; id++) pair.trade(T0 + id, 100, 1, Side.Buy, id)
    })
    for (const { path } of listSegments(journal)) truncateSync(path, 0)
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'A')
      for (let id = 51; id <= 100; id++) pair.trade(T0 + id, 100, 1, Side.Buy, id)
      const ticks = await pair.recentTicks()
      expect(ticks.map((tick) => tick.tradeId)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1),
      )
      expect(ticks.every((tick, i) => i === 0 || tick.seq > ticks[i - 1].seq)).toBe(true)
    })
  })
})

test('a segment that is missing is told, and what the others hold is taken up', async () => {
  await withDir(async (dataDir) => {
    const journal = join(dataDir, 'journal')
    await tradeAndLeave(dataDir)
    const [{ path, number }] = listSegments(journal)
    const later = path.replace(`${number}.journal`, `${number + 2}.journal`)
    copyFileSync(path, later)
    const gone = path.replace(`${number}.journal`, `${number + 1}.journal`)
    expect((await verify(dataDir)).problems).toMatchObject([{ where: gone, check: 'journal' }])
    const faults: string[] = []
    await opened({ dataDir, ...EVENT }, async (engine) => {
      engine.on('fault', (fault) => faults.push(`${fault.code} ${fault.message}`))
      const ticks = await engine.pair('venue', 'spot', 'P0').recentTicks({ limit: 5000 })
      expect(ticks.map((tick) => tick.tradeId)).toEqual(
        Array.from({ length: 2000 }, (_, i) => i + 1),
      )
    })
    expect(faults).toMatchObject([expect.stringMatching(/^JOURNAL_MISSING .* is lost: path=/)])
    expect(faults[0]).toContain(gone)
    expect((await verify(dataDir)).problems).toEqual([])
  })
})
