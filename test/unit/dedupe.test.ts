import { beforeEach, describe, expect, it, test } from 'vitest'
import type { Gap } from '../../dist/src/dedupe/gap-ledger.js'
import { decodeHeld, encodeHeld, type OldIds } from '../../dist/src/dedupe/held-ids.js'
import { IdLedger, Verdict } from '../../dist/src/dedupe/id-ledger.js'
import { IdOrder } from '../../dist/src/dedupe/id-order.js'
import { IdPage } from '../../dist/src/dedupe/id-page.js'
import { IdRanges, MAX_ID_RANGES } from '../../dist/src/dedupe/id-ranges.js'
import { Again, LastTrade } from '../../dist/src/dedupe/last-trade.js'
import { MAX_NUMBERINGS, Numberings } from '../../dist/src/dedupe/numbering.js'
import { TextHash } from '../../dist/src/dedupe/text-hash.js'
import { isNoId } from '../../dist/src/model/no-id.js'
import { halvesOf } from '../support/naive-ids.js'
import { followId, offerId } from '../support/short-way.js'

const SECOND = 1_000_000
const HOUR = 3600 * SECOND
// The start of an hour.
const T0 = 1_699_999_200 * SECOND

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
  const hash = new TextHash()
  const offer = (id: number | bigint | string, us: number) => {
    if (ledger.needs(us) >= 0) throw new Error(`a page is asked for: us=${us}`)
    if (typeof id === 'string') return ledger.offerText(hash.of(id), us)
    return typeof id === 'bigint' ? ledger.offerBig(...halvesOf(id), us) : offerId(ledger, id, us)
  }

  beforeEach(() => {
    ledger = new IdLedger({ maxPages: 2 })
  })

  it('takes an id with another time for another trade, and tells it within the hour', () => {
    expect(offer(5, T0)).toBe(Verdict.New)
    expect(offer(5, T0)).toBe(Verdict.Duplicate)
    expect(offer(5, T0 + SECOND)).toBe(Verdict.Shared)
    expect(offer(5, T0 + 24 * HOUR)).toBe(Verdict.New)
    expect(offer('5', T0)).toBe(Verdict.New)
  })

  it('compares times at the coarser resolution', () => {
    offer(1, T0 + 1_234_567)
    expect(offer(1, T0 + 1_234_000)).toBe(Verdict.Duplicate)
    expect(offer(1, T0 + 1_000_000)).toBe(Verdict.Duplicate)
    expect(offer(1, T0 + 1_235_000)).toBe(Verdict.Shared)
    expect(offer(1, T0 + 2_000_000)).toBe(Verdict.Shared)
    expect(offer(1, T0 + 2_000_001)).toBe(Verdict.Duplicate)
  })

  it('tells neighbours beyond 2^53 apart that are one float64, up to 2^63 − 1', () => {
    const ids = [
      2290000000036455162n,
      2290000000036455163n,
      2n ** 63n - 1n,
      2n ** 53n,
      2n ** 53n + 1n,
    ]
    for (const id of ids) expect(offer(id, T0)).toBe(Verdict.New)
    for (const id of ids) expect(offer(id, T0)).toBe(Verdict.Duplicate)
    expect(offer(2 ** 40, T0)).toBe(Verdict.New)
    expect(offer(2n ** 40n, T0)).toBe(Verdict.Duplicate)
  })

  it('keeps pages with ticks that are not stored, and asks for those it let go', () => {
    for (let hour = 0; hour < 5; hour++) offer(1, T0 + hour * HOUR)
    for (let hour = 0; hour < 5; hour++) expect(ledger.needs(T0 + hour * HOUR)).toBe(-1)
    ledger.settle()
    const asked = [0, 1, 2, 3, 4].map((hour) => ledger.needs(T0 + hour * HOUR + 7) >= 0)
    expect(asked).toEqual([true, true, true, false, false])
    expect(ledger.needs(T0 + 5 * HOUR)).toBe(-1)
    expect(ledger.needs(T0 - HOUR)).toBe(-1)
    const hour = ledger.needs(T0 + HOUR + 7)
    const page = ledger.pageOf(hour)
    page.offer(1, T0 % HOUR)
    ledger.load(page)
    expect(offer(1, T0 + HOUR)).toBe(Verdict.Duplicate)
  })

  it('keeps a million contiguous ids in 8 bytes each at most, sparse ones and text in 36', () => {
    const kinds: [least: number, most: number, of: (n: number) => number | string][] = [
      [4, 8, (n) => n],
      [16, 32, (n) => n * 7],
      [17, 36, (n) => 1e9 - n],
      [17, 36, (n) => `${n}-0f8c-4b6e-9a7d`],
    ]
    for (const [least, most, of] of kinds) {
      ledger = new IdLedger({ maxPages: 2 })
      for (let n = 0; n < 1_000_000; n++) offer(of(n), T0 + n * 300)
      expect(ledger.ids).toBe(1_000_000)
      expect(ledger.bytes / ledger.ids).toBeGreaterThanOrEqual(least)
      expect(ledger.bytes / ledger.ids).toBeLessThanOrEqual(most)
      for (let n = 0; n < 1_000_000; n += 999) {
        expect(offer(of(n), T0 + n * 300)).toBe(Verdict.Duplicate)
      }
    }
  })

  it('says so where an hour holds as many ids as it may', () => {
    ledger = new IdLedger({ maxPages: 2, maxPageIds: 100 })
    for (let id = 0; id < 100; id++) expect(offer(id, T0 + id)).toBe(Verdict.New)
    expect(offer(100, T0 + 100)).toBe(Verdict.NotKept)
    expect(offer(100, T0 + 100)).toBe(Verdict.NotKept)
    expect(offer('a', T0)).toBe(Verdict.NotKept)
    expect(offer(50, T0 + 50)).toBe(Verdict.Duplicate)
    expect(offer(100, T0 + HOUR)).toBe(Verdict.New)
  })
})

