// What was made of an input, counted as it is read: files and adapters use this one class. Bounded:
// a feed that makes up a new word every row takes no more memory than one with three.
import { Side, type SideName, sideName } from './side.js'
import type { TimeUnit } from './time.js'

/** Distinct words and reasons kept; what comes after them is counted together. */
const MOST_KINDS = 64
const SAMPLES = 3
const MOST_SAMPLE = 160
const OTHERS = '(others)'

/** A word that stood for the side, what it was taken as, how often, and the volume beside it. */
export interface SideWord {
  readonly word: string
  readonly side: SideName
  /** False: nobody knows what the word means. 'unknown', 'N' and the like are understood. */
  readonly understood: boolean
  readonly count: number
  readonly volume: number
}

/** Rows or messages passed over for one reason, with the first three. */
export interface PassedOver {
  readonly reason: string
  readonly count: number
  readonly samples: readonly string[]
}

/** What feeds and adapters count alike. */
export interface ReadCounts {
  /** Trades read. */
  readonly trades: number
  readonly sides: readonly SideWord[]
  /** Trades whose word for the side nobody knows. */
  readonly notUnderstood: number
  /** Trades of unknown side, understood or not, and their volume. */
  readonly unknownSides: number
  readonly unknownVolume: number
  /** What is no trade: other messages, trades off the book, headers in between. */
  readonly skipped: readonly PassedOver[]
  /** What should be a trade and lacks something. */
  readonly refused: readonly PassedOver[]
  /** What was taken by another rule than the usual one, and why: volumes by their cost, say. */
  readonly noted: readonly PassedOver[]
  /** Units of time found, with counts; 'iso' is text. */
  readonly timeUnits: Readonly<Partial<Record<TimeUnit | 'iso', number>>>
  /** In words: base, quote, contracts; undefined where nothing says it. */
  readonly volumeUnit: string | undefined
}

interface Word {
  readonly side: Side
  readonly understood: boolean
  count: number
  volume: number
}

/** The counts of one feed over its life. Not for the hot path of `trade()`: for what feeds it. */
export class ReadingCounts {
  volumeUnit: string | undefined
  readonly #words = new Map<string, Word>()
  readonly #skipped = new Map<string, { count: number; samples: string[] }>()
  readonly #refused = new Map<string, { count: number; samples: string[] }>()
  readonly #noted = new Map<string, { count: number; samples: string[] }>()
  readonly #units: Partial<Record<TimeUnit | 'iso', number>> = {}
  #trades = 0

  /**
   * `count` trades whose side stood there as `word` ('' where nothing did), and their volume.
   * `side` undefined: nobody knows the word; the side is then unknown, and told.
   */
  side(word: string, side: Side | undefined, volume = 0, count = 1): void {
    this.#trades += count
    const known = this.#words.get(word)
    if (known !== undefined) {
      known.count += count
      known.volume += volume
      return
    }
    if (this.#words.size > MOST_KINDS && word !== OTHERS) {
      this.side(OTHERS, undefined, volume, count)
      this.#trades -= count
      return
    }
    const understood = side !== undefined
    this.#words.set(word, { side: side ?? Side.Unknown, understood, count, volume })
  }

  /** Something that is no trade, for a reason that names it. */
  skip(reason: string, sample: unknown): void {
    addTo(this.#skipped, reason, sample)
  }

  /** Something that should be a trade and lacks something. */
  refuse(reason: string, sample: unknown): void {
    addTo(this.#refused, reason, sample)
  }

  /** Something that was taken, but by another rule than the usual one. */
  note(reason: string, sample: unknown): void {
    addTo(this.#noted, reason, sample)
  }

  /** The unit in which `count` times stood. */
  time(unit: TimeUnit | 'iso', count = 1): void {
    this.#units[unit] = (this.#units[unit] ?? 0) + count
  }

  /** The counts as they are now; a copy. */
  counts(): ReadCounts {
    const sides = [...this.#words].map(([word, w]) => ({ ...w, word, side: sideName(w.side) }))
    const unknown = sides.filter(({ side }) => side === 'unknown')
    return {
      trades: this.#trades,
      sides,
      notUnderstood: sum(sides.filter((w) => !w.understood).map((w) => w.count)),
      unknownSides: sum(unknown.map((w) => w.count)),
      unknownVolume: sum(unknown.map((w) => w.volume)),
      skipped: listOf(this.#skipped),
      refused: listOf(this.#refused),
      noted: listOf(this.#noted),
      timeUnits: { ...this.#units },
      volumeUnit: this.volumeUnit,
    }
  }
}

function addTo(
  to: Map<string, { count: number; samples: string[] }>,
  reason: string,
  sample: unknown,
): void {
  let kept = to.get(reason)
  if (kept === undefined) {
    if (to.size > MOST_KINDS && reason !== OTHERS) {
      addTo(to, OTHERS, sample)
      return
    }
    kept = { count: 0, samples: [] }
    to.set(reason, kept)
  }
  kept.count++
  if (kept.samples.length < SAMPLES) kept.samples.push(sampleOf(sample))
}

function sampleOf(sample: unknown): string {
  if (typeof sample === 'string') return sample.slice(0, MOST_SAMPLE)
  try {
    const text = JSON.stringify(sample, (_, v) => (typeof v === 'bigint' ? String(v) : v))
    return (text ?? String(sample)).slice(0, MOST_SAMPLE)
  } catch {
    return `a ${typeof sample} that cannot be shown`
  }
}

function listOf(from: ReadonlyMap<string, { count: number; samples: string[] }>): PassedOver[] {
  return [...from].map(([reason, { count, samples }]) => ({ reason, count, samples: [...samples] }))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((n, one) => n + one, 0)
}
