import { expect, test } from 'vitest'
import { HostPulse, isHostLate } from '../../dist/src/ring/host-pulse.js'

// How late the host's event loop is, as a shard sees it.

test('a host that is held up is late, at once and at its next beat; then no longer', async () => {
  const control = new Int32Array(new SharedArrayBuffer(512))
  const pulse = new HostPulse([control])
  expect(isHostLate(control)).toBe(false)
  const until = performance.now() + 60
  while (performance.now() < until);
  expect(isHostLate(control)).toBe(true)
  // Its first beat comes late, and says so.
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(isHostLate(control)).toBe(true)
  await expect.poll(() => isHostLate(control), { interval: 5, timeout: 20_000 }).toBe(false)
  pulse.stop()
})
