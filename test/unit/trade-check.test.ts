import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isExactId } from '../../dist/src/ingest/trade-check.js'
import { runs } from '../support/seed.js'

const edges = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 2 ** 85]
const ids = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 }), fc.constantFrom(1, -1, 0.5))
    .map(([edge, off, factor]) => (edge + off) * factor),
)

it('an id is exact if it is a safe whole number, whatever double it comes as', () => {
  fc.assert(
    fc.property(ids, (id) => {
      const exact = isExactId(id, id | 0, (id * 2 ** -32) | 0)
      expect(exact).toBe(Number.isSafeInteger(id) && id >= 0)
    }),
    runs(20_000),
  )
})
