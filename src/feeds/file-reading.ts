// What one file was taken for, put together while it is read.
import type { FeedWarning, ReadColumn, Reading } from '../model/reading.js'
import { type ReadCounts, ReadingCounts } from '../model/reading-counts.js'
import { BatchWatch } from './batch-watch.js'
import type { OpenedCsv } from './csv-file.js'
import type { CsvLayout } from './csv-layout.js'
import type { RowReader } from './csv-reader.js'
import { type FileFacts, feedWarnings, isRead, rawWarnings } from './feed-warnings.js'
import { binanceContract } from './formats/binance.js'
import {
  type Contract,
  type DumpFormat,
  type FileHints,
  MAPPED_COLUMNS,
  plainName,
} from './formats/format.js'
import { contractOfExchange } from './formats/tardis.js'
import type { Tally } from './tally.js'
import type { FeedInstrument, TradeBatch } from './trade-batch.js'

/** Clocks of venues and of this machine differ by no more. */
const DAY_MS = 86_400_000

export class FileReading {
  readonly counts = new ReadingCounts()
  readonly #path: string
  readonly #tally: Tally
  readonly #hints: FileHints
  readonly #watch = new BatchWatch((Date.now() + DAY_MS) * 1000)
  readonly #withoutIds: boolean
  readonly #added: FeedWarning[] = []
  #csv: OpenedCsv | undefined
  #reader: RowReader | undefined
  #held = true
  #ids = { mode: 'unknown', why: 'no row was read' }

  constructor(path: string, tally: Tally, hints: FileHints, withoutIds: boolean) {
    this.#withoutIds = withoutIds
    this.#path = path
    this.#tally = tally
    this.#hints = hints
  }

  get declared(): DumpFormat | undefined {
    return this.#csv?.layout.format
  }

  begin(file: OpenedCsv, reader: RowReader): void {
    this.#csv = file
    this.#reader = reader
    for (const warning of file.warnings) this.warn(warning)
  }

  beginRaw(reader: RowReader): void {
    this.#reader = reader
  }

  /** Looks at a batch before it is given away. */
  observe(batch: TradeBatch): void {
    this.#watch.observe(batch)
    this.#csv?.sides.settle(batch)
    // Rows of an earlier batch that is held learn from the ones behind them.
    if (!this.#held) this.#csv?.sides.pass()
  }

  /** Looks again at batches that were held; from now on each is given away as it is read. */
  settle(held: readonly TradeBatch[]): void {
    this.#held = false
    for (const batch of held) this.#csv?.sides.settle(batch)
    this.#csv?.sides.pass()
  }

  setIds(mode: string, why: string): void {
    this.#ids = { mode, why }
  }

  warn(warning: Omit<FeedWarning, 'file'>): void {
    const { code, message } = warning
    const told = this.#added.some((one) => one.code === code && one.message === message)
    if (!told) this.#added.push({ ...warning, file: this.#path })
  }

  warnings(): FeedWarning[] {
    const all = this.#warnings()
    return this.#withoutIds ? all.filter(({ code }) => !/^(?:no|bad)-ids$/.test(code)) : all
  }

  #warnings(): FeedWarning[] {
    const counts = this.#counts()
    if (this.#csv === undefined) {
      const facts = { path: this.#path, tally: this.#tally, watch: this.#watch, counts }
      return [...rawWarnings(facts), ...this.#added]
    }
    return [...feedWarnings(this.#facts(this.#csv, counts)), ...this.#added]
  }

  contractOf({ exchange }: FeedInstrument, symbol: string, market: string): Contract | undefined {
    const layout = this.#csv?.layout
    if (layout === undefined) return binanceContract(symbol)
    const { format } = layout
    if (format === undefined) return undefined
    // The exchange's own units, where the column is the one that tardis fills.
    if (format.name === 'tardis') return contractOfExchange(exchange?.toLowerCase(), symbol)
    return format.contract(symbol, market, plainName(layout.names[layout.volume]))
  }

  reading(format: string): Reading {
    const layout = this.#csv?.layout
    return {
      ...this.#counts(),
      file: this.#path,
      format,
      why: layout?.why ?? (this.#reader === undefined ? 'no row was read' : RAW_WHY),
      columns: layout === undefined ? RAW_COLUMNS : columnsOf(layout),
      unread: layout?.names.filter((_, i) => !isRead(layout, i)) ?? [],
      resolutionUs: this.#watch.resolutionUs,
      ids: this.#ids,
      order: this.#watch.order,
      warnings: this.warnings(),
    }
  }

  // Sides are counted by word and row, and put into words here.
  #counts(): ReadCounts {
    this.#reader?.into(this.counts)
    const counts = this.counts.counts()
    if (this.#csv === undefined) return counts
    const sides = new ReadingCounts()
    this.#csv.sides.into(sides)
    const { skipped, refused, timeUnits, volumeUnit } = counts
    return { ...sides.counts(), skipped, refused, timeUnits, volumeUnit }
  }

  #facts(file: OpenedCsv, counts: ReadCounts): FileFacts {
    const { layout, sides, values } = file
    return {
      path: this.#path,
      layout,
      sides,
      watch: this.#watch,
      tally: this.#tally,
      counts,
      values,
      hints: this.#hints,
    }
  }
}

const RAW_WHY = 'its lines are JSON, some with a time in front'
const RAW_COLUMNS: readonly ReadColumn[] = [
  { name: 'T', as: 'timestamp' },
  { name: 'p', as: 'price' },
  { name: 'q', as: 'volume' },
  { name: 'm', as: 'side' },
  { name: 't, a', as: 'id' },
  { name: 's', as: 'symbol' },
]

function columnsOf(layout: CsvLayout): ReadColumn[] {
  const columns: ReadColumn[] = []
  for (const column of MAPPED_COLUMNS) {
    if (layout[column] >= 0) columns.push({ name: layout.names[layout[column]], as: column })
  }
  if (layout.side < 0) columns.push({ name: layout.names[layout.volume], as: 'side, by its sign' })
  if (layout.kind >= 0) columns.push({ name: layout.names[layout.kind], as: 'kind of row' })
  return columns
}
