// What became of a shard's slots in this session.
import { type Counts, zeroCounts } from './counts.js'
import { addVolume, gridUnits, SUM_WORDS } from './exact-sum.js'

/** The finest grid a pair can have: every pair's volumes lie on it, if they lie on a grid. */
export const ACCOUNT_SCALE = 1e8

export class Account {
  readonly counts: Counts
  /** Exact sum of the volumes whose side is unknown, each in its pair's units. */
  readonly unknownVolume: Float64Array

  constructor(counts: Counts = zeroCounts(), unknownVolume = new Float64Array(SUM_WORDS)) {
    this.counts = counts
    this.unknownVolume = unknownVolume
  }

  /** Adds the volume of a stored trade whose side is unknown. */
  addUnknown(volume: number): void {
    const units = gridUnits(volume, ACCOUNT_SCALE)
    addVolume(this.unknownVolume, 0, volume, units, ACCOUNT_SCALE)
  }
}
