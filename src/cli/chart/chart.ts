// Candles, volume and CVD in a terminal: each candle one column, prices to the right, time below.
//
// Without colours up and down differ by shape: hollow and full.
import type { Candle } from '../../index.js'
import { formatMicros } from '../../model/time.js'
import { Canvas } from './canvas.js'
import { exactText, labelsOf, numberText, placesFor, rowOf, type Scale, scaleOf } from './scale.js'

const PRICE_ROWS = 16
const VOLUME_ROWS = 3
const CVD_ROWS = 6
const LABEL_EVERY = 3
/** Between two times below the chart. */
const TIME_COLUMNS = 18
/** Columns a candle may take, blanks included. */
const MOST_PER_CANDLE = 3
const LEAST_COLUMNS = 40
const BLOCKS = ' ▁▂▃▄▅▆▇█'
/** A cell by its upper and its lower half: nothing, wick or body. */
const HALVES = [' ╷╻', '╵│╽', '╹╿┃']

export interface ChartOptions {
  /** Columns of the terminal. */
  readonly columns: number
  readonly colored: boolean
}

/** How many candles a terminal of so many columns shows, at least. */
export function candlesThatFit(columns: number): number {
  return Math.max(10, columns - 14)
}

/** The chart as lines, each ended; the newest candles where not all fit. */
export function chart(candles: readonly Candle[], { columns, colored }: ChartOptions): string {
  if (candles.length === 0) return ''
  const width = Math.max(LEAST_COLUMNS, columns)
  const shown = candles.slice(-candlesThatFit(width))
  const price = scaleOf(
    shown.flatMap((c) => [c.low, c.high]),
    PRICE_ROWS,
  )
  const cvd = scaleOf(
    shown.map((c) => c.cvd ?? 0),
    CVD_ROWS,
  )
  const labels = [labelsOf(price, LABEL_EVERY), labelsOf(cvd, CVD_ROWS - 1)]
  const axis = Math.max(...labels.flat().map(({ text }) => text.length)) + 2
  const plot = width - axis
  const step = Math.min(MOST_PER_CANDLE, Math.max(1, Math.floor(plot / shown.length)))
  const fitting = shown.slice(-Math.floor(plot / step))
  const panels = [
    pricePanel(fitting, price, step, plot, axis, colored),
    volumePanel(fitting, step, plot, axis),
    cvdPanel(fitting, cvd, step, plot, axis),
    timeAxis(fitting, step, plot, axis),
  ]
  const lines = panels.flatMap((panel) => panel.lines(colored))
  return `${[...title(fitting, width, colored), ...lines].join('\n')}\n`
}

function title(candles: readonly Candle[], width: number, colored: boolean): string[] {
  const [first, last] = [candles[0], candles[candles.length - 1]]
  const change = last.close - first.open
  const canvas = new Canvas(width, 1)
  const head = `${last.pair}  ${last.interval}  ${exactText(last.close)}`
  canvas.put(0, 0, head, 'strong')
  const sign = change < 0 ? '▼ −' : '▲ +'
  const text = sign + changeText(Math.abs(change), first.open)
  canvas.put(head.length + 2, 0, text, change < 0 ? 'down' : 'up')
  return canvas.lines(colored)
}

// Two places, or as many as show that there is a change. Of a price of 0 or below there is no part:
// then it is the change itself.
function changeText(change: number, open: number): string {
  if (open <= 0) return exactText(change)
  const percent = (change / open) * 100
  return `${numberText(percent, percent === 0 ? 2 : Math.max(2, placesFor(percent)))} %`
}

function pricePanel(
  candles: readonly Candle[],
  scale: Scale,
  step: number,
  plot: number,
  axis: number,
  colored: boolean,
): Canvas {
  // A blank row below.
  const canvas = new Canvas(plot + axis, PRICE_ROWS + 1)
  for (const [i, candle] of candles.entries()) drawCandle(canvas, i * step, candle, scale, colored)
  drawAxis(canvas, scale, LABEL_EVERY, plot)
  canvas.put(plot, PRICE_ROWS, '│', 'faint')
  return canvas
}

