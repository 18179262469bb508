// Exact sums as states and records hold them, also those of builds whose sums had four words.
import { addUnits, RESIDUE_WORD, SUM_WORDS } from './exact-sum.js'
import { addProduct } from './residue.js'

/** Words of a sum in the builds before: two limbs, and a residue of two doubles. */
export const OLD_SUM_WORDS = 4

const LIMB = 2n ** 52n

/** Sums of volumes out of a state; those of builds before have four words each. */
export function setSums(into: Float64Array, stored: Float64Array): void {
  if (stored.length === into.length) {
    into.set(stored)
    return
  }
  for (let sum = 0; sum * SUM_WORDS < into.length; sum += 1) {
    const head = stored.subarray(sum * OLD_SUM_WORDS, (sum + 1) * OLD_SUM_WORDS)
    setOldSum(into, sum * SUM_WORDS, head, 1)
  }
}

/** Adds a sum of a build before: lo, hi (perhaps beyond 2^52), and its residue times `factor`. */
export function setOldSum(into: Float64Array, at: number, old: Float64Array, factor: number): void {
  addUnits(into, at, BigInt(old[1]) * LIMB + BigInt(old[0]))
  for (const word of old.subarray(2)) {
    if (word !== 0) addProduct(into, at + RESIDUE_WORD, word, factor)
  }
}
