// tickloom set: changes what a stored pair was made with, and folds again what depends on it.
import {
  EngineError,
  type PairOptions,
  type Prices,
  type TradeIds,
  type TradeOrder,
  type VolumeUnit,
} from '../index.js'
import { formatMicros } from '../model/time.js'
import { type SetReport, setOptions } from '../refold/set-options.js'
import { grouped, print, say } from './output.js'
import { oneOf, withPair } from './stored-pair.js'
import { type Arguments, dataDirOf, UsageError } from './usage.js'

const PRICES: readonly Prices[] = ['positive', 'any']
const ORDERS: readonly TradeOrder[] = ['id', 'arrival']
const IDS: readonly TradeIds[] = ['integer', 'sequential', 'none', 'text']
const UNITS: readonly VolumeUnit[] = ['base', 'quote', 'contracts']

export async function setCommand(args: Arguments): Promise<number> {
  const asked = askedOptions(args)
  if (Object.keys(asked).length === 0) {
    throw new UsageError('set wants an option to change, such as --order id')
  }
  // An engine first: what the journal holds of the pair goes into its file.
  const name = await withPair(args, 'set', async (pair) => {
    await pair.ready()
    return pair.name
  })
  const report = await setOptions(dataDirOf(args), name, asked)
  const notes = notesOf(report)
  if (args.flag('json')) await print(`${JSON.stringify({ ...report, notes })}\n`)
  else {
    await print(textOf(report))
    for (const note of notes) say(note)
  }
  return 0
}

function askedOptions(args: Arguments): PairOptions {
  if (args.flag('inverse') && args.flag('linear')) {
    throw new UsageError('--inverse and --linear exclude each other')
  }
  const asked: PairOptions = {}
  const [prices, order, ids] = ['prices', 'order', 'ids'].map((option) => args.said(option))
  const [unit, size] = ['volume-unit', 'contract-size'].map((option) => args.said(option))
  if (prices !== undefined) asked.prices = oneOf('prices', prices, PRICES)
  if (order !== undefined) asked.order = oneOf('order', order, ORDERS)
  if (ids !== undefined) asked.tradeIds = oneOf('ids', ids, IDS)
  if (unit !== undefined) asked.volumeUnit = oneOf('volume-unit', unit, UNITS)
  if (size !== undefined) asked.contractSize = sizeOf(size)
  if (args.flag('inverse') || args.flag('linear')) asked.inverse = args.flag('inverse')
  return asked
}

function sizeOf(text: string): number {
  const size = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(size) && size > 0) return size
  throw new EngineError('BAD_OPTION', `contractSize must be a number above 0: contractSize=${text}`)
}

function textOf({ pair, changed, refolded, rewritten, left }: SetReport): string {
  if (changed.length === 0) return `${pair} is so already\n`
  const lines = changed.map(({ option, from, to }) => `${pair}  ${option}: ${from} → ${to}`)
  if (refolded.candles > 0) {
    const minutes = `${grouped(refolded.candles)} minutes folded again from their ticks`
    lines.push(`${minutes}, ${spanOf(refolded)}; ${grouped(rewritten)} candles rewritten`)
  }
  if (left.candles > 0) {
    const stay = `${grouped(left.candles)} candles stay as they are, since their ticks are gone`
    lines.push(`${stay}: ${spanOf(left)}`)
  }
  return `${lines.join('\n')}\n`
}

function spanOf({ from, to }: { from: number | undefined; to: number | undefined }): string {
  return from === undefined || to === undefined
    ? ''
    : `${formatMicros(from)} to ${formatMicros(to)}`
}

// What the change does not do.
function notesOf({ changed, newest, refusedPrices }: SetReport): string[] {
  const notes: string[] = []
  const was = newest === 0 ? '' : ` up to ${formatMicros(newest)}`
  for (const { option, from, to } of changed) {
    if (['contractSize', 'volumeUnit', 'inverse'].includes(option) && newest > 0) {
      notes.push(
        `${option} says what volumes mean from now on; rows${was} keep theirs, of ${option} ${from}`,
      )
    }
    if (option === 'prices' && to === 'any' && refusedPrices > 0) {
      notes.push(
        `${grouped(refusedPrices)} trades that were refused for their price stay in rejected_ticks; feed them again`,
      )
    }
    if (option === 'tradeIds' && from === 'none' && newest > 0) {
      notes.push(`ids of the trades${was} are not known: the same trades would be stored again`)
    }
    if (option === 'tradeIds' && to === 'none') {
      notes.push('from now on the same trade given again is stored again')
    }
    if (option === 'tradeIds' && to === 'sequential') {
      notes.push('gaps are told from the next trade on')
    }
  }
  return notes
}
