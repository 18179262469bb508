// What `tickloom replay` says: a JSON object or a table, and the exit code.
import { formatMicros } from '../model/time.js'
import { decimal, grouped, print, say } from './output.js'
import { readingText } from './reading-text.js'
import { type ReplaySummary, replay, sayWarning } from './replay.js'
import { replayJournal } from './replay-journal.js'
import { table } from './table.js'
import type { Arguments } from './usage.js'

export async function replayCommand(args: Arguments): Promise<number> {
  const journal = args.text('journal')
  if (journal !== undefined) return replayJournal(args, journal)
  const stop = new AbortController()
  let signalled = 0
  const onSignal = (signal: NodeJS.Signals) => {
    signalled = signal === 'SIGINT' ? 130 : 143
    stop.abort()
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    const { summary, engine, drawn, notes, futile, stopped } = await replay(args, stop.signal)
    await engine.close()
    if (!args.flag('json')) for (const one of summary.reading) say(readingText(one))
    for (const note of notes) say(note)
    for (const warning of summary.warnings) sayWarning(warning)
    await print(
      args.flag('json') ? `${JSON.stringify(summary)}\n` : `${drawn}\n${summaryText(summary)}`,
    )
    if (signalled !== 0) return signalled
    if (stopped) {
      say('strict: the replay ended at its first warning; what stands above was stored')
      return 1
    }
    if (futile) {
      say(
        `nothing was stored of ${grouped(summary.read)} rows; see tickloom --help for --map and --format`,
      )
      return 1
    }
    return 0
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** The summary as a table and a closing line. */
export function summaryText(summary: ReplaySummary): string {
  const heads = ['pair', 'ticks', 'CVD', 'bought', 'sold', 'first (UTC)', 'last (UTC)']
  const rows = summary.pairs.map((p) => [
    p.pair,
    grouped(p.ticks),
    decimal(p.cvd),
    decimal(p.buyVolume),
    decimal(p.sellVolume),
    time(p.firstTimestamp),
    time(p.lastTimestamp),
  ])
  const columns = heads.map((head, i) => ({ head, right: i > 0 && i < 5 }))
  const { read, accepted, elapsedMs, ticksPerSecond, unknownSide, unknownVolume } = summary
  const counts = [
    `${grouped(summary.duplicates)} duplicates`,
    `${grouped(summary.rejected)} rejected`,
    ...(summary.noTrades > 0 ? [`${grouped(summary.noTrades)} ids of no trade`] : []),
    `${grouped(summary.late)} late`,
    `${grouped(summary.gaps)} gaps`,
    ...(unknownSide > 0
      ? [`${grouped(unknownSide)} of unknown side (${decimal(unknownVolume)})`]
      : []),
  ]
  return `${table(columns, rows)}
${grouped(accepted)} of ${grouped(read)} ticks stored in ${(elapsedMs / 1000).toFixed(2)} s (${grouped(ticksPerSecond)}/s): ${counts.join(', ')}
`
}

function time(us: number): string {
  return us === 0 ? '' : formatMicros(us).slice(0, 19).replace('T', ' ')
}
