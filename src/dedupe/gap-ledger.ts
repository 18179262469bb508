// Trade ids a venue with contiguous ids has not sent us: holes first, gaps once the watermark is
// past the moment they were seen, so that trades merely out of order open none.
//
//   jumped() ──▶ pending hole ──advance()──▶ open gap ──filled() to the last──▶ closed gap
//                     └── filled() to the last ──▶ forgotten
import type { IdRanges } from './id-ranges.js'

/** Open gaps in memory; the rows of older ones stay open in the store. */
export const MAX_OPEN_GAPS = 4096
/** Holes in memory that may yet be filled in time; beyond, the newest are taken together. */
export const MAX_PENDING_HOLES = 4096

/** A maximal run of ids missing when it was opened; in the store known by (firstId, openedSeq). */
export interface Gap {
  readonly firstId: number
  readonly lastId: number
  /** Ids of the run still missing; 0 when closed. */
  readonly missing: number
  /** Exchange time of the newest trade before the hole was seen, and of the trade behind it, µs. */
  readonly timestampBefore: number
  readonly timestampAfter: number
  /** Sequence at which it became a gap. */
  readonly openedSeq: number
  /** Sequence that brought its last id; undefined while it is open. */
  readonly closedSeq: number | undefined
}

/** Told of every gap when it opens and when it closes; the record goes on changing. */
export interface GapSink {
  gap(record: Gap): void
}

interface Hole {
  readonly firstId: number
  lastId: number
  missing: number
  readonly timestampBefore: number
  timestampAfter: number
}

/** The ledger as plain data. */
export interface GapLedgerState {
  readonly pending: readonly Readonly<Hole>[]
  readonly open: readonly Gap[]
}