describe('an hour of ids as retention keeps it', () => {
  const at = (id: number) => id * 1001

  it('is a few bytes for each 32 contiguous ids, and says when it judges by their times', () => {
    const page = new IdPage(T0)
    for (let id = 0; id < 100_000; id++) page.offer(id, at(id))
    const bytes = page.encode()
    expect(bytes.length).toBeLessThan(100_000 / 3)
    const again = new IdPage(T0)
    again.take(bytes)
    for (let id = 0; id < 100_000; id += 7) {
      expect(again.offer(id, at(id))).toBe(Verdict.DuplicateBySpan)
    }
    // The same id a minute later is another trade; within the times of its span nobody can tell.
    expect(again.offer(700, at(700) + 60 * SECOND)).toBe(Verdict.New)
    expect(again.offer(704, at(705))).toBe(Verdict.DuplicateBySpan)
    expect(again.offer(100_000, at(100_000))).toBe(Verdict.New)
  })

  it('may be encoded again with what came since', () => {
    const page = new IdPage(T0)
    for (const id of [1, 2, 3, 10, 2 ** 53 - 1]) page.offer(id, at(id % 1000))
    const again = new IdPage(T0)
    again.take(page.encode())
    for (const id of [4, 5]) again.offer(id, at(id))
    const third = new IdPage(T0)
    third.take(again.encode())
    for (const id of [1, 2, 3, 4, 5, 10, 2 ** 53 - 1]) {
      expect(third.offer(id, at(id % 1000))).toBeGreaterThanOrEqual(Verdict.Duplicate)
    }
    expect(third.offer(6, at(6))).toBe(Verdict.New)
  })

  it('is refused where the bytes are torn or of another version', () => {
    const page = new IdPage(T0)
    for (let id = 0; id < 40; id += 3) page.offer(id, at(id))
    const bytes = page.encode()
    expect(() => new IdPage(T0).take(bytes.subarray(0, 9))).toThrow('damaged')
    expect(() => new IdPage(T0).take(Uint8Array.of(7, 0))).toThrow('found=7 known=1')
  })
})

