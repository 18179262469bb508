// Where a number of a file may be wrong, from what was counted of it so far.
import type { FeedWarning, WarningCode } from '../model/reading.js'
import type { ReadCounts } from '../model/reading-counts.js'
import type { BatchWatch } from './batch-watch.js'
import type { CsvLayout } from './csv-layout.js'
import { type FileHints, plainName } from './formats/format.js'
import type { SideColumn } from './side-column.js'
import type { Tally } from './tally.js'
import { looksLike } from './usual-names.js'

/** Part of the sides that may be not understood before it is told. */
const FEW = 0.001

/** What is known of a CSV file while it is read. */
export interface FileFacts {
  readonly path: string
  readonly layout: CsvLayout
  readonly sides: SideColumn
  readonly watch: BatchWatch
  readonly tally: Tally
  readonly counts: ReadCounts
  /** Values of columns in the file's head, by column: for those that are left unread. */
  readonly values: readonly (readonly string[])[]
  readonly hints: FileHints
}

export function feedWarnings(facts: FileFacts): FeedWarning[] {
  const told: FeedWarning[] = []
  const warn = (code: WarningCode, message: string, count?: number): void => {
    told.push({ code, file: facts.path, message, ...(count === undefined ? {} : { count }) })
  }
  if (facts.watch.rows > 0) {
    sideWarnings(facts, warn)
    idWarnings(facts, warn)
    unreadWarnings(facts, warn)
  }
  rowWarnings(facts, warn)
  return told
}

/** The same of a raw capture. */
export function rawWarnings({
  path,
  tally,
  watch,
  counts,
}: Pick<FileFacts, 'path' | 'tally' | 'watch' | 'counts'>): FeedWarning[] {
  const told: FeedWarning[] = []
  const { notUnderstood, trades, refused } = counts
  if (notUnderstood > trades * FEW) {
    const message = `${notUnderstood} of ${trades} messages do not say who took (field m)`
    told.push({ code: 'side-unknown', file: path, message, count: notUnderstood })
  }
  if (watch.idless > 0) {
    const message = `${watch.idless} trades have no id: repeated ones cannot be told from new ones`
    told.push({ code: 'no-ids', file: path, message, count: watch.idless })
  }
  if (tally.bad > 0) {
    const why = `the first on line ${tally.badLines[0]}: ${refused[0]?.reason ?? 'it is cut off'}`
    const message = `${tally.bad} messages could not be read and were not stored, ${why}`
    told.push({ code: 'rejected-rows', file: path, message, count: tally.bad })
  }
  return told
}

type Warn = (code: WarningCode, message: string, count?: number) => void

function sideWarnings({ layout, sides, watch, counts }: FileFacts, warn: Warn): void {
  const { rows } = watch
  const name = layout.side < 0 ? '' : layout.names[layout.side]
  const unknown = sides.notUnderstood
  const some = counts.sides.filter((s) => !s.understood).map((s) => s.word)
  const values = some.slice(0, 3).join(', ')
  if (layout.side < 0 && unknown === rows) {
    const rule = 'no column says the side: every trade is of unknown side, CVD and delta are 0'
    warn('no-side', `${rule}; say which one with --map side=COLUMN`, rows)
  } else if (layout.side < 0 && unknown > 0) {
    warn('side-unknown', `${unknown} amounts without a sign say no side`, unknown)
  } else if (unknown === rows) {
    const rule = `no value of the column ${name} is a side (${values})`
    warn('side-unknown', `${rule}; say what they mean: --sides buy=VALUE,sell=VALUE`, rows)
  } else if (unknown > rows * FEW) {
    const rule = `${unknown} of ${rows} values of the column ${name} are no sides (${values})`
    warn('side-unknown', `${rule}; say what they mean: --sides buy=VALUE,sell=VALUE`, unknown)
  } else if (counts.unknownSides === rows) {
    warn('no-side', `the column ${name} says no side in any row; say --map side=COLUMN`, rows)
  }
  if (sides.late > 0) {
    const rule = `${sides.late} trades were stored as of unknown side before a row told theirs`
    warn('side-late', `${rule}; give --sides, and replay into an empty directory`, sides.late)
  }
}

