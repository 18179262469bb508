// The pairs of an engine: names to handles, handles to dense ids, ids to shards by a stable hash.
import { readStoredOptions, storedPairs } from '../data-dir.js'
import { EngineError } from '../errors.js'
import { MAX_PAIRS } from '../limits.js'
import { nearNames, type PairKey, pairKey, parsePairName, stableHash } from '../model/pair-key.js'
import { Pair, type PairHost } from '../pair.js'
import {
  type PairOptions,
  type ResolvedPairOptions,
  resolvePairOptions,
  STORED_PAIR_OPTIONS,
  type TradeIds,
  wayOn,
} from '../pair-options.js'
import { Snapshot } from '../ring/snapshot.js'
import type { ShardLink } from '../shard-link.js'

export class PairDirectory {
  readonly #dataDir: string
  readonly #host: PairHost
  readonly #links: readonly ShardLink[]
  readonly #byName = new Map<string, Pair>()
  readonly #byId: Pair[] = []

  constructor(dataDir: string, links: readonly ShardLink[], host: PairHost) {
    this.#dataDir = dataDir
    this.#links = links
    this.#host = host
  }

  /** Declared pairs, in the order of their ids. */
  get declared(): readonly Pair[] {
    return this.#byId
  }

  pair<Ids extends TradeIds>(
    exchange: string,
    market: string,
    symbol: string,
    options: PairOptions<Ids>,
  ): Pair<Ids> {
    const key = pairKey(exchange, market, symbol)
    const known = this.#byName.get(key.name)
    if (known !== undefined) {
      sameOptions(key.name, known.options, resolvePairOptions(options, known.options), 'open')
      return known as unknown as Pair<Ids>
    }
    const stored = readStoredOptions(this.#dataDir, key)
    const asked = resolvePairOptions(options, stored)
    if (stored !== undefined) sameOptions(key.name, { ...asked, ...stored }, asked, 'stored')
    return this.#declare(key, asked) as unknown as Pair<Ids>
  }

  /** Declared pairs and those with a file, by name. */
  keys(): PairKey[] {
    const keys = new Map<string, PairKey>()
    for (const key of storedPairs(this.#dataDir)) keys.set(key.name, key)
    for (const pair of this.#byId) keys.set(pair.name, pair.key)
    return [...keys.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): Pair {
    const key = parsePairName(name)
    const declared = this.#byName.get(key.name)
    if (declared !== undefined) return declared
    this.checkStored(key.name)
    return this.#declare(key, resolvePairOptions({}, readStoredOptions(this.#dataDir, key)))
  }

  /** Throws UNKNOWN_PAIR, with near names, where the pair has no file. */
  checkStored(name: string): void {
    const stored = storedPairs(this.#dataDir).map((key) => key.name)
    if (stored.includes(name)) return
    const near = nearNames(name, stored)
    const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''
    throw new EngineError('UNKNOWN_PAIR', `no such pair${hint}: pair=${name}`)
  }

  #declare(key: PairKey, options: ResolvedPairOptions): Pair {
    if (this.#byId.length >= MAX_PAIRS) {
      throw new EngineError('TOO_MANY_PAIRS', `an engine holds ${MAX_PAIRS} pairs; open another`)
    }
    const id = this.#byId.length
    const link = this.#links[stableHash(key.name) % this.#links.length]
    const snapshot = Snapshot.sized(this.#host.windowNames.length)
    const pair = new Pair<TradeIds>(id, key, options, link, snapshot, this.#host)
    this.#byName.set(key.name, pair)
    this.#byId.push(pair)
    link.declare({ id, name: key.name, options, snapshot: snapshot.buffer })
    return pair
  }
}

function sameOptions(
  name: string,
  held: ResolvedPairOptions,
  asked: ResolvedPairOptions,
  how: string,
): void {
  for (const key of [...STORED_PAIR_OPTIONS, 'maxPrice', 'maxVolume'] as const) {
    if (held[key] === asked[key]) continue
    const rest = how === 'stored' ? wayOn(name, key, asked[key]) : ''
    throw new EngineError(
      'PAIR_MISMATCH',
      `${name} is ${how} with another ${key}; use that one: ${how}=${held[key]} asked=${asked[key]}${rest}`,
    )
  }
}
