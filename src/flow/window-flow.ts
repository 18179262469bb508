import { addTradeVolume, addVolume, mergeSum, RESIDUE_WORD, SUM_WORDS } from '../model/exact-sum.js'
import { mergeResidue, RESIDUE_WORDS } from '../model/residue.js'
import { Side } from '../model/side.js'
import { TRADE_TS, TRADE_VOLUME, TRADE_VOLUME_UNITS } from '../model/trade-words.js'
import {
  addGrain,
  addLimbs,
  addToGrain,
  GRAIN_TRADES,
  GRAIN_WORDS,
  SELL_SUM,
  TOTAL_TRADES,
  takeGrain,
  WINDOW_SUM_WORDS,
} from './grain.js'

// A window slides over a ring of grains (a 600th of the window each). The newest grain, the head,
// is not in the totals until it is left: most ticks touch the head alone.
//
//   lateness          window = 600 grains
//   [ kept for at() | in totals … in totals | head ]        slot of index i = headSlot − (head − i)
//
// A grain: buy (lo, hi), sell (lo, hi), trades; sums as in exact-sum.ts without residue. Residues
// are rare: they get an array of their own with the first off-grid volume, and are added up anew at
// every read, so that they cannot drift.

/** A window's length in grains. */
export const WINDOW_GRAINS = 600

/** The residues of a grain: that of what was bought, that of what was sold. */
const GRAIN_RESIDUE_WORDS = 2 * RESIDUE_WORDS
const NO_RESIDUE = new Float64Array(RESIDUE_WORDS)

/** A window's grains that have trades, for a restart. */
export interface FlowWindowState {
  windowUs: number
  /** Index (time / grain) of the newest grain; -1 before the first trade. */
  head: number
  /** Newest grain with trades that is no longer known; -1 for none. */
  lostThrough: number
  /** Grains as index, buy lo, sell lo, trades; where that says all. */
  narrow: Float64Array
  /** Grains as index, the grain's words, the first two words of each side's residue. */
  wide: Float64Array
  /** Where those are not all: index, the rest of both residues. Absent in older states. */
  rest?: Float64Array
}

/** The length of a grain, µs. */
export function grainUs(windowUs: number): number {
  return Math.max(1, Math.round(windowUs / WINDOW_GRAINS))
}

export class FlowWindow {
  readonly windowUs: number
  readonly grain: number
  private readonly scale: number
  private readonly slots: number
  private readonly grains: Float64Array
  private residues: Float64Array | undefined
  // The sums of the window whose newest grain is `totalsHead`, without that grain; −1: of none.
  // Brought up to the head when somebody asks: a tick touches its own grain alone.
  private readonly totals = new Float64Array(WINDOW_SUM_WORDS)
  private totalsHead = -1
  private readonly scratch = new Float64Array(SUM_WORDS)
  private head = -1
  private headSlot = 0
  private headStart = Number.POSITIVE_INFINITY
  private lostThrough = -1

  /** `latenessUs`: how far behind the newest trade a window asked of at() may end. */
  constructor(windowUs: number, latenessUs: number, scale: number) {
    this.windowUs = windowUs
    this.grain = grainUs(windowUs)
    this.scale = scale
    this.slots = WINDOW_GRAINS + Math.ceil(latenessUs / this.grain) + 2
    this.grains = new Float64Array(this.slots * GRAIN_WORDS)
  }

  /** Folds one trade, in words as trade-words.ts has them. */
  add(trade: Float64Array, side: Side): void {
    const timestamp = trade[TRADE_TS]
    let slot = this.headSlot
    const since = timestamp - this.headStart
    if (!(since >= 0 && since < this.grain)) {
      const index = Math.floor(timestamp / this.grain)
      if (index > this.head) {
        this.moveHead(index)
        slot = this.headSlot
      } else {
        slot = this.lateGrain(index, trade, side)
        if (slot < 0) return
      }
    }
    const at = slot * GRAIN_WORDS
    addToGrain(this.grains, at, trade, side)
    if (trade[TRADE_VOLUME_UNITS] < 0 && side !== Side.Unknown) {
      this.addSlow(this.grains, at, trade[TRADE_VOLUME], side)
    }
  }

  /** Writes the buy sum, the sell sum and trades of the window that ends at the newest trade. */
  current(into: Float64Array): void {
    this.bringUpTotals()
    into.set(this.totals)
    this.gather(into, this.head, this.head)
    this.gatherResidues(into, this.head - WINDOW_GRAINS + 1, this.head)
  }