function idWarnings({ layout, watch }: FileFacts, warn: Warn): void {
  const { rows, idless, nothing, constant } = watch
  const told = 'repeated rows cannot be told from new ones'
  if (layout.id < 0) warn('no-ids', `no column has trade ids: ${told}; say --map id=COLUMN`, rows)
  else if (idless === rows)
    warn('no-ids', `the column ${layout.names[layout.id]} is empty: ${told}`, rows)
  else if (idless > 0) warn('no-ids', `${idless} rows have no id: ${told} among them`, idless)
  if (nothing > 1) {
    const rule = `${nothing} ids say that there is none (0, None, the nil UUID and the like)`
    warn('bad-ids', `${rule}: ${told} among them`, nothing)
  } else if (constant) {
    const rule = `every row has the same id in the column ${layout.names[layout.id]}`
    warn('bad-ids', `${rule}: it identifies no trade; say --map id=COLUMN, or --ids none`, rows)
  }
}

// Of a declared format every column is known; what is left unread there is meant to be.
function unreadWarnings({ layout, counts, values }: FileFacts, warn: Warn): void {
  if (layout.format !== undefined || !layout.header) return
  const sideless = counts.unknownSides === counts.trades
  for (const [i, name] of layout.names.entries()) {
    if (isRead(layout, i)) continue
    const like = looksLike(plainName(name)) ?? likeValues(values[i] ?? [])
    if (like === 'side' && sideless) {
      warn(
        'unread-column',
        `the column ${name} looks like the side, and was not read; say --map side=${name}`,
      )
    } else if (like === 'id' && layout.id < 0) {
      warn(
        'unread-column',
        `the column ${name} looks like an id, and was not read; say --map id=${name}`,
      )
    } else if (like === 'volume') {
      const read = layout.names[layout.volume]
      const rule = `the column ${name} looks like a size, and ${read} was read`
      warn('unread-column', `${rule}; say which one is the volume: --map volume=COLUMN`)
    }
  }
}

/** Whether a column was used, for whatever. */
export function isRead(layout: CsvLayout, column: number): boolean {
  const { timestamp, price, volume, side, id, symbol, exchange, received, kind } = layout
  return [timestamp, price, volume, side, id, symbol, exchange, received, kind].includes(column)
}

const SIDE_WORD = /^(?:buy|sell|bid|ask|buyer|seller|b|s)$/i
const UNIQUE_ID = /^(?:\d{6,20}|[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]{8,}|[0-9a-f]{24,64})$/i

function likeValues(values: readonly string[]): 'side' | 'id' | undefined {
  if (values.length < 2) return undefined
  if (values.every((value) => SIDE_WORD.test(value))) return 'side'
  const unique = new Set(values).size === values.length
  // A time in seconds or ms is as unique, and no id.
  const times = values.every((value) => /^1[0-9]{9}(?:\d{3}){0,3}$/.test(value))
  return unique && !times && values.every((value) => UNIQUE_ID.test(value)) ? 'id' : undefined
}

function rowWarnings({ tally, counts, layout, watch }: FileFacts, warn: Warn): void {
  const [first] = counts.refused
  if (tally.bad > 0) {
    const lines = tally.badLines.join(', ')
    const rule = `${tally.bad} rows could not be read, the first on line ${lines}`
    const why = first?.reason ?? 'it cannot be parsed'
    warn('rejected-rows', `${rule}: ${why}; they were not stored`, tally.bad)
  }
  if (watch.future > 0) {
    const rule = `${watch.future} rows have times that are still to come`
    const column = layout.names[layout.timestamp]
    warn('future-times', `${rule}: is ${column} the time? say --map timestamp=COLUMN`, watch.future)
  }
  if (layout.kind >= 0 && tally.skipped > 0) {
    const why = counts.skipped[0]?.reason
    const rule = `${tally.skipped} rows are no trades (${why}) and were passed over`
    warn('no-trades', `${rule}; a file of trades alone has none`, tally.skipped)
  }
}
