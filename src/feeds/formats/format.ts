// What a venue publishes, as one declaration: a new format is one of these, its line in all.ts, and
// a few made-up rows in test/unit/formats.test.ts.
import type { VolumeUnit } from '../../pair-options.js'

/** What a column can hold. */
export type MappedColumn =
  | 'timestamp'
  | 'price'
  | 'volume'
  | 'side'
  | 'id'
  | 'symbol'
  | 'exchange'
  | 'received'
export const MAPPED_COLUMNS: readonly MappedColumn[] = [
  'timestamp',
  'price',
  'volume',
  'side',
  'id',
  'symbol',
  'exchange',
  'received',
]

/** Which side a value names. */
export interface SideRule {
  /** Values, without case, that are a taker's buy and sell; other words keep their meaning. */
  readonly buy?: readonly string[]
  readonly sell?: readonly string[]
  /** Whose side the column tells; default the taker's. */
  readonly of?: 'taker' | 'maker'
}

/** What can stand in a column of a file without header. */
export type FieldKind =
  | 'whole'
  | 'number'
  | 'signed'
  | 'seconds'
  | 'time'
  | 'boolean'
  | 'word'
  | '1|2'

/** What one unit of a pair's volumes is, as `engine.pair()` takes it. */
export interface Contract {
  readonly volumeUnit: VolumeUnit
  /** Undefined: the venue has it, the file does not. */
  readonly contractSize?: number | undefined
  readonly inverse?: boolean
}

export const BASE: Contract = { volumeUnit: 'base' }

export interface DumpFormat {
  /** What --format takes. */
  readonly name: string
  /** The exchange of pairs; undefined where a column says it. */
  readonly venue: string | undefined
  /** What it holds, in words. */
  readonly what: string
  /** Whole headers as published; a column in [brackets] may be missing. */
  readonly headers?: readonly string[]
  /** Without header: each column's name, as the venue's page has it, and what can stand there. */
  readonly shape?: readonly (readonly [name: string, kind: FieldKind])[]
  /** Nobody can tell such a shape from others: it is taken with --format alone. */
  readonly byNameOnly?: boolean
  /** Which column is what, by name. */
  readonly columns: Partial<Readonly<Record<MappedColumn, string>>>
  readonly side?: SideRule
  /** What the ids are, in words; none where the columns have none. */
  readonly ids: string
  /** What a symbol's volumes are, in the column that is read (or in `column`, of --map). */
  contract(symbol: string | undefined, market: string | undefined, column: string): Contract
  /** Spot, swap …, of a symbol, or of a file's name; undefined where only the user knows. */
  market(symbol: string | undefined, file: string): string | undefined
  /** The symbol, where a file's name has it: its first group. */
  readonly path?: RegExp
  /** Whether a file is this one; asked where two formats have one header, or one shape. */
  fits?(about: FileHints & { row(name: string): string }): boolean
  /** Rows are trades where this column has one of the values. */
  readonly kind?: { readonly column: string; readonly trade: readonly string[] }
  /** Why rows like these cannot be taken; by the columns' names. */
  refuse?(row: (name: string) => string): string | undefined
  /** The column that holds price × volume; where it does not, the volume is another column. */
  readonly product?: string
  /** The venue's page, or whoever describes it best. */
  readonly source: string
}

/** What is known of a file beside its bytes. */
export interface FileHints {
  /** The file's name without folders. */
  readonly name: string
  /** Of --pair. */
  readonly exchange: string | undefined
  readonly market: string | undefined
}

/** `plain` without case, blanks and punctuation: how names are compared. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}
