// From values to rows of a panel, and to the labels beside it.
import { decimal } from '../output.js'

export interface Scale {
  readonly low: number
  readonly high: number
  readonly rows: number
}

/** A scale over all values; one that holds a single value gets some room around it. */
export function scaleOf(values: readonly number[], rows: number): Scale {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const room = high > low ? 0 : Math.abs(low) * 0.001 || 1
  return { low: low - room, high: high + room, rows }
}

/** Where a value lies, in rows from the top: 0 to `rows`. */
export function rowOf({ low, high, rows }: Scale, value: number): number {
  return ((high - value) / (high - low)) * rows
}

/** Labels of some rows: the value at the middle of each, with as many places as tell them apart. */
export function labelsOf(scale: Scale, every: number): { row: number; text: string }[] {
  const { low, high, rows } = scale
  const step = ((high - low) / rows) * every
  const places = Math.max(0, Math.min(8, Math.ceil(-Math.log10(step)) + 1))
  const labels: { row: number; text: string }[] = []
  for (let row = 0; row < rows; row += every) {
    labels.push({ row, text: numberText(high - ((row + 0.5) / rows) * (high - low), places) })
  }
  return labels
}

/** A number for people: thousands grouped, so many places. */
export function numberText(value: number, places: number): string {
  const [whole, fraction] = decimal(Number(value.toFixed(places))).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const padded = (fraction ?? '').padEnd(places, '0')
  return places === 0 ? grouped : `${grouped}.${padded}`
}