// In half cells where colour tells up from down; else in whole ones, hollow or full.
function drawCandle(
  canvas: Canvas,
  column: number,
  candle: Candle,
  scale: Scale,
  colored: boolean,
): void {
  const { open, high, low, close } = candle
  const up = close >= open
  const halves = 2 * scale.rows
  const half = (value: number) => Math.min(halves - 1, Math.floor(2 * rowOf(scale, value)))
  const [top, bottom] = [half(high), half(low)]
  const [bodyTop, bodyBottom] = [half(Math.max(open, close)), half(Math.min(open, close))]
  const partAt = (at: number) =>
    at < top || at > bottom ? 0 : at >= bodyTop && at <= bodyBottom ? 2 : 1
  for (let row = Math.floor(top / 2); row <= Math.floor(bottom / 2); row++) {
    const [above, below] = [partAt(2 * row), partAt(2 * row + 1)]
    const body = Math.max(above, below) === 2
    const plain = body ? (up ? '║' : '█') : '│'
    canvas.put(column, row, colored ? HALVES[above][below] : plain, up ? 'up' : 'down')
  }
}

function drawAxis(canvas: Canvas, scale: Scale, every: number, plot: number): void {
  for (let row = 0; row < scale.rows; row++) canvas.put(plot, row, '│', 'faint')
  for (const { row, text } of labelsOf(scale, every)) {
    canvas.put(plot, row, '┤', 'faint')
    canvas.put(plot + 2, row, text)
  }
}

function volumePanel(candles: readonly Candle[], step: number, plot: number, axis: number): Canvas {
  const canvas = new Canvas(plot + axis, VOLUME_ROWS)
  const most = Math.max(...candles.map(({ volume }) => volume)) || 1
  for (const [i, { volume, delta }] of candles.entries()) {
    const eighths = Math.max(volume > 0 ? 1 : 0, Math.round((volume / most) * VOLUME_ROWS * 8))
    for (let row = 0; row < VOLUME_ROWS; row++) {
      const fill = Math.min(8, Math.max(0, eighths - (VOLUME_ROWS - 1 - row) * 8))
      canvas.put(i * step, row, BLOCKS[fill], delta < 0 ? 'down' : 'up')
    }
  }
  for (let row = 0; row < VOLUME_ROWS; row++) canvas.put(plot, row, '│', 'faint')
  canvas.put(plot + 2, 0, 'volume', 'faint')
  return canvas
}

function cvdPanel(
  candles: readonly Candle[],
  scale: Scale,
  step: number,
  plot: number,
  axis: number,
): Canvas {
  const canvas = new Canvas(plot + axis, CVD_ROWS)
  const rows = candles.map(({ cvd = 0 }) => {
    return Math.min(CVD_ROWS - 1, Math.floor(rowOf(scale, cvd)))
  })
  for (const [i, row] of rows.entries()) {
    const before = rows[i - 1] ?? row
    drawStep(canvas, i * step, before, row)
    for (let blank = 1; blank < step && i < rows.length - 1; blank++) {
      canvas.put(i * step + blank, row, '─', 'line')
    }
  }
  drawAxis(canvas, scale, CVD_ROWS - 1, plot)
  canvas.put(plot + 2, 1, 'CVD', 'faint')
  return canvas
}

// A line that comes from the row before and goes on in this one.
function drawStep(canvas: Canvas, column: number, before: number, row: number): void {
  if (before === row) {
    canvas.put(column, row, '─', 'line')
    return
  }
  const falls = row > before
  canvas.put(column, before, falls ? '╮' : '╯', 'line')
  canvas.put(column, row, falls ? '╰' : '╭', 'line')
  for (let between = Math.min(before, row) + 1; between < Math.max(before, row); between++) {
    canvas.put(column, between, '│', 'line')
  }
}

function timeAxis(candles: readonly Candle[], step: number, plot: number, axis: number): Canvas {
  const canvas = new Canvas(plot + axis, 1)
  const every = Math.ceil(TIME_COLUMNS / step)
  for (let i = 0; i < candles.length; i += every) {
    const text = timeText(candles[i])
    if (i * step + text.length <= plot) canvas.put(i * step, 0, text, 'faint')
  }
  canvas.put(plot + 2, 0, 'UTC', 'faint')
  return canvas
}

function timeText({ timestamp, interval }: Candle): string {
  const text = formatMicros(timestamp)
  return interval === '1d' ? text.slice(0, 10) : `${text.slice(5, 10)} ${text.slice(11, 16)}`
}