  /** The same for the window that ends at `endTs` (µs); false when some of it is lost. */
  at(endTs: number, into: Float64Array): boolean {
    const end = Math.floor(endTs / this.grain)
    const to = Math.min(end - 1, this.head)
    const from = Math.max(end - WINDOW_GRAINS, this.head - this.slots + 1)
    into.fill(0)
    this.gather(into, from, to)
    this.gatherResidues(into, from, to)
    return this.lostThrough < end - WINDOW_GRAINS
  }

  save(): FlowWindowState {
    const narrow: number[] = []
    const wide: number[] = []
    const rest: number[] = []
    for (let index = this.head - this.slots + 1; index <= this.head; index += 1) {
      const slot = this.slotOf(index)
      const grain = this.grains.subarray(slot * GRAIN_WORDS, (slot + 1) * GRAIN_WORDS)
      if (grain[GRAIN_TRADES] === 0) continue
      const buyAt = slot * GRAIN_RESIDUE_WORDS
      const sellAt = buyAt + RESIDUE_WORDS
      const buy = this.residues?.subarray(buyAt, sellAt) ?? NO_RESIDUE
      const sell = this.residues?.subarray(sellAt, sellAt + RESIDUE_WORDS) ?? NO_RESIDUE
      const isWide = grain[1] !== 0 || grain[3] !== 0 || buy[0] !== 0 || sell[0] !== 0
      if (isWide) wide.push(index, ...grain, ...buy.subarray(0, 2), ...sell.subarray(0, 2))
      else narrow.push(index, grain[0], grain[2], grain[GRAIN_TRADES])
      if (buy[2] !== 0 || sell[2] !== 0) rest.push(index, ...buy.subarray(2), ...sell.subarray(2))
    }
    return {
      windowUs: this.windowUs,
      head: this.head,
      lostThrough: this.lostThrough,
      narrow: Float64Array.from(narrow),
      wide: Float64Array.from(wide),
      rest: Float64Array.from(rest),
    }
  }

  /** Takes up saved grains; those that lie too far back for this lateness are lost. */
  load(state: FlowWindowState): void {
    if (state.head < 0) return
    this.moveHead(state.head)
    this.lostThrough = state.lostThrough
    const { narrow, wide, rest = NO_RESIDUE.subarray(0, 0) } = state
    for (let i = 0; i < narrow.length; i += 4) {
      this.loadGrain(narrow[i], [narrow[i + 1], 0, narrow[i + 2], 0, narrow[i + 3]])
    }
    const step = 1 + GRAIN_WORDS + 4
    for (let i = 0; i < wide.length; i += step) {
      this.loadGrain(wide[i], wide.subarray(i + 1, i + 1 + GRAIN_WORDS))
      const [buy, buyNext, sell, sellNext] = wide.subarray(i + 1 + GRAIN_WORDS, i + step)
      if (buy !== 0) this.loadResidue(wide[i], 0, [buy, buyNext])
      if (sell !== 0) this.loadResidue(wide[i], RESIDUE_WORDS, [sell, sellNext])
    }
    const behind = RESIDUE_WORDS - 2
    for (let i = 0; i < rest.length; i += 1 + 2 * behind) {
      this.loadResidue(rest[i], 2, rest.subarray(i + 1, i + 1 + behind))
      this.loadResidue(
        rest[i],
        RESIDUE_WORDS + 2,
        rest.subarray(i + 1 + behind, i + 1 + 2 * behind),
      )
    }
  }

  private loadGrain(index: number, grain: ArrayLike<number>): void {
    if (index <= this.head - this.slots) {
      this.lostThrough = Math.max(this.lostThrough, index)
      return
    }
    const slot = this.slotOf(index)
    const at = slot * GRAIN_WORDS
    this.grains.set(grain, at)
  }

  private loadResidue(index: number, word: number, residue: ArrayLike<number>): void {
    if (index <= this.head - this.slots) return
    const at = this.slotOf(index) * GRAIN_RESIDUE_WORDS
    this.ownResidues().set(residue, at + word)
  }

  private slotOf(index: number): number {
    const slot = this.headSlot - (this.head - index)
    return slot < 0 ? slot + this.slots : slot
  }

