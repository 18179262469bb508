// tickloom candles: a pair's candles as a table, CSV or JSON.
import { type Candle, type CandleRange, INTERVALS, TickEngine } from '../index.js'
import { formatMicros } from '../model/time.js'
import { decimal, print } from './output.js'
import { table } from './table.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

type TimeForm = 'ms' | 'us' | 'iso'

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
  const form = oneOf('time', args.text('time') ?? 'ms', ['ms', 'us', 'iso'] as const)
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
  const engine = await TickEngine.open({ dataDir: dataDirOf(args), shards: 1, clock: 'event' })
  try {
    const candles = await engine.find(name).candles(interval, range)
    await print(render(candles, format, form))
    return 0
  } finally {
    await engine.close()
  }
}

function timeOf(args: Arguments, option: 'from' | 'to'): CandleRange {
  const text = args.text(option)
  if (text === undefined) return {}
  return { [option]: /^\d{15,16}$/.test(text) ? Number(text) : text }
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T
  throw new UsageError(`--${option} must be one of ${allowed.join(', ')}: ${value}`)
}

function render(candles: readonly Candle[], format: string, form: TimeForm): string {
  if (format === 'json') return `${JSON.stringify(candles)}\n`
  if (format === 'csv') {
    return `${[HEADS, ...candles.map((c) => cells(c, form))].map((r) => r.join(',')).join('\n')}\n`
  }
  return candleTable(candles)
}

function cells(c: Candle, form: TimeForm): string[] {
  const numbers = [c.open, c.high, c.low, c.close, c.volume, c.trades, c.buyVolume, c.sellVolume]
  numbers.push(c.quoteVolume, c.vwap, c.delta, c.cvd ?? 0)
  return [timeText(c.timestamp, form), ...numbers.map(decimal)]
}

function timeText(us: number, form: TimeForm): string {
  if (form === 'iso') return formatMicros(us)
  return form === 'us' ? String(us) : String(us / 1000)
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
