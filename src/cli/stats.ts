// tickloom stats: what the files of a data directory hold, pair by pair.
import type { Pair, QueryRow } from '../index.js'
import { formatMicros } from '../model/time.js'
import { decimal, grouped, print } from './output.js'
import { withEngine } from './stored-pair.js'
import { table } from './table.js'
import { type Arguments, UsageError } from './usage.js'

// The volume of unknown side: exact on the pair's grid, compensated beside it.
function summarySql(decimals: number): string {
  const unknown = "FILTER (side = 'UNKNOWN')"
  const units = `round(volume * 1e${decimals})`
  return `SELECT count(*) AS ticks, min(timestamp) AS first, max(timestamp) AS last,
    (SELECT count(*) FROM candles_1m) AS minutes, (SELECT count(*) FROM candles_1d) AS days,
    (SELECT count(*) FROM gaps WHERE closed_seq IS NULL) AS gaps,
    (SELECT count(*) FROM late_ticks) AS late, (SELECT count(*) FROM rejected_ticks) AS rejected,
    count(*) ${unknown} AS unknown_side,
    coalesce(CASE WHEN bool_and(${units} / 1e${decimals} = volume) ${unknown}
      THEN sum(${units}::HUGEINT) ${unknown} / 1e${decimals} ELSE fsum(volume) ${unknown} END, 0)
      AS unknown_volume
    FROM ticks`
}

const HEADS = [
  'pair',
  'ticks',
  '1m candles',
  '1d',
  'open gaps',
  'too late',
  'rejected',
  'unknown side',
  'their volume',
  'first (UTC)',
  'last (UTC)',
]

const COUNTED = ['ticks', 'minutes', 'days', 'gaps', 'late', 'rejected', 'unknown_side']

export async function statsCommand(args: Arguments): Promise<number> {
  const [name] = args.words
  if (args.words.length > 1) throw new UsageError(`stats wants one PAIR at most: ${args.words[1]}`)
  const summaries = await withEngine(args, async (engine) => {
    const names = name === undefined ? engine.pairs().map((key) => key.name) : [name]
    const all: QueryRow[] = []
    for (const one of names) all.push(await summaryOf(engine.find(one)))
    return all
  })
  if (args.flag('json')) {
    await print(`${JSON.stringify(name === undefined ? summaries : summaries[0])}\n`)
    return 0
  }
  const rows = summaries.map((s) => [
    String(s['pair']),
    ...COUNTED.map((key) => grouped(Number(s[key]))),
    decimal(Number(s['unknown_volume'])),
    time(s['first']),
    time(s['last']),
  ])
  await print(
    table(
      HEADS.map((head, i) => ({ head, right: i > 0 && i <= COUNTED.length + 1 })),
      rows,
    ),
  )
  return 0
}

async function summaryOf(pair: Pair): Promise<QueryRow> {
  const [row] = await pair.query(summarySql(pair.options.decimals))
  return { pair: pair.name, ...row }
}

function time(us: unknown): string {
  return typeof us === 'number' ? formatMicros(us).slice(0, 19).replace('T', ' ') : ''
}
