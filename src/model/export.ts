// What can be written of a pair, and how.
import { INTERVALS } from './interval.js'

/** Formats a table can be written in. */
export const EXPORT_FORMATS = ['parquet', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** Tables that can be written. */
export const EXPORT_TABLES = [
  'ticks',
  'late_ticks',
  'rejected_ticks',
  'order_flow',
  'text_ids',
  ...INTERVALS.map((interval) => `candles_${interval}` as const),
] as const
export type ExportTable = (typeof EXPORT_TABLES)[number]

/** What is written. */
export interface TableExport {
  readonly table: ExportTable
  readonly format: ExportFormat
  /** Absolute path; replaced when the file is whole. */
  readonly file: string
  /** µs; `to` is exclusive. */
  readonly from: number
  readonly to: number
}
