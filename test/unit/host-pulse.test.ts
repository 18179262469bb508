import { expect, test } from 'vitest'
import { HostPulse, isHostLate } from '../../dist/src/ring/host-pulse.js'
import { until } from '../support/engine-dir.js'

// How late the host's event loop is, as a shard sees it.

test('a host that is held up is late, at once and at its next beat; then no longer', async () => {
  const control = new Int32Array(new SharedArrayBuffer(512))
  const pulse = new HostPulse([control])
  await until('a beat in time', () => !isHostLate(control))
  const end = performance.now() + 60
  while (performance.now() < end);
  expect(isHostLate(control)).toBe(true)
  // Its first beat comes late, and says so.
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(isHostLate(control)).toBe(true)
  await until('a beat in time', () => !isHostLate(control))
  pulse.stop()
})
