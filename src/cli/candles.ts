// tickloom candles: a pair's candles as a table, CSV or JSON.
import { type Candle, type CandleRange, INTERVALS } from '../index.js'
import { formatMicros } from '../model/time.js'
import { chart } from './chart/chart.js'
import { colored, decimal, print, terminalColumns } from './output.js'
import { oneOf, timeOf, withPair } from './stored-pair.js'
import { table } from './table.js'
import type { Arguments } from './usage.js'

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
  const interval = oneOf('interval', args.text('interval') ?? '1m', INTERVALS)
  const time = args.text('time')
  const form = time === undefined ? undefined : oneOf('time', time, TIME_FORMS)
  const byDefault = process.stdout.isTTY ? 'table' : 'csv'
  const format = oneOf('format', args.text('format') ?? byDefault, [
    'table',
    'csv',
    'json',
    'chart',
  ] as const)
  const limit = args.whole('limit', 1)
  const range: CandleRange = {
    includeOpen: !args.flag('closed'),
    fill: oneOf('fill', args.text('fill') ?? 'none', ['none', 'previous', 'zero'] as const),
    ...(limit === undefined ? {} : { limit }),
    ...timeOf(args, 'from'),
    ...timeOf(args, 'to'),
  }
  const candles = await withPair(args, 'candles', (pair) => pair.candles(interval, range))
  // After close(): a reader that goes away ends the process.
  await print(render(candles, format, form))
  return 0
}

function render(candles: readonly Candle[], format: string, form?: TimeForm): string {
  if (format === 'table') return candleTable(candles)
  if (format === 'chart') {
    return chart(candles, { columns: terminalColumns(), colored: colored(process.stdout) })
  }
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
    ...[c.open, c.high, c.low, c.close, c.volume, c.trades, c.delta, c.cvd ?? 0].map(decimal),
  ])
  return table(
    columns.map((head, i) => ({ head, right: i > 0 })),
    rows,
  )
}
