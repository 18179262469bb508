import { beforeEach, describe, expect, it } from 'vitest'
import { IdLedger, Verdict } from '../../dist/src/dedupe/id-ledger.js'
import { IdRanges, MAX_ID_RANGES } from '../../dist/src/dedupe/id-ranges.js'
import { halvesOf } from '../support/naive-ids.js'

const SECOND = 1_000_000
const T0 = 1_700_000_000 * SECOND
const LATENESS = SECOND / 2

function rangesOf(ids: number[], maxRanges?: number): IdRanges {
  const ranges = new IdRanges(maxRanges)
  for (const id of ids) ranges.add(id)
  return ranges
}

describe('IdRanges', () => {
  it('keeps a million contiguous ids as one range', () => {
    const ranges = new IdRanges()
    let taken = 0
    for (let id = 7; id < 1_000_007; id++) if (ranges.add(id)) taken++
    expect(taken).toBe(1_000_000)
    expect([...ranges]).toEqual([[7, 1_000_006]])
    expect(ranges.encode().length).toBeLessThan(16)
  })

  it('joins neighbours on either side, and both at once', () => {
    expect([...rangesOf([5, 9, 6, 8, 7, 4])]).toEqual([[4, 9]])
    expect([...rangesOf([10, 20, 21, 19, 11, 15])]).toEqual([
      [10, 11],
      [15, 15],
      [19, 21],
    ])
  })

  it('says what it holds at the edges of its world', () => {
    const ranges = new IdRanges()
    expect([ranges.lowest, ranges.highest, ranges.has(0)]).toEqual([-1, -1, false])
    expect(ranges.add(0)).toBe(true)
    expect(ranges.add(Number.MAX_SAFE_INTEGER)).toBe(true)
    expect(ranges.add(Number.MAX_SAFE_INTEGER - 1)).toBe(true)
    expect(ranges.add(Number.MAX_SAFE_INTEGER)).toBe(false)
    expect([ranges.lowest, ranges.highest, ranges.count]).toEqual([0, 2 ** 53 - 1, 2])
    expect([...IdRanges.decode(ranges.encode())]).toEqual([...ranges])
    // Near 2^53 a sum on the way into the bytes would round.
    const top = rangesOf([2 ** 53 - 1])
    expect([...IdRanges.decode(top.encode())]).toEqual([[2 ** 53 - 1, 2 ** 53 - 1]])
  })

  it('names the maximal runs that are missing', () => {
    const ranges = rangesOf([5, 6, 10, 11, 20])
    expect([...ranges.holes(0, 25)]).toEqual([
      [0, 4],
      [7, 9],
      [12, 19],
      [21, 25],
    ])
    expect([...ranges.holes(6, 11)]).toEqual([[7, 9]])
    expect([...ranges.holes(5, 6)]).toEqual([])
    expect([...ranges.holes(8, 8)]).toEqual([[8, 8]])
  })

  it('lets an eighth go, the oldest, when sparse ids exceed the bound', () => {
    const ranges = new IdRanges()
    for (let i = 0; i <= MAX_ID_RANGES; i++) ranges.add(i * 10)
    expect(ranges.count).toBe(MAX_ID_RANGES + 1 - MAX_ID_RANGES / 8)
    expect(ranges.lowest).toBe((MAX_ID_RANGES / 8) * 10)
    expect(ranges.highest).toBe(MAX_ID_RANGES * 10)
  })

  it('counts a range as new when it grows, also after it was stored', () => {
    let ranges = rangesOf([100, 200, 300, 400], 4)
    ranges.add(101)
    ranges = IdRanges.decode(ranges.encode(), 4)
    ranges.add(50)
    expect([...ranges]).toEqual([
      [50, 50],
      [100, 101],
      [300, 300],
      [400, 400],
    ])
  })

  it('drops its oldest when it is decoded into less room', () => {
    const ranges = rangesOf([50, 40, 30, 20, 10])
    expect([...IdRanges.decode(ranges.encode(), 2)]).toEqual([
      [10, 10],
      [20, 20],
    ])
  })

  it('refuses bytes that are torn or of another version', () => {
    const bytes = rangesOf([1, 5, 9]).encode()
    expect(() => IdRanges.decode(bytes.subarray(0, 5))).toThrow('damaged')
    expect(() => IdRanges.decode(Uint8Array.of(9, 0, 0))).toThrow('found=9 known=1')
  })
})

