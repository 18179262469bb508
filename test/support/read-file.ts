// A file read to its end as a replay reads it, without an engine: what it holds, in which units, and
// what is warned of.
import { type FeedOptions, openFeed } from '../../dist/src/feeds/feed.js'
import { idAt, type TradeBatch } from '../../dist/src/feeds/trade-batch.js'
import { parsePairName } from '../../dist/src/model/pair-key.js'
import { LookAhead } from '../../dist/src/replay/look-ahead.js'
import { PairNames } from '../../dist/src/replay/pair-names.js'

export interface ReadRow {
  readonly us: number
  readonly price: number
  readonly volume: number
  readonly side: number
  readonly id: string
}

export interface ReadFile {
  readonly format: string
  readonly pairs: string[]
  readonly rows: ReadRow[]
  readonly units: object
  readonly warnings: { code: string; message: string }[]
  readonly reading: ReturnType<ReturnType<typeof openFeed>['reading']>
}

export async function readFile(
  path: string,
  { pair, ...options }: FeedOptions & { pair?: string },
): Promise<ReadFile> {
  const feed = openFeed(path, { ...options, ...(pair === undefined ? {} : { pair }) })
  const ahead = await LookAhead.over(feed)
  if (ahead.failure !== undefined) throw ahead.failure
  const rows: ReadRow[] = []
  const take = (batch: TradeBatch): void => {
    for (let i = 0; i < batch.count; i++) {
      const { timestamp, price, volume, side } = batch
      const id = String(idAt(batch, i))
      rows.push({ us: timestamp[i], price: price[i], volume: volume[i], side: side[i], id })
    }
  }
  for (const batch of ahead.held) take(batch)
  for (;;) {
    const next = await ahead.rest.next()
    if (next.done) break
    take(next.value)
  }
  const names = new PairNames({ pair })
  names.begin(feed)
  const pairs: string[] = []
  let units: object = {}
  for (const instrument of feed.instruments) {
    const name = names.nameOf(instrument)
    if (name === undefined) continue
    pairs.push(name)
    units = names.unitsOf(instrument, parsePairName(name))
  }
  const reading = feed.reading()
  return { format: feed.format, pairs, rows, units, warnings: [...reading.warnings], reading }
}
