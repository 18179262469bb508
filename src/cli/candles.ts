// tickloom candles: a pair's candles as a table, CSV or JSON.
import { existsSync } from 'node:fs'
import { parseTimeUs } from '../feeds/parse-time.js'
import { type Candle, type CandleRange, EngineError, INTERVALS, TickEngine } from '../index.js'
import { formatMicros } from '../model/time.js'
import { decimal, print } from './output.js'
import { table } from './table.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

const TIME_FORMS = ['ms', 'us', 'iso'] as const
type TimeForm = (typeof TIME_FORMS)[number]

const HEADS = [
  'timestamp',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'trades',
  'buy_volume',
  'sell_volume',
  'quote_volume',
  'vwap',
  'delta',
  'cvd',
]

export async function candlesCommand(args: Arguments): Promise<number> {
  const [name] = args.words
  if (args.words.length !== 1) throw new UsageError('candles wants one PAIR')
  const interval = oneOf('interval', args.text('interval') ?? '1m', INTERVALS)
  const time = args.text('time')
  const form = time === undefined ? undefined : oneOf('time', time, TIME_FORMS)
  const byDefault = process.stdout.isTTY ? 'table' : 'csv'
  const format = oneOf('format', args.text('format') ?? byDefault, [
    'table',
    'csv',
    'json',
  ] as const)
  const limit = args.whole('limit', 1)
  const range: CandleRange = {
    includeOpen: !args.flag('closed'),
    fill: oneOf('fill', args.text('fill') ?? 'none', ['none', 'previous', 'zero'] as const),
    ...(limit === undefined ? {} : { limit }),
    ...timeOf(args, 'from'),
    ...timeOf(args, 'to'),
  }
  const dataDir = dataDirOf(args)
  if (!existsSync(dataDir)) {
    throw new EngineError('DATA_DIR', `no such data directory: dataDir=${dataDir}`)
  }
  const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
  let candles: readonly Candle[]
  try {
    candles = await engine.find(name).candles(interval, range)
  } finally {
    await engine.close()
  }
  // After close(): a reader that goes away ends the process.
  await print(render(candles, format, form))
  return 0
}

// A number in any unit, ms as this command prints it say; ISO text goes on as it is.
function timeOf(args: Arguments, option: 'from' | 'to'): CandleRange {
  const text = args.text(option)
  if (text === undefined) return {}
  if (!/^\d+(\.\d+)?$/.test(text)) return { [option]: text }
  const us = parseTimeUs(Buffer.from(text), 0, text.length)
  if (!Number.isNaN(us)) return { [option]: us }
  throw new UsageError(`--${option} is no time since 2000: ${text}`)
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T
  throw new UsageError(`--${option} must be one of ${allowed.join(', ')}: ${value}`)
}

function render(candles: readonly Candle[], format: string, form?: TimeForm): string {
  if (format === 'table') return candleTable(candles)
  if (format === 'csv') {
    const rows = [HEADS, ...candles.map((c) => cells(c, form ?? 'ms'))]
    return `${rows.map((row) => row.join(',')).join('\n')}\n`
  }
  // As the library gives them: µs, unless --time asks for something else.
  const times = candles.map((c) => ({ ...c, timestamp: timeIn(c.timestamp, form ?? 'us') }))
  return `${JSON.stringify(times)}\n`
}

function cells(c: Candle, form: TimeForm): string[] {
  const numbers = [c.open, c.high, c.low, c.close, c.volume, c.trades, c.buyVolume, c.sellVolume]
  numbers.push(c.quoteVolume, c.vwap, c.delta, c.cvd ?? 0)
  return [String(timeIn(c.timestamp, form)), ...numbers.map(decimal)]
}

function timeIn(us: number, form: TimeForm): number | string {
  if (form === 'iso') return formatMicros(us)
  return form === 'us' ? us : us / 1000
}

/** Candles for people: times in UTC, the columns one looks at. */
export function candleTable(candles: readonly Candle[]): string {
  const columns = ['time (UTC)', 'open', 'high', 'low', 'close', 'volume', 'trades', 'delta', 'cvd']
  const rows = candles.map((c) => [
    `${formatMicros(c.timestamp).slice(0, 16).replace('T', ' ')}${c.closed ? '' : ' …'}`,
    ...[c.open, c.high, c.low, c.close, c.volume, c.trades, c.delta, c.cvd ?? 0].map(short),
  ])
  return table(
    columns.map((head, i) => ({ head, right: i > 0 })),
    rows,
  )
}

/** At most eight places. */
export function short(x: number): string {
  return decimal(Number(x.toFixed(8)))
}
