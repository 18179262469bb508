import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openFeed } from '../../dist/src/feeds/feed.js'
import { generateCsv } from '../../dist/src/feeds/generate.js'
import { zip } from '../support/zip.js'

// Dumps as venues publish them: one CSV in a .zip.

const folder = mkdtempSync(join(tmpdir(), 'tickloom-zip-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const OPTIONS = { pairs: 2, ticks: 30_000, seed: 5 }
const CSV = [...generateCsv(OPTIONS as never)].join('')

async function read(name: string, bytes: Buffer | string) {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const feed = openFeed(path)
  let volume = 0
  for await (const batch of feed) {
    for (let i = 0; i < batch.count; i++) volume += batch.volume[i]
  }
  return { tally: feed.tally, volume }
}

test('reads the one file, packed or stored, whatever archivers put beside it', async () => {
  const plain = await read('plain.csv', CSV)
  expect(plain.tally.rows).toBe(30_000)
  const beside = { '__MACOSX/._t.csv': 'x', 't/': '', 't/t.csv': CSV, 't/t.csv.CHECKSUM': 'y' }
  const archives = {
    'packed.zip': zip({ 't.csv': CSV }),
    'STORED.ZIP': zip({ 't.csv': CSV }, { deflate: false }),
    'beside.zip': zip(beside),
  }
  for (const [name, bytes] of Object.entries(archives)) {
    const { tally, volume } = await read(name, bytes)
    expect([name, tally.rows, tally.bad, volume]).toEqual([name, 30_000, 0, plain.volume])
    expect(tally.bytesRead).toBe(tally.bytesTotal)
  }
})

test('refuses what is none, what is cut off, and what holds no file or several', async () => {
  const whole = zip({ 't.csv': CSV })
  const broken = {
    'none.zip': 'no zip at all',
    'empty.zip': '',
    'cut.zip': whole.subarray(0, -30),
    'nothing.zip': zip({ 'folder/': '' }),
    'several.zip': zip({ 'a.csv': CSV, 'b.csv': CSV }),
  }
  for (const [name, bytes] of Object.entries(broken)) {
    const error = await read(name, bytes as Buffer).catch((cause) => cause)
    expect([name, error.code]).toEqual([name, 'BAD_FEED'])
    expect(error.message).toContain(name)
  }
  const several = read('several.zip', broken['several.zip'])
  await expect(several).rejects.toThrow(/must hold one file.*holds=a\.csv\|b\.csv/)
  // Packed bytes that were changed: told, never taken for the data.
  const changed = Buffer.from(whole)
  changed.fill(0xff, 5000, 5100)
  await expect(read('changed.zip', changed)).rejects.toMatchObject({ code: 'BAD_FEED' })
})
