import { describe, expect, test } from 'vitest'
import { PoolThreads, readThreads } from '../../dist/src/ring/pool-threads.js'

// Threads of libuv's pool that reads may hold, over all shards.

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('threads of the pool', () => {
  test('reads may hold all but two, and always one', () => {
    const sizes = ['4', '8', '128', '3', '2', '1', '0', 'many', undefined]
    expect(sizes.map((size) => readThreads(size))).toEqual([2, 6, 126, 1, 1, 1, 2, 2, 2])
  })

  test('no more work runs at once than there are threads, and all of it in the end', async () => {
    const shared = new PoolThreads(new SharedArrayBuffer(4 * 3))
    const shards = [0, 1, 2, 3].map(() => new PoolThreads(shared.buffer))
    let running = 0
    let most = 0
    const done: number[] = []
    const works = Array.from({ length: 40 }, (_, i) =>
      shards[i % 4].with(i % 4, i % 3 === 0, async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        expect(shared.held).toBeLessThanOrEqual(3)
        running--
        done.push(i)
      }),
    )
    await Promise.all(works)
    expect(most).toBe(3)
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(shared.held).toBe(0)
  })

  test('what takes long leaves one thread to the others', async () => {
    const threads = new PoolThreads(new SharedArrayBuffer(4 * 2))
    const { open, opened } = gate()
    const first = threads.with(0, true, () => opened)
    let second = false
    const waiting = threads.with(1, true, async () => {
      second = true
    })
    expect(await threads.with(1, false, async () => 'short')).toBe('short')
    expect(second).toBe(false)
    open()
    await Promise.all([first, waiting])
    expect(second).toBe(true)
  })

  test('work that fails, and a shard that dies, give their threads back', async () => {
    const threads = new PoolThreads(new SharedArrayBuffer(4))
    const failing = threads.with(0, false, () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(threads.held).toBe(0)
    void threads.with(3, false, () => new Promise(() => {}))
    expect(threads.held).toBe(1)
    threads.release(2)
    expect(threads.held).toBe(1)
    threads.release(3)
    expect(await threads.with(0, true, async () => 'free')).toBe('free')
  })
})
