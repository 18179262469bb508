// tickloom replay --journal: what a session's journal holds, through the whole engine into an empty
// data directory: the same candles, gaps and rows to the bit. How one looks into a session again.
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError, type QueryRow, TickEngine } from '../index.js'
import { listSegments, refuseNewerSegments } from '../journal/journal-reader.js'
import { sessionOptions } from '../kept-options.js'
import { grouped, print, say } from './output.js'
import { table } from './table.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

const HELD = `SELECT count(*) AS ticks, (SELECT count(*) FROM candles_1m) AS minutes,
  (SELECT count(*) FROM gaps) AS gaps, (SELECT count(*) FROM late_ticks) AS late,
  (SELECT count(*) FROM rejected_ticks) AS rejected FROM ticks`

export async function replayJournal(args: Arguments, given: string): Promise<number> {
  if (args.words.length > 0) throw new UsageError(`--journal takes no files: ${args.words[0]}`)
  const dataDir = dataDirOf(args)
  const slots = copyJournal(given, dataDir)
  // With the clock and the windows of the session, where they still stand beside its journal.
  const session = sessionOptions(existsSync(join(given, 'journal')) ? given : join(given, '..'))
  const shards = args.whole('shards', 1)
  const engine = await TickEngine.open({
    dataDir,
    clock: 'event',
    ...session,
    // What is too late is told by how long candles are kept; nothing is taken out meanwhile.
    ...(session.clock === 'wall'
      ? { retentionEveryMs: 86_400_000 }
      : { retention: 'off' as const }),
    closeTimeoutMs: 600_000,
    ...(shards === undefined ? {} : { shards }),
  })
  engine.on('fault', ({ code, message }) => say(`${code}: ${message}`))
  const { recovered } = engine.stats()
  const pairs: QueryRow[] = []
  try {
    for (const { name } of engine.pairs()) {
      const [held] = await engine.find(name).query(HELD)
      pairs.push({ pair: name, ...held })
    }
  } finally {
    await engine.close()
  }
  if (args.flag('json')) await print(`${JSON.stringify({ segments: slots, recovered, pairs })}\n`)
  else {
    const heads = ['pair', 'ticks', 'minutes', 'gaps', 'late', 'rejected']
    const columns = heads.map((head, i) => ({ head, right: i > 0 }))
    const rows = pairs.map((pair) => heads.map((head) => String(pair[head])))
    await print(`${table(columns, rows)}\n${grouped(recovered)} slots of ${slots} segments\n`)
  }
  return recovered > 0 ? 0 : 1
}

// The segments as they are: recovery is the replay. A directory that holds anything of its own is
// not touched.
function copyJournal(given: string, dataDir: string): number {
  const nested = join(given, 'journal')
  const from = existsSync(nested) ? nested : given
  const segments = existsSync(from) ? listSegments(from) : []
  if (segments.length === 0) {
    throw new EngineError('BAD_FEED', `no journal segments there: journal=${given}`)
  }
  refuseNewerSegments(from)
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new EngineError('DATA_DIR', `a journal is replayed into an empty one: dataDir=${dataDir}`)
  }
  mkdirSync(join(dataDir, 'journal'), { recursive: true, mode: 0o700 })
  for (const { path } of segments) {
    copyFileSync(path, join(dataDir, 'journal', path.slice(from.length + 1)))
  }
  return segments.length
}
