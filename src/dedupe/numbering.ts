// How a venue numbers its trades, over time: which ids of each numbering have come, and what is
// missing among them. A venue that numbers anew each day or each file uses ids again; each
// numbering is followed by itself, and files may come in any order.
//
//   ids │      ╱ 1000        ╱ 800       ╱        a tick is of the numbering that was under way at
//       │    ╱             ╱           ╱          its time, unless its id contradicts: within one
//       │  ╱ 1           ╱ 1         ╱ 1          numbering ids rise with time
//       └──from───top───from──top───from──▶ exchange time
import { TRADE_ID, TRADE_TS } from '../model/trade-words.js'
import { type Gap, GapLedger, type GapLedgerState, type GapSink } from './gap-ledger.js'
import type { OldIds } from './held-ids.js'
import { IdRanges } from './id-ranges.js'

const NEXT = 0
const FROM = 1
const TOP = 2

/** Numberings followed at once; then the one that was asked for least recently is forgotten. */
export const MAX_NUMBERINGS = 32
/** An id of 0 says nothing about ids that are further away: it may stand for "none". */
const NEAR_ZERO = 1024

export interface NumberingOptions {
  readonly sink: GapSink
  /** By how much a trade may come behind one with a higher id, µs. */
  readonly latenessUs: number
}

interface Numbering {
  /** Earliest time seen, and that of the highest id, µs. */
  from: number
  top: number
  readonly ranges: IdRanges
  readonly gaps: GapLedger
  usedAt: number
}

interface NumberingState {
  readonly from: number
  readonly top: number
  readonly ranges: Uint8Array
  readonly gaps: GapLedgerState
}

/** The numberings as plain data, to be stored together with the dirty gaps. */
export interface NumberingsState {
  readonly numberings: readonly NumberingState[]
}

export class Numberings {
  /** How often ids started anew. */
  restarts = 0
  readonly #options: NumberingOptions
  /** By time, the earliest first. */
  readonly #all: Numbering[] = []
  // Gaps of numberings that were forgotten, still to be written.
  readonly #left: GapLedger[] = []
  #turn = 0
  // The id with which the newest numbering goes on, and its times. One array, so that a trade
  // touches one line of memory.
  readonly #newest = new Float64Array([-1, 0, 0])

  constructor(options: NumberingOptions) {
    this.#options = options
  }

  /** Whether advance() may have something to do. */
  hasPending = false

  /** Holes that may still be filled in time. */
  get pendingHoles(): number {
    return this.#all.reduce((sum, { gaps }) => sum + gaps.pendingHoles, 0)
  }

  /**
   * Takes the id of a new trade (trade-words.ts) where the newest numbering goes on with it, as
   * nearly always; else false: it is take()'s. What the numbering holds is brought up to it later.
   */
  goesOn(trade: Float64Array): boolean {
    const id = trade[TRADE_ID]
    const timestamp = trade[TRADE_TS]
    const newest = this.#newest
    if (id !== newest[NEXT] || timestamp < newest[FROM]) return false
    newest[NEXT] = id + 1
    if (timestamp > newest[TOP]) newest[TOP] = timestamp
    return true
  }

  /**
   * Takes the id of a new trade; times in µs, `newest` of all ticks so far. True where the ids
   * start anew with it.
   */
  take(id: number, timestamp: number, newest: number, seq: number): boolean {
    this.#settle()
    const anew = this.#takeUp(id, timestamp, newest, seq)
    this.#goOn()
    return anew
  }

