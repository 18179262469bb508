import { expect, test } from 'vitest'
import { HEARTBEAT, NATIVE } from '../../dist/src/ring/ring-layout.js'
import { Watchdog } from '../../dist/src/watchdog.js'

// When a shard is taken for hanging, by looks in a row.

function watched() {
  const control = new Int32Array(new SharedArrayBuffer(512))
  const told: boolean[] = []
  const shard = { control, beats: true, hangs: (native: boolean) => void told.push(native) }
  const dog = new Watchdog([shard])
  dog.stop()
  const look = (times: number) => {
    for (let i = 0; i < times; i++) dog.look()
  }
  return { control, told, shard, look }
}

test('a heartbeat that stands still for six looks is told, once', () => {
  const { control, told, look } = watched()
  Atomics.add(control, HEARTBEAT, 1)
  look(1 + 5)
  expect(told).toEqual([])
  look(1)
  expect(told).toEqual([false])
  look(50)
  expect(told).toEqual([false])
  // It turned again, and then no more.
  Atomics.add(control, HEARTBEAT, 1)
  look(1 + 6)
  expect(told).toEqual([false, false])
})

test('one that turns now and then, one that is not up, and one inside DuckDB', () => {
  const { control, told, shard, look } = watched()
  for (let i = 0; i < 20; i++) {
    Atomics.add(control, HEARTBEAT, 1)
    look(5)
  }
  expect(told).toEqual([])
  shard.beats = false
  look(100)
  expect(told).toEqual([])
  shard.beats = true
  Atomics.store(control, NATIVE, 1)
  look(100)
  expect(told).toEqual([true])
  // It left DuckDB, and hangs all the same.
  Atomics.store(control, NATIVE, 0)
  look(6)
  expect(told).toEqual([true, false])
})
