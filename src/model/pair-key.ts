// A pair's names: as text (`binance:swap:BTC/USDT:USDT`), and as three folders. Folders are
// reversible and distinct on every disk, also where case does not count or some names are devices.
//
//   binance : spot : BTC/USDT         <dataDir>/binance/spot/BTC%2FUSDT
//   kraken  : spot : btc              <dataDir>/kraken/spot/%62%74%63
import { EngineError, shown } from '../errors.js'

/** Kinds of market: ccxt's words, and dex. */
export const MARKETS = ['spot', 'swap', 'future', 'option', 'dex'] as const
export type Market = (typeof MARKETS)[number]

/** A pair's name and its parts; made by pairKey() or parsePairName() only, so that it is valid. */
export interface PairKey {
  readonly exchange: string
  readonly market: Market
  readonly symbol: string
  /** `exchange:market:symbol`. */
  readonly name: string
}

const MAX_EXCHANGE = 64
const MAX_SYMBOL = 128
/** Longest folder name; file systems allow 255 bytes. */
const MAX_SEGMENT_BYTES = 200

const EXCHANGE = /^[a-z0-9_-](?:[a-z0-9._-]*[a-z0-9_-])?$/
// Control characters and lone surrogates: the latter have no UTF-8.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u
// Devices on Windows, with any extension.
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i
// Beside the exchanges' folders the data directory holds the engine's own files.
const OURS = /^journal$|\.duckdb/
const KEPT = /^[A-Z0-9._-]$/

/** The key of a pair; throws BAD_NAME, saying what is allowed. */
export function pairKey(exchange: string, market: string, symbol: string): PairKey {
  if (typeof exchange !== 'string' || exchange.length > MAX_EXCHANGE || !EXCHANGE.test(exchange)) {
    bad('exchange', `1 to ${MAX_EXCHANGE} of a-z 0-9 . _ - without a dot at either end`, exchange)
  }
  if (DEVICE.test(exchange)) bad('exchange', 'no device name of Windows', exchange)
  if (OURS.test(exchange)) bad('exchange', 'no file of the engine', exchange)
  if (!MARKETS.includes(market as Market)) bad('market', `one of ${MARKETS.join(', ')}`, market)
  if (typeof symbol !== 'string' || symbol.length === 0 || symbol.length > MAX_SYMBOL) {
    bad('symbol', `text of 1 to ${MAX_SYMBOL} characters`, symbol)
  }
  if (symbol === '.' || symbol === '..') bad('symbol', 'a name, no folder', symbol)
  if (UNPRINTABLE.test(symbol)) {
    bad('symbol', 'without control characters and lone surrogates', symbol)
  }
  if (symbol.trim() !== symbol) bad('symbol', 'without white space at either end', symbol)
  if (encodeSymbol(symbol).length > MAX_SEGMENT_BYTES) {
    bad('symbol', `shorter: as a folder it takes over ${MAX_SEGMENT_BYTES} bytes`, symbol)
  }
  const name = `${exchange}:${market}:${symbol}`
  return { exchange, market: market as Market, symbol, name }
}

/** The key of `exchange:market:symbol`; the symbol may hold more colons. Throws BAD_NAME. */
export function parsePairName(text: string): PairKey {
  const first = typeof text === 'string' ? text.indexOf(':') : -1
  const second = first < 0 ? -1 : text.indexOf(':', first + 1)
  if (second < 0) bad('pair', 'EXCHANGE:MARKET:SYMBOL, binance:spot:BTC/USDT say', text)
  return pairKey(text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1))
}

/** The pair's folders under the data directory: exchange, market, encoded symbol. */
export function pairPath(key: PairKey): [exchange: string, market: string, symbol: string] {
  return [key.exchange, key.market, encodeSymbol(key.symbol)]
}

/** The key whose pairPath() this is; undefined for any other folders. */
export function pairFromPath(segments: readonly string[]): PairKey | undefined {
  if (segments.length !== 3) return undefined
  try {
    const key = pairKey(segments[0], segments[1], decodeURIComponent(segments[2]))
    return pairPath(key)[2] === segments[2] ? key : undefined
  } catch {
    // Not UTF-8, not percent-encoded, or not a name.
    return undefined
  }
}