  #takeUp(id: number, timestamp: number, newest: number, seq: number): boolean {
    const last = this.#all[this.#all.length - 1]
    const place = this.#placeOf(id, timestamp)
    if (place === 'used-again') return false
    const numbering = place ?? this.#start(timestamp, seq)
    numbering.usedAt = ++this.#turn
    const before = numbering === last ? newest : numbering.top
    this.#follow(numbering, id, timestamp, before, seq)
    // The first numbering starts, not anew.
    return place === undefined && this.#all.length > 1 && ++this.restarts > 0
  }

  /** Opens what is still missing of the holes seen up to the watermark (µs). */
  advance(watermark: number, seq: number): void {
    this.#settle()
    this.hasPending = false
    for (const { gaps, ranges } of this.#all) {
      if (gaps.hasPending) gaps.advance(watermark, ranges, seq)
      this.hasPending ||= gaps.hasPending
    }
  }

  /** Copies of the open gaps in memory. */
  openGaps(): Gap[] {
    return this.#all.flatMap(({ gaps }) => gaps.openGaps())
  }

  /** The gaps to be stored; `replaces`: the store has an open row of it. */
  forEachDirty(visit: (record: Gap, replaces: boolean) => void): void {
    for (const { gaps } of this.#all) gaps.forEachDirty(visit)
    for (const gaps of this.#left) gaps.forEachDirty(visit)
  }

  /** The dirty gaps have been stored. */
  clearDirty(): void {
    for (const { gaps } of this.#all) gaps.clearDirty()
    this.#left.length = 0
  }

  save(): NumberingsState {
    this.#settle()
    const numberings = this.#all.map(({ from, top, ranges, gaps }) => {
      return { from, top, ranges: ranges.encode(), gaps: gaps.save() }
    })
    return { numberings }
  }

  /** As saved; all gaps have rows in the store. Throws STORE_FAILED for other bytes. */
  static restore(state: NumberingsState, options: NumberingOptions): Numberings {
    const all = new Numberings(options)
    for (const { from, top, ranges, gaps } of state.numberings) {
      all.hasPending ||= gaps.pending.length > 0
      all.#all.push({
        from,
        top,
        ranges: IdRanges.decode(ranges),
        gaps: GapLedger.restore(gaps, options),
        usedAt: 0,
      })
    }
    all.#goOn()
    return all
  }

  /**
   * What an older version kept: the present numbering with its gaps, and where there was one the
   * ids from before it.
   */
  static ofOld(
    { present, past, pastBefore }: OldIds,
    gaps: GapLedgerState,
    newest: number,
    options: NumberingOptions,
  ): Numberings {
    const all = new Numberings(options)
    if (past !== undefined) {
      all.#all.push({
        from: 0,
        top: pastBefore,
        ranges: past,
        gaps: new GapLedger(options),
        usedAt: 0,
      })
    }
    all.hasPending = gaps.pending.length > 0
    if (present.count === 0) return all
    all.#all.push({
      from: past === undefined ? 0 : pastBefore,
      top: newest,
      ranges: present,
      gaps: GapLedger.restore(gaps, options),
      usedAt: 0,
    })
    all.#goOn()
    return all
  }

  // Brings the newest numbering up to the ids that only went on.
  #settle(): void {
    const last = this.#all[this.#all.length - 1]
    if (last === undefined) return
    const [next, , top] = this.#newest
    if (next - 1 > last.ranges.highest) {
      last.ranges.extendTo(next - 1)
      // It was asked for, though not by take(): it is not the one to be forgotten.
      last.usedAt = ++this.#turn
    }
    if (top > last.top) last.top = top
  }

  #goOn(): void {
    const last = this.#all[this.#all.length - 1]
    if (last === undefined) return
    this.#newest.set([last.ranges.highest + 1, last.from, last.top])
  }

  // The numbering an id belongs to at a time; undefined where one starts there.
  #placeOf(id: number, timestamp: number): Numbering | 'used-again' | undefined {
    const next = this.#indexAfter(timestamp)
    const later: Numbering | undefined = this.#all[next]
    // Ids in front of what is known of the numbering that comes next: it is followed backwards.
    if (later !== undefined && id < later.ranges.lowest) return later
    const now: Numbering | undefined = this.#all[next - 1]
    // In front of the first time seen, by disorder: not a numbering of its own.
    if (later !== undefined && this.#isEarly(later, now, id, timestamp)) return later
    if (now === undefined) return undefined
    const { highest } = now.ranges
    if (id > highest) return now
    if (id === highest) return 'used-again'
    // One that is missing comes late, whatever its time; any other of a later time starts anew.
    const isLater = timestamp > now.top + this.#options.latenessUs
    if (isLater && !now.gaps.misses(id)) return undefined
    if (!now.ranges.has(id)) return now
    // Its id was seen with another time: a trade among the newest starts anew, one further back
    // shares its id and says nothing.
    return timestamp >= now.top - this.#options.latenessUs ? undefined : 'used-again'
  }

  #isEarly(later: Numbering, now: Numbering | undefined, id: number, timestamp: number): boolean {
    const near = timestamp >= later.from - this.#options.latenessUs
    return later.gaps.misses(id) ? near || now === undefined : near && now === undefined
  }

  #start(timestamp: number, seq: number): Numbering {
    if (this.#all.length >= MAX_NUMBERINGS) this.#forget(seq)
    const numbering = {
      from: timestamp,
      top: timestamp,
      ranges: new IdRanges(),
      gaps: new GapLedger(this.#options),
      usedAt: 0,
    }
    this.#all.splice(this.#indexAfter(timestamp), 0, numbering)
    return numbering
  }

  // What a numbering still misses stays a row of the store; nothing closes it any more.
  #forget(seq: number): void {
    const least = this.#all.reduce((a, b) => (b.usedAt < a.usedAt ? b : a))
    this.#all.splice(this.#all.indexOf(least), 1)
    least.gaps.advance(Number.POSITIVE_INFINITY, least.ranges, seq)
    this.#left.push(least.gaps)
  }

  // How many numberings start at or before a time.
  #indexAfter(timestamp: number): number {
    let at = this.#all.length
    while (at > 0 && this.#all[at - 1].from > timestamp) at--
    return at
  }

  // A numbering goes on with an id: what it leaves out above the highest is a hole, and one below
  // may fill one.
  #follow(numbering: Numbering, id: number, timestamp: number, newest: number, seq: number): void {
    const { ranges, gaps } = numbering
    const { highest } = ranges
    if (timestamp < numbering.from) numbering.from = timestamp
    if (id > highest && timestamp > numbering.top) numbering.top = timestamp
    if (!ranges.add(id) || highest < 0) return
    if (id < highest) gaps.filled(id, timestamp, seq)
    else if (id > highest + 1 && (highest > 0 || id <= NEAR_ZERO)) {
      gaps.jumped(highest + 1, id - 1, newest, timestamp, seq)
      this.hasPending = true
    }
  }
}
