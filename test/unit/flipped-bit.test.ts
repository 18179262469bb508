import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { hasFlippedBit } from '../../dist/src/verify/flipped-bit.js'

// DuckDB's checksum, told once more.
function checksum(bytes: Buffer): bigint {
  let sum = 5381n
  for (let at = 0; at < bytes.length; at += 8) {
    sum ^= BigInt.asUintN(64, bytes.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n)
  }
  return sum
}

const whole = Buffer.concat([randomBytes(32_000), Buffer.alloc(33_528)])

function isFound(spoil: (bytes: Buffer) => void): boolean {
  const bytes = Buffer.from(whole)
  spoil(bytes)
  return hasFlippedBit(bytes, checksum(whole) ^ checksum(bytes))
}

test('a flipped bit is found by the checksums', () => {
  for (const byte of [0, 7, 8, 31_999, 40_000, 65_527]) {
    for (let bit = 0; bit < 8; bit++) {
      const flip = (bytes: Buffer) => {
        bytes[byte] ^= 1 << bit
      }
      expect(isFound(flip)).toBe(true)
    }
  }
})

test('two bits, a byte and a sector are no flipped bit', () => {
  const spoils: ((bytes: Buffer) => void)[] = [
    (bytes) => {
      bytes[100] ^= 1
      bytes[9000] ^= 1
    },
    (bytes) => {
      bytes[100] ^= 3
    },
    (bytes) => bytes.fill(0, 512, 1024),
    (bytes) => bytes.fill(7, 40_000, 40_008),
  ]
  expect(spoils.map(isFound)).toEqual([false, false, false, false])
})