describe('ids that an older version kept, without times', () => {
  // Written by version 0.1: ids 1, 2, 3, 5, 6, 100, 2^60 and 2^60 + 1 at OLD_T0, and a minute later,
  // anew, 1, 2, 3.
  const OLD_T0 = 1_700_000_000 * SECOND
  const OLD = Buffer.from(
    '010601010101020200018097a86e902818430c0103030102020001025c000201800806010101000102',
    'hex',
  )

  it('count by the id alone for ticks from before those that are kept, and for no others', () => {
    const { old } = decodeHeld(OLD)
    const ledger = new IdLedger({ maxPages: 2 })
    ledger.older = decodeHeld(encodeHeld(old?.heldBefore(T0 + HOUR))).held
    expect(offerId(ledger, 5, T0 + 17)).toBe(Verdict.Duplicate)
    expect(offerId(ledger, 4, T0 + 17)).toBe(Verdict.New)
    // Above all that its hour holds by now, and known from before all the same.
    for (const id of [6, 100]) expect(offerId(ledger, id, T0 + 18)).toBe(Verdict.Duplicate)
    expect(ledger.offerBig(...halvesOf(2n ** 60n + 1n), T0)).toBe(Verdict.Duplicate)
    expect(ledger.offerBig(...halvesOf(2n ** 60n + 2n), T0)).toBe(Verdict.New)
    expect(offerId(ledger, 5, T0 + HOUR)).toBe(Verdict.New)
  })

  it('are followed as the two numberings they were', () => {
    const { old } = decodeHeld(OLD)
    const told: Gap[] = []
    const options = { latenessUs: SECOND / 2, sink: { gap: (gap: Gap) => told.push({ ...gap }) } }
    const gaps = { pending: [], open: [] }
    const numberings = Numberings.ofOld(old as OldIds, gaps, OLD_T0 + 60 * SECOND + 3, options)
    numberings.take(4, OLD_T0 + 61 * SECOND, OLD_T0 + 60 * SECOND + 3, 1)
    numberings.take(6, OLD_T0 + 62 * SECOND, OLD_T0 + 61 * SECOND, 2)
    numberings.advance(Number.POSITIVE_INFINITY, 3)
    expect(told).toMatchObject([{ firstId: 5, lastId: 5 }])
    expect(numberings.restarts).toBe(0)
  })

  it('of no known version are refused', () => {
    expect(() => decodeHeld(Uint8Array.of(9, 0))).toThrow('found=9 known=2')
  })
})

describe('numberings', () => {
  const DAY = 24 * HOUR
  let numberings: Numberings
  let newest: number
  const options = { latenessUs: SECOND / 2, sink: { gap: () => undefined } }
  const take = (id: number, us: number) => {
    const anew = followId(numberings, id, us, newest, 1)
    newest = Math.max(newest, us)
    return anew
  }
  const missing = () => {
    numberings.advance(Number.POSITIVE_INFINITY, 1)
    return numberings.openGaps().map(({ firstId, lastId }) => [firstId, lastId])
  }

  beforeEach(() => {
    numberings = new Numberings(options)
    newest = 0
  })

  it('start anew where a low id comes with a later time, and keep their own gaps', () => {
    for (let id = 1; id <= 100; id++) if (id !== 50) take(id, T0 + id * SECOND)
    expect(take(1, T0 + DAY)).toBe(true)
    for (const id of [2, 3, 5, 6]) expect(take(id, T0 + DAY + id * SECOND)).toBe(false)
    // Of the day before, late.
    take(50, T0 + 50 * SECOND)
    expect(missing()).toEqual([[4, 4]])
    expect(numberings.restarts).toBe(1)
  })

  it('start anew though the id was never seen, and within the lateness where it was', () => {
    for (let id = 5001; id <= 5009; id++) take(id, T0 + id)
    expect(take(3, T0 + SECOND * 2)).toBe(true)
    expect(take(3, T0 + SECOND * 2 + 1000)).toBe(false)
    expect(take(4, T0 + SECOND * 2 + 2000)).toBe(false)
    expect(take(5, T0 + SECOND * 2 + 3000)).toBe(false)
    expect(take(3, T0 + SECOND * 2 + 4000)).toBe(true)
    expect(missing()).toEqual([])
  })

  it('take an id used again at its end, as on both sides of midnight, for no other numbering', () => {
    for (const id of [7, 8, 9]) take(id, T0 + id)
    for (const id of [9, 10, 12]) expect(take(id, T0 + DAY + id)).toBe(false)
    expect(missing()).toEqual([[11, 11]])
  })

  it('take an id of 0 for none where the others are far away', () => {
    take(0, T0)
    for (const id of [50_000, 50_001, 50_003]) take(id, T0 + id)
    expect(missing()).toEqual([[50_002, 50_002]])
    numberings = new Numberings(options)
    for (const id of [0, 1, 3]) take(id, T0 + id)
    expect(missing()).toEqual([[2, 2]])
  })

  it('forget the one that was not asked for longest, and keep its gaps to be written', () => {
    for (let day = 0; day < MAX_NUMBERINGS + 1; day++) {
      for (const id of [1, 2, 4]) take(id, T0 + day * DAY + id * SECOND)
    }
    const rows: string[] = []
    numberings.forEachDirty(({ firstId, lastId }) => rows.push(`${firstId}-${lastId}`))
    expect(rows).toEqual(['2-3'].map(() => '3-3'))
    expect(numberings.openGaps()).toHaveLength(0)
    expect(numberings.pendingHoles).toBe(MAX_NUMBERINGS)
  })

  it('do not forget the live one, whose ids only go on while late ones fill the gaps of others', () => {
    const past = MAX_NUMBERINGS - 1
    for (let day = 0; day < past; day++) {
      for (let id = 1; id <= 20; id++) if (id !== 10) take(id, T0 + day * DAY + id * SECOND)
    }
    const start = T0 + 200 * DAY
    let live = 0
    const goOn = () => {
      for (let n = 0; n < 50; n++) take(++live, start + live * SECOND)
    }
    goOn()
    for (let day = 0; day < past; day++) {
      take(10, T0 + day * DAY + 10 * SECOND)
      goOn()
    }
    // One more than may be followed.
    take(3, T0 + 100 * DAY)
    goOn()
    expect(missing()).toEqual([])
  })
})

