// Opening over a journal of ticks that no file holds: read, folded and stored, against DuckDB's row
// appender, which only stores.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pack } from 'msgpackr'
import { TickEngine } from '../../src/index.js'
import { JournalWriter } from '../../src/journal/journal-writer.js'
import { CHUNK_ROWS } from '../../src/limits.js'
import { resolvePairOptions } from '../../src/pair-options.js'
import * as L from '../../src/ring/ring-layout.js'
import { checkFiles, checkTable } from '../answers.js'
import { BaselineFile } from '../baseline-file.js'
import { type Market, makeMarket, symbolOf } from '../market.js'
import type { Run, RunContext, Trial } from '../trial.js'

const PAIRS = 100
const TICKS = 5_000_000
const SMOKE_TICKS = 50_000

function marketOf({ seed, smoke }: RunContext): Market {
  const ticks = smoke ? SMOKE_TICKS : TICKS
  return makeMarket({ ticks, pairs: PAIRS, seed, ticksPerSecond: 2000 })
}

/** A journal as a shard writes it, of a session that stored nothing. */
function writeJournal(dataDir: string, market: Market): void {
  const directory = join(dataDir, 'journal')
  mkdirSync(directory, { recursive: true })
  const writer = JournalWriter.open({ directory, shard: 0, firstSequence: 1, epoch: 1 })
  const options = resolvePairOptions({ tradeIds: 'sequential' }, undefined)
  const entry = (id: number) => ({ id, name: `bench:spot:${symbolOf(id)}`, options })
  writer.changeDirectory(() => pack(Array.from({ length: PAIRS }, (_, id) => entry(id))))
  const { slots } = writer
  const halves = new Int32Array(slots.buffer, slots.byteOffset, slots.length * 2)
  const ids = new BigInt64Array(slots.buffer, slots.byteOffset, slots.length)
  const { ticks, pair, timestamp, price, volume, side, tradeId, receivedAt } = market
  for (let from = 0; from < ticks; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, ticks - from)
    for (let i = 0; i < count; i++) {
      const at = i * L.SLOT_WORDS
      const tick = from + i
      halves[at * 2] = L.tagOf(L.Kind.Trade, side[tick], 0)
      halves[at * 2 + 1] = pair[tick]
      slots[at + L.WORD_TIMESTAMP] = timestamp[tick]
      slots[at + L.WORD_PRICE] = price[tick]
      slots[at + L.WORD_VOLUME] = volume[tick]
      ids[at + L.WORD_ID] = BigInt(tradeId[tick])
      slots[at + L.WORD_RECEIVED] = receivedAt[tick]
    }
    writer.appendSlots(count, from + 1, receivedAt[from])
  }
  writer.close({ final: false })
}

const recover: Run = async (context) => {
  const market = marketOf(context)
  writeJournal(context.dataDir, market)
  const started = performance.now()
  const engine = await TickEngine.open({ dataDir: context.dataDir, shards: 2, clock: 'event' })
  const seconds = (performance.now() - started) / 1000
  const { recovered } = engine.stats()
  await engine.close()
  if (recovered !== market.ticks) throw new Error(`wrong answer: recovered ${recovered}`)
  await checkFiles(context.dataDir, market)
  return { value: market.ticks / seconds }
}

const appendRows: Run = async (context) => {
  const market = marketOf(context)
  const path = join(context.dataDir, 'baseline.duckdb')
  const file = await BaselineFile.create(path)
  const started = performance.now()
  file.appendRows(market)
  const seconds = (performance.now() - started) / 1000
  file.close()
  await checkTable(path, market)
  return { value: market.ticks / seconds }
}

export const recovery: Trial = {
  name: 'recovery',
  unit: 'ticks/s',
  better: 'higher',
  mustReach: [{ figure: 'ratio', atLeast: 1 }],
  subject: recover,
  baseline: { name: 'DuckDB row appender, 10,240 a commit', run: appendRows },
}
