// Trades as columns, for callers that have them so: a loop over trade(), which stops where one
// finds no room.
import { bare, EngineError } from '../errors.js'
import { objectOf } from '../model/given.js'
import { Refusal } from '../model/refusal.js'
import type { Side } from '../model/side.js'

type Numbers = Float64Array | readonly number[]

/** Trades as columns of one length; times in µs, `side` as in `Side`. */
export interface TradeColumns {
  readonly timestamp: Numbers
  readonly price: Numbers
  readonly volume: Numbers
  readonly side: Uint8Array | readonly Side[]
  readonly tradeId?:
    | Numbers
    | BigInt64Array
    | BigUint64Array
    | readonly (number | bigint | string)[]
  readonly receivedAt?: Numbers
}

/** What became of them. */
export interface BatchReceipt {
  /** Rows received, and rows refused for what is in them. */
  received: number
  refused: number
  /** Receipt of the last row received; 0 for none. */
  receipt: number
  /** The first refusal; 0 for none. */
  refusal: number
  /** Rows taken, received or refused: fewer than given where the ring was full. */
  taken: number
}

type Trade = (
  timestamp: number,
  price: number,
  volume: number,
  side: Side,
  tradeId: never,
  receivedAt: number,
) => number

/** Trades the rows in order, until one finds the ring full. Throws BAD_ARGUMENT. */
export function tradeColumns(columns: TradeColumns, trade: Trade): BatchReceipt {
  const { timestamp, price, volume, side, tradeId, receivedAt } = objectOf('columns', columns)
  const rows = checkedLength(columns)
  const batch: BatchReceipt = { received: 0, refused: 0, receipt: 0, refusal: 0, taken: rows }
  for (let i = 0; i < rows; i++) {
    const id = tradeId === undefined ? undefined : tradeId[i]
    const at = receivedAt === undefined ? 0 : receivedAt[i]
    const receipt = trade(timestamp[i], price[i], volume[i], side[i] as Side, id as never, at)
    if (receipt > 0) {
      batch.received++
      batch.receipt = receipt
      continue
    }
    if (batch.refusal === 0) batch.refusal = receipt
    if (receipt === Refusal.RingFull || receipt === Refusal.Closed) {
      batch.taken = i
      return batch
    }
    batch.refused++
  }
  return batch
}

function checkedLength(columns: TradeColumns): number {
  const rows = lengthOf('timestamp', columns.timestamp)
  for (const name of ['timestamp', 'price', 'volume', 'side', 'tradeId', 'receivedAt'] as const) {
    const column = columns[name]
    if (column === undefined && (name === 'tradeId' || name === 'receivedAt')) continue
    const length = lengthOf(name, column)
    if (length === rows) continue
    throw new EngineError(
      'BAD_ARGUMENT',
      `columns must be of one length: timestamp=${rows} ${name}=${length}`,
    )
  }
  return rows
}

// Only what has its length from its elements: another object may say any, and keep the loop going
// for good.
function lengthOf(name: string, column: unknown): number {
  if (Array.isArray(column)) return column.length
  if (ArrayBuffer.isView(column) && !(column instanceof DataView)) {
    return (column as Uint8Array).length
  }
  throw new EngineError(
    'BAD_ARGUMENT',
    `columns must be arrays of one length, typed or not: ${name}=${bare(column)}`,
  )
}
