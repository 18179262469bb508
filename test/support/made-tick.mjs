// The tick of an id: whoever knows the id knows the tick. Plain JS, so that a spawned child and the
// test share it.

const BASE_US = Date.UTC(2025, 2, 1, 23, 40) * 1000
const STEP_US = 250_000
const DISORDER_US = 400_000

/** A whole number from 0 to below 2^32, from two others. */
export function mix(a, b) {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x165667b1, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}

/** The tick `id` of a pair; disorder stays within the default lateness. */
export function madeTick(pair, id) {
  let hash = 7
  for (let i = 0; i < pair.length; i++) hash = mix(hash, pair.charCodeAt(i))
  const at = (part) => mix(mix(hash, id), part)
  return {
    timestamp: BASE_US + id * STEP_US + (at(1) % DISORDER_US),
    price: (100_00 + (at(2) % 500)) / 100,
    volume: (1 + (at(3) % 100_000)) / 1e4,
    side: at(4) % 3,
    tradeId: id,
  }
}
