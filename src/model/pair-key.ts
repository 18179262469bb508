import { EngineError } from '../errors.js'

// A pair's names: what callers say, what stands on disk, and which shard it belongs to.

/** Market words, as in ccxt, and dex. */
export const MARKETS = ['spot', 'swap', 'future', 'option', 'dex'] as const

/** A checked name of a pair. */
export interface PairKey {
  readonly exchange: string
  readonly market: string
  readonly symbol: string
  /** `exchange:market:symbol`. */
  readonly name: string
}

const EXCHANGE = /^[a-z0-9_-][a-z0-9._-]{0,63}$/
const MAX_SYMBOL = 128
const MAX_SEGMENT_BYTES = 200
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
// Taken by the engine itself in its data directory.
const OWN_FOLDERS = ['journal']
const PLAIN = /[A-Z0-9._-]/

function bad(what: string, rule: string, given: string): never {
  throw new EngineError('BAD_NAME', `${what} must be ${rule}: ${what}=${JSON.stringify(given)}`)
}

/** Checks a pair's names; throws BAD_NAME saying what is allowed. */
export function pairKey(exchange: string, market: string, symbol: string): PairKey {
  if (typeof exchange !== 'string' || !EXCHANGE.test(exchange) || exchange.endsWith('.')) {
    bad('exchange', '1 to 64 of a-z 0-9 . _ - and not begin or end with a dot', String(exchange))
  }
  if (RESERVED.test(exchange) || OWN_FOLDERS.includes(exchange)) {
    bad('exchange', 'other than a reserved file name', exchange)
  }
  if (!(MARKETS as readonly string[]).includes(market)) {
    bad('market', `one of ${MARKETS.join(', ')}`, String(market))
  }
  if (typeof symbol !== 'string' || symbol.length < 1 || symbol.length > MAX_SYMBOL) {
    bad('symbol', `1 to ${MAX_SYMBOL} characters`, String(symbol))
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\u007f-\u009f]/.test(symbol) || !symbol.isWellFormed()) {
    bad('symbol', 'without control characters and lone surrogates', symbol)
  }
  if (symbol.trim() !== symbol) bad('symbol', 'without white space around it', symbol)
  if (symbol === '.' || symbol === '..') bad('symbol', 'other than a folder', symbol)
  const key = { exchange, market, symbol, name: `${exchange}:${market}:${symbol}` }
  if (Buffer.byteLength(encodeSymbol(symbol)) > MAX_SEGMENT_BYTES) {
    bad('symbol', `short enough for a file name (${MAX_SEGMENT_BYTES} bytes, encoded)`, symbol)
  }
  return key
}

/** `binance:swap:BTC/USDT:USDT` as its three names: split at the first two colons. */
export function parsePairName(text: string): PairKey {
  const first = text.indexOf(':')
  const second = text.indexOf(':', first + 1)
  if (first < 0 || second < 0) bad('pair', 'EXCHANGE:MARKET:SYMBOL', text)
  return pairKey(text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1))
}

/** The folders of a pair's file, below the data directory. Reversible; distinct on any disk. */
export function pairPath(key: PairKey): string[] {
  return [key.exchange, key.market, encodeSymbol(key.symbol)]
}

/** The pair of three folders; undefined where they are not a pair's. */
export function pairFromPath(segments: readonly string[]): PairKey | undefined {
  if (segments.length !== 3) return undefined
  try {
    const key = pairKey(segments[0], segments[1], decodeURIComponent(segments[2]))
    return encodeSymbol(key.symbol) === segments[2] ? key : undefined
  } catch {
    return undefined
  }
}

// Lower case is encoded too: a case-insensitive disk would merge `btc` and `BTC`.
function encodeSymbol(symbol: string): string {
  let encoded = ''
  for (const byte of Buffer.from(symbol, 'utf8')) {
    const char = String.fromCharCode(byte)
    encoded += PLAIN.test(char) && byte < 128 ? char : hex(byte)
  }
  if (encoded.startsWith('.') || RESERVED.test(encoded)) {
    encoded = hex(encoded.charCodeAt(0)) + encoded.slice(1)
  }
  if (encoded.endsWith('.')) encoded = `${encoded.slice(0, -1)}%2E`
  return encoded
}

function hex(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** A hash that is the same in every session (FNV-1a over UTF-8, avalanched): uint32. */
export function stableHash(name: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(name, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Names like the given one, nearest first: equal but for case and punctuation, or a few edits away. */
export function nearNames(name: string, names: readonly string[], limit = 3): string[] {
  const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}:]/gu, '')
  const wanted = bare(name)
  return names
    .map((known) => ({ known, far: bare(known) === wanted ? 0 : edits(bare(known), wanted) }))
    .filter(({ far }) => far <= Math.max(2, wanted.length / 4))
    .sort((a, b) => a.far - b.far)
    .slice(0, limit)
    .map(({ known }) => known)
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, swap))
    }
    row = next
  }
  return row[b.length]
}