describe('the order of ids that leave some out', () => {
  const steps = (ids: readonly number[]) => {
    const order = new IdOrder()
    return ids.filter((id, i) => order.take(id, T0 + i * SECOND, SECOND / 2)).length
  }

  it('tells that ids which rose start anew, and nothing of ids that are no order', () => {
    expect(steps([10, 20, 35, 40, 70, 3, 9, 12])).toBe(1)
    expect(steps([10, 20, 35, 40, 70, 65, 71, 68, 90])).toBe(0)
    const hashed = Array.from({ length: 5000 }, (_, n) => (n * 2_654_435_761) % 2 ** 32)
    expect(steps(hashed)).toBe(0)
  })
})

describe('the last trade', () => {
  const trade = (timestamp: number, price: number, lo = 7) => ({
    hi: 0,
    lo,
    timestamp,
    price,
    volume: 1,
  })

  it('tells trades that share an id from one that is sent twice', () => {
    const last = new LastTrade()
    last.take(trade(T0 + 1000, 100))
    expect(last.judge(trade(T0 + 1000, 100))).toBe(Again.Same)
    expect(last.judge(trade(T0 + 1000, 101))).toBe(Again.Doubtful)
    expect(last.judge(trade(T0 + 1000, 101, 8))).toBe(Again.Same)
    last.take(trade(T0 + 2000, 100))
    expect(last.judge(trade(T0 + 2000, 101))).toBe(Again.Another)
    last.take(trade(T0 + 2000, 101))
    const again = LastTrade.restore(structuredClone(last.save()))
    for (const price of [100, 101]) expect(again.judge(trade(T0 + 2000, price))).toBe(Again.Same)
    expect(again.judge(trade(T0 + 2000, 102))).toBe(Again.Another)
  })

  it('tells a trade of the same second from the same trade at a finer resolution', () => {
    const last = new LastTrade()
    last.take(trade(T0, 100))
    expect(last.judge(trade(T0 + 250_000, 100))).toBe(Again.Same)
    expect(last.judge(trade(T0 + 250_000, 101))).toBe(Again.Another)
  })
})

test('what stands for no id, and what does not', () => {
  const nil = '00000000-0000-0000-0000-000000000000'
  const none = ['', ' ', 'None', 'none', 'NaN', 'nan', 'null', 'NULL', 'N/A', nil, `{${nil}}`]
  for (const id of [...none, '-', 'undefined', nil.replaceAll('-', '')])
    expect(isNoId(id)).toBe(true)
  const ids = ['0', '1', 'a', 'nano', 'nonexistent-id', '00000000-0000-0000-0000-000000000001']
  for (const id of [...ids, '0'.repeat(40)]) expect(isNoId(id)).toBe(false)
})
