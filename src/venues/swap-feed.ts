// Swaps of a chain that may still be reorganised: held by block until they are deep enough, offered
// in the order in which they ran, dropped where the chain takes them back before.
import { bare, EngineError } from '../errors.js'
import { objectOf } from '../model/given.js'
import { Refusal } from '../model/refusal.js'
import { refuseUnknown } from '../options.js'
import type { Pair } from '../pair.js'
import { givenPair } from './given-id.js'
import { countsOf, refuse } from './offered.js'
import { fromSwap, placeOf, type Swap, swapName } from './swap.js'

/** Swaps held at most: a feed that never hears of a new block must not fill the memory. */
const MOST_HELD = 65_536
const MOST_CONFIRMATIONS = 1_000_000

export interface SwapFeedOptions {
  /** Blocks on top of a swap's own before it is offered: 1 waits for the next block. */
  readonly confirmations: number
}

export interface SwapFeed {
  /**
   * Takes a swap as its event comes. Returns 0 while it is held, or was dropped because the chain
   * removed it in time; a receipt or refusal where it was offered at once. One that is removed too
   * late is refused (`Refusal.Removed`), one without blockNumber is `Refusal.BadMessage`, and with
   * 65,536 held `Refusal.RingFull`: tell head().
   */
  take(swap: Swap): number
  /**
   * The chain's newest block; every swap tells its own. Offers what is deep enough and returns how
   * many of them were received. What finds the ring full stays held for the next call.
   */
  head(block: number | bigint | string): number
  /** Swaps that wait. */
  readonly held: number
}

interface Held {
  readonly swap: Swap
  readonly block: number
}

/** Swaps of one pool for a pair. Throws BAD_OPTION, BAD_ARGUMENT. */
export function swapFeed(pair: Pair, options: SwapFeedOptions): SwapFeed {
  givenPair(pair)
  refuseUnknown(objectOf('options', options), ['confirmations'], 'swapFeed options')
  const { confirmations } = options
  if (
    Number.isInteger(confirmations) &&
    confirmations >= 0 &&
    confirmations <= MOST_CONFIRMATIONS
  ) {
    return new HeldSwaps(pair, confirmations)
  }
  const rule = `confirmations must be a whole number from 0 to ${MOST_CONFIRMATIONS}`
  throw new EngineError('BAD_OPTION', `${rule}: confirmations=${bare(confirmations)}`)
}

class HeldSwaps implements SwapFeed {
  readonly #pair: Pair
  readonly #confirmations: number
  readonly #held = new Map<string, Held>()
  #head = -1
  // The lowest block held, so that a head that frees nothing costs nothing.
  #lowest = Number.POSITIVE_INFINITY

  constructor(pair: Pair, confirmations: number) {
    this.#pair = pair
    this.#confirmations = confirmations
  }

  get held(): number {
    return this.#held.size
  }

  take(given: Swap): number {
    const swap = given ?? {}
    const block = placeOf(swap.blockNumber)
    if (block === undefined) {
      return refuse(this.#pair, Refusal.BadMessage, 'a swap without blockNumber', swap)
    }
    const { blockHash } = swap
    const key = `${typeof blockHash === 'string' ? blockHash : block}:${swapName(swap)}`
    if (swap.removed === true) return this.#remove(key, swap)
    if (this.#held.has(key)) return 0
    if (this.#held.size >= MOST_HELD) {
      return refuse(this.#pair, Refusal.RingFull, `${MOST_HELD} swaps are held`, swap)
    }
    this.#held.set(key, { swap, block })
    this.#lowest = Math.min(this.#lowest, block)
    this.#head = Math.max(this.#head, block)
    return this.#offer(key).own
  }

  head(given: number | bigint | string): number {
    const block = placeOf(given)
    if (block === undefined) {
      const rule = 'block must be a whole number, digits or hex'
      throw new EngineError('BAD_ARGUMENT', `${rule}: block=${bare(given)}`)
    }
    this.#head = Math.max(this.#head, block)
    return this.#offer().received
  }

  #remove(key: string, swap: Swap): number {
    if (!this.#held.delete(key)) return fromSwap(this.#pair, swap)
    countsOf(this.#pair)?.skip('removed before it was deep enough', swap)
    return 0
  }

  // What is deep enough, by block and place; `own` is the receipt of one of them.
  #offer(key = ''): { received: number; own: number } {
    const deep = this.#head - this.#confirmations
    const told = { received: 0, own: 0 }
    if (this.#lowest > deep) return told
    const ready = [...this.#held].filter(([, { block }]) => block <= deep).sort(inOrder)
    for (const [name, { swap }] of ready) {
      const receipt = fromSwap(this.#pair, swap)
      if (receipt === Refusal.RingFull) break
      this.#held.delete(name)
      if (receipt > 0) told.received++
      if (name === key) told.own = receipt
    }
    this.#lowest = lowestOf(this.#held.values())
    return told
  }
}

function inOrder([, a]: [string, Held], [, b]: [string, Held]): number {
  return a.block - b.block || (placeOf(a.swap.logIndex) ?? 0) - (placeOf(b.swap.logIndex) ?? 0)
}

function lowestOf(held: Iterable<Held>): number {
  let lowest = Number.POSITIVE_INFINITY
  for (const { block } of held) lowest = Math.min(lowest, block)
  return lowest
}
