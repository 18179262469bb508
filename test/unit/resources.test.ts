import { availableParallelism, totalmem } from 'node:os'
import { expect, test } from 'vitest'
import { defaultShards, machine, shareOf } from '../../dist/src/resources.js'

// What an engine takes of the machine, or of its container.

test('a CPU quota counts as cores, where it is less than there are', () => {
  const cores = availableParallelism()
  expect(machine('max 100000\n').cores).toBe(cores)
  expect(machine('').cores).toBe(cores)
  expect(machine('100000 100000').cores).toBe(1)
  expect(machine('50000 100000').cores).toBe(1)
  expect(machine('6400000 100000').cores).toBe(Math.min(64, cores))
  expect(machine('').memoryMb).toBeGreaterThan(100)
  expect(machine('').memoryMb).toBeLessThanOrEqual(totalmem() / 2 ** 20)
})

test('shards leave the host a core', () => {
  const shards = [1, 2, 3, 8, 9, 64].map((cores) => defaultShards({ cores, memoryMb: 1024 }))
  expect(shards).toEqual([1, 1, 2, 7, 8, 8])
})

test('all shards together fit into half the memory, down to what a shard needs', () => {
  for (const memoryMb of [1024, 2048, 4096, 16_384, 262_144]) {
    for (const shards of [1, 2, 8]) {
      const share = shareOf({ cores: 8, memoryMb }, shards)
      expect(share.databaseMb).toBeGreaterThanOrEqual(256)
      expect(share.heapMb).toBeGreaterThanOrEqual(256)
      expect(share.heapMb).toBeLessThanOrEqual(4096)
      expect(share.attachedFiles).toBeGreaterThanOrEqual(1)
      const least = share.databaseMb === 256 || share.heapMb === 256
      const taken = shards * (share.databaseMb + share.heapMb)
      if (!least) expect(taken).toBeLessThanOrEqual(memoryMb / 2 + shards)
    }
  }
  expect(shareOf({ cores: 8, memoryMb: 262_144 }, 2)).toEqual({
    attachedFiles: 1024,
    databaseMb: 512 + 3 * 1024,
    heapMb: 4096,
  })
})

test('files that were asked for get their memory', () => {
  const share = shareOf({ cores: 2, memoryMb: 2048 }, 1, 1000)
  expect(share).toEqual({ attachedFiles: 1000, databaseMb: 3512, heapMb: 512 })
})
