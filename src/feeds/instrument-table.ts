// Instruments by the bytes that name them, so that a row's symbol costs a hash and no string.
import { EngineError } from '../errors.js'
import { textOf } from './parse-number.js'
import type { FeedInstrument } from './trade-batch.js'

/** As many pairs as one engine holds. */
const MAX_INSTRUMENTS = 65_536
/** No pair has a longer name; what is behind it only takes memory, once a symbol. */
const MOST_NAME_BYTES = 520
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

interface Entry {
  readonly index: number
  readonly exchange: Uint8Array
  readonly symbol: Uint8Array
  /** The next one of the same hash. */
  readonly next: Entry | undefined
}

export class InstrumentTable {
  /** In the order in which they were met. */
  readonly all: FeedInstrument[] = []
  readonly #byHash = new Map<number, Entry>()
  #last: Entry | undefined

  /** Index of the instrument so named; an empty range is a name the file does not give. */
  indexOf(
    bytes: Uint8Array,
    exchangeFrom: number,
    exchangeEnd: number,
    symbolFrom: number,
    symbolEnd: number,
  ): number {
    const exchangeTo = Math.min(exchangeEnd, exchangeFrom + MOST_NAME_BYTES)
    const symbolTo = Math.min(symbolEnd, symbolFrom + MOST_NAME_BYTES)
    const last = this.#last
    if (
      last !== undefined &&
      same(last.symbol, bytes, symbolFrom, symbolTo) &&
      same(last.exchange, bytes, exchangeFrom, exchangeTo)
    ) {
      return last.index
    }
    let hash = FNV_OFFSET
    for (let at = symbolFrom; at < symbolTo; at++) hash = Math.imul(hash ^ bytes[at], FNV_PRIME)
    for (let at = exchangeFrom; at < exchangeTo; at++) {
      hash = Math.imul(hash ^ bytes[at], FNV_PRIME)
    }
    let entry = this.#byHash.get(hash)
    while (
      entry !== undefined &&
      !(
        same(entry.symbol, bytes, symbolFrom, symbolTo) &&
        same(entry.exchange, bytes, exchangeFrom, exchangeTo)
      )
    ) {
      entry = entry.next
    }
    entry ??= this.#add(
      hash,
      bytes.slice(exchangeFrom, exchangeTo),
      bytes.slice(symbolFrom, symbolTo),
    )
    this.#last = entry
    return entry.index
  }

  /** Says of what market an instrument is. */
  setMarket(index: number, market: string): void {
    const known = this.all[index]
    if (known.market === undefined) this.all[index] = { ...known, market }
  }

  #add(hash: number, exchange: Uint8Array, symbol: Uint8Array): Entry {
    if (this.all.length >= MAX_INSTRUMENTS) {
      throw new EngineError('BAD_FEED', `more than ${MAX_INSTRUMENTS} symbols in one file`)
    }
    const entry = { index: this.all.length, exchange, symbol, next: this.#byHash.get(hash) }
    this.#byHash.set(hash, entry)
    this.all.push({ exchange: nameOf(exchange), symbol: nameOf(symbol) })
    return entry
  }
}

function nameOf(bytes: Uint8Array): string | undefined {
  return bytes.length === 0 ? undefined : textOf(bytes, 0, bytes.length)
}

function same(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false
  return true
}
