// From values to rows of a panel, and to the labels beside it.
import { decimal } from '../output.js'

export interface Scale {
  readonly low: number
  readonly high: number
  readonly rows: number
}

/** Values nearer than this part of themselves are one: no label could tell them apart. */
const ONE_VALUE = 1e-9

/** A scale over all values; one that holds a single value gets some room around it. */
export function scaleOf(values: readonly number[], rows: number): Scale {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const largest = Math.max(Math.abs(low), Math.abs(high))
  const room = high - low > largest * ONE_VALUE ? 0 : largest * 0.001 || 1
  return { low: low - room, high: high + room, rows }
}

/** Where a value lies, in rows from the top: 0 to `rows`. */
export function rowOf({ low, high, rows }: Scale, value: number): number {
  return ((high - value) / (high - low)) * rows
}

/**
 * Labels of some rows: the value at the middle of each, to a thousandth of itself, with as many
 * places as tell them apart, the same for all: their points stand in a line.
 */
export function labelsOf(scale: Scale, every: number): { row: number; text: string }[] {
  const { low, high, rows } = scale
  const step = ((high - low) / rows) * every
  const values: { row: number; value: number }[] = []
  for (let row = 0; row < rows; row += every) {
    const value = high - ((row + 0.5) / rows) * (high - low)
    // A hundredth of a step beside zero is zero: nobody sees the difference, and it has no places.
    values.push({ row, value: Math.abs(value) < step / 100 ? 0 : value })
  }
  const least = Math.min(...values.map(({ value }) => Math.abs(value)).filter((v) => v > 0))
  const places = Math.max(placesFor(step / 10), placesFor(least / 500))
  const texts = values.map(({ value }) => numberText(value, places))
  const widest = Math.max(...texts.map(({ length }) => length))
  return values.map(({ row }, i) => ({ row, text: texts[i].padStart(widest) }))
}

/** Places after the point at which a step of this size shows. */
export function placesFor(step: number): number {
  return Number.isFinite(step) ? Math.max(0, Math.ceil(-Math.log10(step))) : 0
}

/** An exact number for people: thousands grouped, no place more than it has. */
export function exactText(value: number): string {
  return numberText(value, decimal(value).split('.')[1]?.length ?? 0)
}

/** A number for people: thousands grouped, so many places. */
export function numberText(value: number, places: number): string {
  const [whole, fraction] = decimal(Number(value.toFixed(places))).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const padded = (fraction ?? '').padEnd(places, '0')
  return places === 0 ? grouped : `${grouped}.${padded}`
}