describe('IdLedger', () => {
  let ledger: IdLedger
  let newest: number
  const restart = () => {
    ledger = IdLedger.decode(ledger.encode(), { latenessUs: LATENESS })
  }
  const offer = (id: number | bigint, ts: number) => {
    const verdict =
      typeof id === 'bigint'
        ? ledger.offerBig(...halvesOf(id), ts, newest)
        : ledger.offer(id, ts, newest)
    if (verdict !== Verdict.Duplicate) newest = Math.max(newest, ts)
    return verdict
  }

  beforeEach(() => {
    ledger = new IdLedger({ latenessUs: LATENESS })
    newest = 0
  })

  it('knows ids that come again, out of order, and after a restart', () => {
    for (const id of [10, 12, 11, 3]) expect(offer(id, T0)).toBe(Verdict.New)
    restart()
    for (const id of [3, 10, 11, 12]) expect(offer(id, T0)).toBe(Verdict.Duplicate)
    expect(offer(9, T0)).toBe(Verdict.New)
  })

  it('tells neighbours beyond 2^53 apart that are one float64', () => {
    const ids = [
      2290000000036455162n,
      2290000000036455163n,
      2n ** 63n - 1n,
      2n ** 53n,
      2n ** 53n + 1n,
    ]
    for (const id of ids) expect(offer(id, T0)).toBe(Verdict.New)
    restart()
    for (const id of ids) expect(offer(id, T0)).toBe(Verdict.Duplicate)
    expect(offer(2290000000036455164n, T0)).toBe(Verdict.New)
  })

  it('takes halves of a small id for the same id', () => {
    expect(offer(2 ** 40, T0)).toBe(Verdict.New)
    expect(offer(2n ** 40n, T0)).toBe(Verdict.Duplicate)
  })

  it('takes a held id of a much newer trade for a reset, and what follows for new', () => {
    for (let id = 1; id <= 100; id++) offer(id, T0 + id)
    expect(offer(1, newest + LATENESS)).toBe(Verdict.Duplicate)
    const resetTs = newest + LATENESS + 1
    expect(offer(1, resetTs)).toBe(Verdict.Reset)
    expect(offer(2, resetTs + 10)).toBe(Verdict.New)
    expect(offer(2, resetTs + 10)).toBe(Verdict.Duplicate)
    expect([...ledger.ranges]).toEqual([[1, 2]])
  })

  it('knows a redelivery from before the reset, and what was missing then', () => {
    for (let id = 1; id <= 100; id++) if (id !== 50) offer(id, T0 + id)
    expect(offer(5, T0 + 10 * SECOND)).toBe(Verdict.Reset)
    for (let turn = 0; turn < 2; turn++) {
      for (let id = 1; id <= 100; id++) {
        const expected = id === 50 && turn === 0 ? Verdict.New : Verdict.Duplicate
        expect(offer(id, T0 + id)).toBe(expected)
      }
      restart()
    }
    expect(ledger.isOlder(T0 + 100)).toBe(true)
    expect(ledger.isOlder(T0 + 10 * SECOND)).toBe(false)
    expect([...ledger.ranges]).toEqual([[5, 5]])
    expect([...(ledger.olderRanges ?? [])]).toEqual([[1, 100]])
  })

  it('resets ids beyond 2^53 the same way', () => {
    const base = 2n ** 60n
    offer(base, T0)
    expect(offer(base, T0 + SECOND)).toBe(Verdict.Reset)
    expect(offer(base, T0)).toBe(Verdict.Duplicate)
    restart()
    expect(offer(base, T0 + SECOND)).toBe(Verdict.Duplicate)
    expect(offer(base, T0)).toBe(Verdict.Duplicate)
  })

  it('lets only the oldest go when ids move on to another block', () => {
    ledger = new IdLedger({ latenessUs: LATENESS, maxRanges: 64 })
    const edge = 2n ** 60n
    const ids = Array.from({ length: 80 }, (_, i) => edge + BigInt((i - 60) * 2))
    for (const id of ids) offer(id, T0)
    // Probed from the newest down: an id that was let go would be taken in again.
    const lost = ids.reverse().findIndex((id) => offer(id, T0) !== Verdict.Duplicate)
    expect(lost).toBeGreaterThanOrEqual(64 - 8)
  })
})
