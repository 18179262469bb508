// What a replay says of a file: what it took it for, and where a number may be wrong.
import type { ReadCounts } from './reading-counts.js'

/** Why a number may be wrong. A closed set. */
export type WarningCode =
  | 'no-side'
  | 'side-unknown'
  | 'side-late'
  | 'no-ids'
  | 'bad-ids'
  | 'ids-anew'
  | 'unread-column'
  | 'rejected-rows'
  | 'no-trades'
  | 'other-venue'
  | 'volume-unit'
  | 'contract-size'
  | 'data-kind'
  | 'other-market'
  | 'future-times'

/** A number may be wrong: why, and what to do about it. */
export interface FeedWarning {
  readonly code: WarningCode
  /** Path as it was given; '-' is stdin. */
  readonly file: string
  /** One plain sentence. */
  readonly message: string
  /** Rows concerned, where they can be counted. */
  readonly count?: number
}

/** A column of the input, and what it was taken as. */
export interface ReadColumn {
  /** Its name in the header; its number, from 1, where there is none. */
  readonly name: string
  readonly as: string
}

/** What one file was taken for. */
export interface Reading extends ReadCounts {
  readonly file: string
  readonly format: string
  /** Why that format. */
  readonly why: string
  readonly columns: readonly ReadColumn[]
  /** Names of columns that were not used. */
  readonly unread: readonly string[]
  /** Finest step that all times stand on: 1 s, 1 ms or 1 µs; in µs, 0 where there is no row. */
  readonly resolutionUs: number
  readonly ids: { readonly mode: string; readonly why: string }
  /** Whether times rise over the rows, fall, or do both. */
  readonly order: 'rising' | 'falling' | 'mixed' | 'equal'
  readonly warnings: readonly FeedWarning[]
}
