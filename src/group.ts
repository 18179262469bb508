// One asset over several venues: CVD and windows of its pairs, summed in base units on the thread
// that opened the engine.
import { bare, EngineError } from './errors.js'
import { addVolume, differenceValue, gridUnits, SUM_WORDS, sumValue } from './model/exact-sum.js'
import type { Flow, WindowFlow } from './model/flow.js'
import { functionOf } from './model/given.js'
import { type Glob, globOf } from './model/glob.js'
import { Pair } from './pair.js'

/** The flow of a group as its pairs' shards last saw it; volumes in base units, times in µs. */
export interface GroupFlow {
  readonly group: string
  /** Exchange time of the newest trade of any pair. */
  readonly timestamp: number
  /** Sum of the pairs' CVD, each from its own anchor. */
  readonly cvd: number
  /** By the window's name; each pair's window ends at its own newest trade. */
  readonly windows: Readonly<Record<string, WindowFlow>>
  /** Pairs that have traded. */
  readonly pairs: number
}

/** What a group needs of its engine. */
export interface GroupHost {
  readonly windowNames: readonly string[]
  readonly declared: readonly Pair[]
  onFlow(listener: (flow: Flow) => void): () => void
}

const SCALE = 1e8

export class Group {
  readonly name: string
  readonly #host: GroupHost
  readonly #pattern: Glob | undefined
  #pairs: readonly Pair[] = []
  #looked = 0

  /** @internal Made by `engine.group()`. */
  constructor(name: string, members: readonly Pair[] | string, host: GroupHost) {
    if (typeof name !== 'string') {
      throw new EngineError('BAD_ARGUMENT', `a group's name must be text: name=${bare(name)}`)
    }
    this.name = name
    this.#host = host
    if (Array.isArray(members)) this.#pairs = checked([...new Set(members as readonly Pair[])])
    else this.#pattern = globOf(members as string)
  }

  /** Its pairs; for a pattern, those of the engine that match it by now. Throws UNIT_MISMATCH. */
  get pairs(): readonly Pair[] {
    const { declared } = this.#host
    const pattern = this.#pattern
    if (pattern !== undefined && declared.length !== this.#looked) {
      this.#pairs = checked(declared.filter((pair) => pattern.test(pair.name)))
      this.#looked = declared.length
    }
    return this.#pairs
  }

  /** The latest, synchronously from shared memory; undefined before the first trade of any pair. */
  flow(): GroupFlow | undefined {
    const flows: { readonly flow: Flow; readonly factor: number }[] = []
    for (const pair of this.pairs) {
      const flow = pair.flow()
      if (flow !== undefined) flows.push({ flow, factor: baseFactor(pair) })
    }
    if (flows.length === 0) return undefined
    const sums = new Float64Array(2 * SUM_WORDS)
    for (const { flow, factor } of flows) {
      add(sums, flow.cvd < 0 ? SUM_WORDS : 0, Math.abs(flow.cvd) * factor)
    }
    const windows = this.#host.windowNames.map((name) => [
      name,
      merged(flows.map(({ flow, factor }) => ({ window: flow.windows[name], factor }))),
    ])
    return {
      group: this.name,
      timestamp: Math.max(...flows.map(({ flow }) => flow.timestamp)),
      cvd: differenceValue(sums, 0, SUM_WORDS, SCALE),
      windows: Object.fromEntries(windows),
      pairs: flows.length,
    }
  }

  /** Hears the group's flow whenever one of its pairs posts; returns the way to stop. */
  on(event: 'flow', listener: (flow: GroupFlow) => void): () => void {
    if (event !== 'flow') {
      throw new EngineError('BAD_ARGUMENT', `a group posts flow alone: event=${bare(event)}`)
    }
    functionOf('listener', listener)
    return this.#host.onFlow(({ pair }) => {
      if (!this.pairs.some(({ name }) => name === pair)) return
      const flow = this.flow()
      if (flow !== undefined) listener(flow)
    })
  }
}

// Sums are exact on the grid, so that they do not depend on the order of the pairs.
function add(sums: Float64Array, at: number, volume: number): void {
  addVolume(sums, at, volume, gridUnits(volume, SCALE), SCALE)
}

function merged(
  windows: readonly { readonly window: WindowFlow; readonly factor: number }[],
): WindowFlow {
  const sums = new Float64Array(2 * SUM_WORDS)
  let trades = 0
  for (const { window, factor } of windows) {
    add(sums, 0, window.buyVolume * factor)
    add(sums, SUM_WORDS, window.sellVolume * factor)
    trades += window.trades
  }
  const buyVolume = sumValue(sums, 0, SCALE)
  const sellVolume = sumValue(sums, SUM_WORDS, SCALE)
  const delta = differenceValue(sums, 0, SUM_WORDS, SCALE)
  const total = buyVolume + sellVolume
  return { buyVolume, sellVolume, delta, imbalance: total === 0 ? 0 : delta / total, trades }
}

// What one unit of the pair's volume is in base currency. A sum of quote amounts or of inverse
// contracts says nothing about base amounts: each trade has a price of its own.
function baseFactor({ name, options }: Pair): number {
  const { volumeUnit, contractSize, inverse } = options
  if (volumeUnit === 'base') return 1
  if (volumeUnit === 'contracts' && !inverse) return contractSize
  throw new EngineError(
    'UNIT_MISMATCH',
    `${name} cannot be summed in base units; open it with volumeUnit 'base' and trade base amounts: volumeUnit=${volumeUnit} inverse=${inverse}`,
  )
}

function checked(pairs: readonly Pair[]): readonly Pair[] {
  for (const pair of pairs) {
    if (!(pair instanceof Pair)) {
      const rule = 'a group is made of pairs, or of a pattern of their names'
      throw new EngineError('BAD_ARGUMENT', `${rule}: member=${bare(pair)}`)
    }
    baseFactor(pair)
  }
  return pairs
}