/**
 * A number from 0 to 2^32 − 1 that depends on the name's UTF-8 alone: FNV-1a and a final avalanche.
 * Main and shards route by it; it must not change while a session's journals are to be read.
 */
export function stableHash(name: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(name, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193)
  // FNV's low bits alone distribute badly over a few shards.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The names most like `name`, best first, also without regard to case and punctuation. */
export function nearNames(name: string, names: Iterable<string>, limit = 3): string[] {
  const plain = plainOf(name)
  const farthest = Math.max(2, Math.floor(plain.length / 4))
  const near: { name: string; distance: number }[] = []
  for (const other of names) {
    const plainDistance = editDistance(plain, plainOf(other), farthest)
    const distance = Math.min(plainDistance + 0.5, editDistance(name, other, farthest))
    if (distance <= farthest + 0.5) near.push({ name: other, distance })
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  return near.slice(0, limit).map((entry) => entry.name)
}

function bad(what: string, rule: string, given: unknown): never {
  throw new EngineError('BAD_NAME', `${what} must be ${rule}: ${what}=${shown(given)}`)
}

// Lower case is encoded too: `btc` and `BTC` must not meet on a disk that ignores case.
function encodeSymbol(symbol: string): string {
  let encoded = ''
  const device = DEVICE.test(symbol)
  const last = symbol.length - 1
  let at = 0
  for (const character of symbol) {
    // A dot in front hides a folder, Windows drops one at the end.
    const special = character === '.' ? at === 0 || at === last : device && at === 0
    encoded += KEPT.test(character) && !special ? character : percentEncode(character)
    at += character.length
  }
  return encoded
}

function percentEncode(character: string): string {
  let encoded = ''
  for (const byte of Buffer.from(character, 'utf8')) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

function plainOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

// Insertions, deletions, replacements and letters changed about; Infinity beyond `most`. Names
// share most of their ends, which count nothing and are left out, and only distances near the
// diagonal of the table can stay within `most`: tens of thousands of names are searched for one
// message.
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY
  let start = 0
  let aEnd = a.length
  let bEnd = b.length
  while (start < aEnd && start < bEnd && a.charCodeAt(start) === b.charCodeAt(start)) start++
  while (aEnd > start && bEnd > start && a.charCodeAt(aEnd - 1) === b.charCodeAt(bEnd - 1)) {
    aEnd--
    bEnd--
  }
  const width = bEnd - start
  const far = most + 1
  let row = new Uint16Array(width + 1).fill(far)
  let next = new Uint16Array(width + 1).fill(far)
  let before = new Uint16Array(width + 1).fill(far)
  let leastBefore = 0
  for (let j = 0; j <= Math.min(width, most); j++) row[j] = j
  for (let i = 1; i <= aEnd - start; i++) {
    const from = Math.max(1, i - most)
    const to = Math.min(width, i + most)
    next[from - 1] = from === 1 ? Math.min(i, far) : far
    let least = next[from - 1]
    for (let j = from; j <= to; j++) {
      const same = a.charCodeAt(start + i - 1) === b.charCodeAt(start + j - 1)
      next[j] = Math.min(row[j - 1] + (same ? 0 : 1), row[j] + 1, next[j - 1] + 1, far)
      const crossed =
        i > 1 &&
        j > 1 &&
        a.charCodeAt(start + i - 1) === b.charCodeAt(start + j - 2) &&
        a.charCodeAt(start + i - 2) === b.charCodeAt(start + j - 1)
      if (crossed) next[j] = Math.min(next[j], before[j - 2] + 1)
      if (next[j] < least) least = next[j]
    }
    if (to < width) next[to + 1] = far
    if (least > most && leastBefore > most) return Number.POSITIVE_INFINITY
    leastBefore = least
    const oldest = before
    before = row
    row = next
    next = oldest
  }
  return row[width] <= most ? row[width] : Number.POSITIVE_INFINITY
}