export interface GapLedgerOptions {
  readonly sink: GapSink
  readonly maxOpen?: number
  readonly maxPending?: number
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export class GapLedger {
  readonly #sink: GapSink
  readonly #maxOpen: number
  readonly #maxPending: number
  // Both ascending by id: a jump starts above everything seen.
  readonly #pending: Hole[] = []
  readonly #open: Writable<Gap>[] = []
  // Gaps to be stored, and whether the store has a row of them. An open gap that is not here has
  // one.
  readonly #dirty = new Map<Gap, boolean>()
  // When the first pending hole becomes a gap, µs.
  #nextDue = Number.POSITIVE_INFINITY

  constructor(options: GapLedgerOptions) {
    this.#sink = options.sink
    this.#maxOpen = options.maxOpen ?? MAX_OPEN_GAPS
    this.#maxPending = options.maxPending ?? MAX_PENDING_HOLES
  }

  /** Holes that may still be filled in time. */
  get pendingHoles(): number {
    return this.#pending.length
  }

  /** Whether advance() may have something to do. */
  get hasPending(): boolean {
    return this.#pending.length > 0
  }

  /**
   * An id arrived that left `fromId`..`toId` out. Times in µs: `tsBefore` of the newest trade until
   * then, `tsAfter` of the trade that jumped.
   */
  jumped(fromId: number, toId: number, tsBefore: number, tsAfter: number, _seq: number): void {
    const pending = this.#pending
    const missing = toId - fromId + 1
    const newest = pending[pending.length - 1]
    if (tsAfter < this.#nextDue) this.#nextDue = tsAfter
    if (pending.length >= this.#maxPending && fromId > newest.lastId) {
      newest.lastId = toId
      newest.missing += missing
      newest.timestampAfter = Math.max(newest.timestampAfter, tsAfter)
      return
    }
    const hole: Hole = {
      firstId: fromId,
      lastId: toId,
      missing,
      timestampBefore: tsBefore,
      timestampAfter: tsAfter,
    }
    insertById(pending, hole)
  }

  /** Whether the id is of a run that was missing when it was opened, and still has gaps. */
  misses(id: number): boolean {
    return indexOf(this.#pending, id) >= 0 || indexOf(this.#open, id) >= 0
  }

  /** An id below the highest was accepted (not a duplicate): it may be one that was missing. */
  filled(id: number, _ts: number, seq: number): void {
    const pending = this.#pending
    const hole = indexOf(pending, id)
    if (hole >= 0) {
      if (--pending[hole].missing === 0) pending.splice(hole, 1)
      return
    }
    const at = indexOf(this.#open, id)
    if (at < 0) return
    const gap = this.#open[at]
    gap.missing--
    if (!this.#dirty.has(gap)) this.#dirty.set(gap, true)
    if (gap.missing > 0) return
    gap.closedSeq = seq
    this.#open.splice(at, 1)
    this.#sink.gap(gap)
  }

  /** Opens what `ranges`, the ids held, still miss of the holes seen up to the watermark (µs). */
  advance(watermark: number, ranges: IdRanges, seq: number): void {
    if (watermark < this.#nextDue) return
    const due = this.#pending.filter((hole) => hole.timestampAfter <= watermark)
    this.#nextDue = Number.POSITIVE_INFINITY
    let kept = 0
    for (const hole of this.#pending) {
      if (hole.timestampAfter <= watermark) continue
      this.#pending[kept++] = hole
      this.#nextDue = Math.min(this.#nextDue, hole.timestampAfter)
    }
    this.#pending.length = kept
    for (const hole of due) this.#openGaps(hole, ranges, seq)
  }

  /** Copies of the open gaps in memory, by id. */
  openGaps(): Gap[] {
    return this.#open.map((gap) => ({ ...gap }))
  }

  /** The gaps to be stored; `replaces`: the store has an open row of it. */
  forEachDirty(visit: (record: Gap, replaces: boolean) => void): void {
    for (const [gap, replaces] of this.#dirty) visit(gap, replaces)
  }

  /** The dirty gaps have been stored. */
  clearDirty(): void {
    this.#dirty.clear()
  }

  /** The ledger as plain data, to be stored together with the dirty gaps. */
  save(): GapLedgerState {
    return { pending: this.#pending.map((hole) => ({ ...hole })), open: this.openGaps() }
  }

  /** The ledger as it was saved; all its gaps have rows in the store. */
  static restore(state: GapLedgerState, options: GapLedgerOptions): GapLedger {
    const ledger = new GapLedger(options)
    for (const hole of state.pending) {
      ledger.#pending.push({ ...hole })
      ledger.#nextDue = Math.min(ledger.#nextDue, hole.timestampAfter)
    }
    for (const gap of state.open) ledger.#open.push({ ...gap })
    return ledger
  }

  #openGaps(hole: Hole, ranges: IdRanges, seq: number): void {
    for (const [firstId, lastId] of ranges.holes(hole.firstId, hole.lastId)) {
      const gap: Writable<Gap> = {
        firstId,
        lastId,
        missing: lastId - firstId + 1,
        timestampBefore: hole.timestampBefore,
        timestampAfter: hole.timestampAfter,
        openedSeq: seq,
        closedSeq: undefined,
      }
      insertById(this.#open, gap)
      this.#dirty.set(gap, false)
      this.#sink.gap(gap)
      // Contiguous ids grow with time: the lowest are the oldest.
      if (this.#open.length > this.#maxOpen) this.#open.shift()
    }
  }
}

interface Run {
  readonly firstId: number
  readonly lastId: number
}

// Index of the run that holds the id, −1 if none does.
function indexOf(runs: readonly Run[], id: number): number {
  const at = countUpTo(runs, id) - 1
  return at >= 0 && id <= runs[at].lastId ? at : -1
}

function insertById<T extends Run>(runs: T[], run: T): void {
  const last = runs[runs.length - 1]
  if (last === undefined || last.firstId <= run.firstId) runs.push(run)
  else runs.splice(countUpTo(runs, run.firstId), 0, run)
}

// How many runs start at or below the id.
function countUpTo(runs: readonly Run[], id: number): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (runs[middle].firstId <= id) low = middle + 1
    else high = middle
  }
  return low
}
