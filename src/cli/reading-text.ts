// What a file was taken for, in a few plain lines.
import type { Reading } from '../model/reading.js'
import { grouped } from './output.js'

const STEPS: Readonly<Record<number, string>> = { 1: '1 µs', 1000: '1 ms', 1000000: '1 s' }

/** Lines for stderr; no newline at the end. */
export function readingText(reading: Reading): string {
  const { file, format, why, columns, unread, sides, ids, order, trades } = reading
  const units = Object.keys(reading.timeUnits).join(' and ') || 'none'
  const step = STEPS[reading.resolutionUs] ?? 'none'
  const taken = columns.map(({ name, as }) => (name === as ? as : `${as} from ${name}`))
  const words = sides.map(
    ({ word, side, count }) => `${word || '(empty)'} ${side} ${grouped(count)}`,
  )
  const lines = [
    `${file}: ${grouped(trades)} trades as ${format}: ${why}`,
    `  columns: ${taken.join(', ')}${unread.length > 0 ? `; not read: ${unread.join(', ')}` : ''}`,
    `  times in ${units}, on steps of ${step}, ${order}; ids ${ids.mode}: ${ids.why}`,
    `  sides: ${words.join(', ') || 'none'}; volumes in ${reading.volumeUnit ?? 'base units'}`,
  ]
  for (const { reason, count } of [...reading.skipped, ...reading.refused]) {
    lines.push(`  not read: ${grouped(count)} rows: ${reason}`)
  }
  return lines.join('\n')
}
