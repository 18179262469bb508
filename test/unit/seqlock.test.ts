import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { ACCOUNT_SCALE, Account } from '../../dist/src/model/account.js'
import { zeroCounts } from '../../dist/src/model/counts.js'
import { sumValue } from '../../dist/src/model/exact-sum.js'
import { Seqlock } from '../../dist/src/ring/seqlock.js'
import { Totals } from '../../dist/src/ring/totals.js'
import { until } from '../support/engine-dir.js'

// A writer may be suspended anywhere, for as long as the machine likes; or it may die there.

test('a writer in the middle of a write hides nothing, and shows nothing of it', () => {
  const writer = Seqlock.allocate(3)
  const reader = new Seqlock(writer.buffer)
  expect(reader.read(0, 3)).toBeUndefined()
  for (let n = 1; n < 6; n++) {
    writer.write((words) => {
      words[0] = n
      const seen = reader.read(0, 3)
      if (n === 1) expect(seen).toBeUndefined()
      else expect([...(seen ?? [])]).toEqual([n - 1, n - 1, n - 1])
      words.fill(n)
    })
    expect([...(reader.read(0, 3) ?? [])]).toEqual([n, n, n])
    expect(reader.read(1, 1)?.[0]).toBe(n)
  }
})

test('a writer that dies in the middle leaves the last whole write; the next one goes on', () => {
  const first = Seqlock.allocate(2)
  const reader = new Seqlock(first.buffer)
  first.write((words) => words.fill(1))
  expect(() =>
    first.write((words) => {
      words[0] = 2
      throw new Error('dies')
    }),
  ).toThrow('dies')
  expect([...(reader.read(0, 2) ?? [])]).toEqual([1, 1])
  const second = new Seqlock(first.buffer)
  for (const n of [3, 4, 5]) {
    second.write((words) => words.fill(n))
    expect([...(reader.read(0, 2) ?? [])]).toEqual([n, n])
  }
})

test('counts are those of the last whole write while the next is made', () => {
  const totals = new Totals()
  const reader = new Totals(totals.buffer)
  const account = new Account({ ...zeroCounts(), received: 7, stored: 6 })
  account.addUnknown(0.1)
  account.addUnknown(0.2)
  totals.write(account, 9)
  const lock = new Seqlock(totals.buffer)
  lock.write((words) => {
    words.fill(1)
    const { account: read, through } = reader.read()
    expect([read.counts, through]).toEqual([account.counts, 9])
    expect(sumValue(read.unknownVolume, 0, ACCOUNT_SCALE)).toBe(0.3)
  })
})

test('what is read is all of one write, with a writer at work on another thread', async () => {
  const lock = Seqlock.allocate(64)
  const source = `
    const { workerData } = require('node:worker_threads')
    import(workerData.module).then(({ Seqlock }) => {
      const lock = new Seqlock(workerData.buffer)
      const stop = new Int32Array(workerData.stop)
      for (let n = 1; Atomics.load(stop, 0) === 0; n++) {
        lock.write((words) => words.fill(n))
        // A shard folds between two writes, which takes longer than a read does.
        for (let k = n % 200; k > 0; k--) Atomics.load(stop, 0)
      }
    })`
  const stop = new SharedArrayBuffer(4)
  const module = new URL('../../dist/src/ring/seqlock.js', import.meta.url).href
  const worker = new Worker(source, {
    eval: true,
    workerData: { module, buffer: lock.buffer, stop },
  })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  try {
    const seen = new Set<number>()
    await until('a write', () => lock.read(0, 1) !== undefined)
    // However the two threads are given their time: until enough writes were seen.
    for (let reads = 0; reads < 60_000 || seen.size < 20; reads++) {
      const words = lock.read(0, 64) as Float64Array
      seen.add(words[0])
      if (words.some((word) => word !== words[0])) throw new Error(`torn: ${words.join()}`)
    }
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1)
    await ended
  }
})
