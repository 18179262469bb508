// DuckDB's checksum of a block is 5381 xor the product of each of its 64-bit words and a constant
// (duckdb/src/common/checksum.cpp). The constant is odd, so that a word follows from its product:
// the difference of two checksums says whether they are a bit apart; not where, for equal words.

const FACTOR = 0xbf58476d1ce4e5b9n
const INVERSE = inverseOf(FACTOR)
const WORD_BYTES = 8

/**
 * Whether a block's bytes (its checksum not among them) have one bit that was flipped, by the xor
 * of the checksum they have and the one they had. Of blocks with more that differs, one in 10^13
 * seems so by chance.
 */
export function hasFlippedBit(bytes: Buffer, difference: bigint): boolean {
  for (let at = 0; at + WORD_BYTES <= bytes.length; at += WORD_BYTES) {
    const word = bytes.readBigUInt64LE(at)
    const before = BigInt.asUintN(64, (BigInt.asUintN(64, word * FACTOR) ^ difference) * INVERSE)
    const flipped = word ^ before
    if (flipped !== 0n && (flipped & (flipped - 1n)) === 0n) return true
  }
  return false
}

// Modulo 2^64, by Newton's iteration: each step doubles the bits that are right.
function inverseOf(odd: bigint): bigint {
  let inverse = odd
  for (let i = 0; i < 6; i++) inverse = BigInt.asUintN(64, inverse * (2n - odd * inverse))
  return inverse
}