  // Makes `index` the newest grain.
  private moveHead(index: number): void {
    const before = this.head
    const steps = before < 0 ? this.slots : index - before
    if (steps >= this.slots) {
      if (before >= 0) this.lostThrough = before
      this.grains.fill(0)
      this.residues?.fill(0)
      this.totalsHead = -1
      this.headSlot = 0
    } else {
      for (let i = before + 1; i <= index; i += 1) this.step(i)
    }
    this.head = index
    this.headStart = index * this.grain
  }

  // The old head and what came behind it enters the totals, what the window left goes.
  private bringUpTotals(): void {
    const { head, totals, totalsHead: before } = this
    if (head === before) return
    this.totalsHead = head
    // What the window left may be out of the ring by now.
    if (before < 0 || head - before > this.slots - WINDOW_GRAINS) {
      totals.fill(0)
      this.gather(totals, head - WINDOW_GRAINS + 1, head - 1)
      return
    }
    const lastOut = Math.min(head - WINDOW_GRAINS, before - 1)
    for (let index = Math.max(before - WINDOW_GRAINS + 1, 0); index <= lastOut; index += 1) {
      const at = this.slotOf(index) * GRAIN_WORDS
      if (this.grains[at + GRAIN_TRADES] !== 0) takeGrain(totals, this.grains, at)
    }
    this.gather(totals, Math.max(before, head - WINDOW_GRAINS + 1), head - 1)
  }

  // Empties the next slot, which holds the grain a whole ring before `index`.
  private step(index: number): void {
    const { grains } = this
    const slot = this.headSlot + 1 === this.slots ? 0 : this.headSlot + 1
    this.headSlot = slot
    const at = slot * GRAIN_WORDS
    if (grains[at + GRAIN_TRADES] === 0) return
    this.lostThrough = Math.max(this.lostThrough, index - this.slots)
    for (let word = 0; word < GRAIN_WORDS; word += 1) grains[at + word] = 0
    const residueAt = slot * GRAIN_RESIDUE_WORDS
    this.residues?.fill(0, residueAt, residueAt + GRAIN_RESIDUE_WORDS)
  }

  // Where a tick behind the head belongs, or -1. Totals that hold its grain take it here.
  private lateGrain(index: number, trade: Float64Array, side: Side): number {
    if (index <= this.head - this.slots) {
      this.lostThrough = Math.max(this.lostThrough, index)
      return -1
    }
    if (index > this.totalsHead - WINDOW_GRAINS && index < this.totalsHead) {
      const { totals, scratch } = this
      totals[TOTAL_TRADES] += 1
      if (side !== Side.Unknown) {
        scratch.fill(0)
        addTradeVolume(scratch, 0, trade, this.scale)
        scratch.fill(0, RESIDUE_WORD)
        mergeSum(totals, side === Side.Buy ? 0 : SELL_SUM, scratch, 0)
      }
    }
    return this.slotOf(index)
  }

  // A volume the fast path cannot add: too large for it, or on no grid.
  private addSlow(grains: Float64Array, at: number, volume: number, side: Side): void {
    const { scratch } = this
    scratch.fill(0)
    addVolume(scratch, 0, volume, -1, this.scale)
    addLimbs(grains, at, side, scratch[0], scratch[1])
    if (scratch[RESIDUE_WORD] === 0) return
    const sideAt = side === Side.Buy ? 0 : RESIDUE_WORDS
    const residueAt = (at / GRAIN_WORDS) * GRAIN_RESIDUE_WORDS + sideAt
    mergeResidue(this.ownResidues(), residueAt, scratch, RESIDUE_WORD, 1)
  }

  private ownResidues(): Float64Array {
    this.residues ??= new Float64Array(this.slots * GRAIN_RESIDUE_WORDS)
    return this.residues
  }

  private gather(into: Float64Array, from: number, to: number): void {
    for (let index = Math.max(from, 0); index <= to; index += 1) {
      const at = this.slotOf(index) * GRAIN_WORDS
      if (this.grains[at + GRAIN_TRADES] !== 0) addGrain(into, this.grains, at)
    }
  }

  private gatherResidues(into: Float64Array, from: number, to: number): void {
    const { residues } = this
    if (residues === undefined) return
    for (let index = Math.max(from, 0); index <= to; index += 1) {
      const buy = this.slotOf(index) * GRAIN_RESIDUE_WORDS
      const sell = buy + RESIDUE_WORDS
      if (residues[buy] !== 0) mergeResidue(into, RESIDUE_WORD, residues, buy, 1)
      if (residues[sell] !== 0) mergeResidue(into, SELL_SUM + RESIDUE_WORD, residues, sell, 1)
    }
  }
}
