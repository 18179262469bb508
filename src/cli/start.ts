// `npm start`: the sample through the whole engine, and what came of it. `npm start -- FILE …` is
// `tickloom replay FILE …`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { candleTable } from './candles.js'
import { print, quietEpipe } from './output.js'
import { replay } from './replay.js'
import { summaryText } from './replay-command.js'
import { run } from './run.js'
import { parseWords } from './usage.js'

const SAMPLE = fileURLToPath(new URL('../../../data/samples/sample.csv.gz', import.meta.url))

async function showSample(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tickloom-'))
  try {
    const args = parseWords('replay', [SAMPLE, '--data-dir', dataDir])
    const { summary, engine, drawn } = await replay(args, new AbortController().signal)
    const name = summary.pairs[0].pair
    const candles = await engine.find(name).candles('1m', { limit: 8, includeOpen: true })
    await engine.close()
    await print(
      `data/samples/sample.csv.gz through the whole engine: ring, journal, folds, DuckDB\n\n`,
    )
    await print(`${drawn}\n${summaryText(summary)}\n${name}, the last minutes (… = still open)\n\n`)
    await print(
      `${candleTable(candles)}\nyour own: npm start -- FILE.csv.gz --pair binance:spot:BTC/USDT\n`,
    )
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

quietEpipe()
const words = process.argv.slice(2)
if (words.length === 0) await showSample()
else process.exitCode = await run(['replay', ...words])
