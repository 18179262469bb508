// A thousand pairs opened again, every file in use: attached to the shards' instances, against an
// instance a file.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type Pair, TickEngine } from '../../src/index.js'
import { pairFile } from '../answers.js'
import { symbolOf } from '../market.js'
import type { Run, RunContext, Trial } from '../trial.js'

const PAIRS = 1000
const SMOKE_PAIRS = 20
const MAKE = fileURLToPath(new URL('../many-pairs.js', import.meta.url))
/** What goes on after opening comes to its end. */
const SETTLE_MS = 300
const NEWEST = `SELECT epoch_us(timestamp)::DOUBLE AS t FROM ticks
  ORDER BY timestamp DESC, seq DESC LIMIT 1`

function reopening(reopen: (dataDir: string, pairs: number) => Promise<Opened>): Run {
  return async ({ dataDir, seed, smoke }: RunContext) => {
    const pairs = smoke ? SMOKE_PAIRS : PAIRS
    const child = fork(MAKE, [JSON.stringify({ dataDir, seed, pairs })])
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`no pairs were made: exit ${code}`)
    const before = process.memoryUsage.rss()
    const started = performance.now()
    const opened = await reopen(dataDir, pairs)
    const seconds = (performance.now() - started) / 1000
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const rssMb = (process.memoryUsage.rss() - before) / 2 ** 20
    const newest = await opened.newest()
    if (newest.length !== pairs || !newest.every((t) => t > 1e15)) {
      throw new Error(`wrong answer: ${newest.length} pairs answered`)
    }
    await opened.close()
    return { value: seconds, figures: { rssMb, newest: Math.max(...newest) } }
  }
}

interface Opened {
  /** Time of each pair's newest tick, µs. */
  newest(): Promise<number[]>
  close(): Promise<void>
}

async function openEngine(dataDir: string, pairs: number): Promise<Opened> {
  const engine = await TickEngine.open({ dataDir, shards: 2, clock: 'event', attachedFiles: PAIRS })
  const handles = Array.from({ length: pairs }, (_, i) => engine.pair('bench', 'spot', symbolOf(i)))
  await Promise.all(handles.map((pair) => pair.ready()))
  const newest = async (pair: Pair) => (await pair.last())?.timestamp ?? 0
  return {
    newest: () => Promise.all(handles.map((pair) => newest(pair as Pair))),
    close: () => engine.close(),
  }
}

async function openEach(dataDir: string, pairs: number): Promise<Opened> {
  const connections: DuckDBConnection[] = []
  for (let i = 0; i < pairs; i++) {
    const path = pairFile(dataDir, symbolOf(i))
    connections.push(await (await DuckDBInstance.create(path, { threads: '1' })).connect())
  }
  const newest = async (connection: DuckDBConnection) => {
    const [row] = (await connection.runAndReadAll(NEWEST)).getRowObjectsJS()
    return row.t as number
  }
  return {
    newest: () => Promise.all(connections.map(newest)),
    close: async () => {
      for (const connection of connections) connection.closeSync()
    },
  }
}

export const pairs1000: Trial = {
  name: 'pairs-1000',
  unit: 's to reopen',
  better: 'lower',
  mustReach: [
    { figure: 'ratio', atLeast: 4 },
    { figure: 'rssMbRatio', atLeast: 4 },
  ],
  subject: reopening(openEngine),
  baseline: { name: 'an instance per file', run: reopening(openEach) },
}
