import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Pair, TickEngine } from 'tickloom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { madeTick } from '../support/made-tick.mjs'

// A commit can be ahead of the journal's sync. After a power cut the file then holds sequences that no
// journal tells of: the next session must not give them again, or what it journals would be taken for
// stored when it is recovered.

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickloom-ahead-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const NAME = 'AAA/USDT'

async function opened(dataDir: string) {
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event', retention: 'off' })
  return { engine, pair: engine.pair('venue', 'spot', NAME, { tradeIds: 'sequential' }) }
}

function send(pair: Pair<'sequential'>, from: number, to: number): void {
  for (let id = from; id <= to; id++) {
    const t = madeTick(NAME, id)
    expect(pair.trade(t.timestamp, t.price, t.volume, t.side, id)).toBeGreaterThan(0)
  }
}

async function idsOf(pair: Pair<'sequential'>): Promise<number[]> {
  const ticks = await pair.recentTicks({ limit: 1000 })
  return ticks.map((tick) => Number(tick.tradeId)).sort((a, b) => a - b)
}

function journalOf(dataDir: string): string {
  const [name] = readdirSync(join(dataDir, 'journal'))
  return join(dataDir, 'journal', name)
}

test('what was committed ahead of the journal hides nothing of the next session', async () => {
  const [first, second, third] = ['first', 'second', 'third'].map((name) => join(folder, name))
  const { engine, pair } = await opened(first)
  send(pair, 1, 100)
  await engine.flush()
  const synced = statSync(journalOf(first)).size
  send(pair, 101, 300)
  await engine.flush({ stored: true })
  // The power fails: DuckDB had synced, the journal had not.
  cpSync(first, second, { recursive: true })
  await engine.close()
  truncateSync(journalOf(second), synced)

  const next = await opened(second)
  expect(await idsOf(next.pair)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  send(next.pair, 301, 350)
  await next.engine.flush()
  // It fails again: these are in the journal alone.
  cpSync(second, third, { recursive: true })
  await next.engine.close()

  const last = await opened(third)
  expect(await idsOf(last.pair)).toEqual(Array.from({ length: 350 }, (_, i) => i + 1))
  await last.engine.close()
  for (const dataDir of [second, third]) expect((await verify(dataDir)).problems).toEqual([])
})
