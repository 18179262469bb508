import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Gap, GapLedger } from '../../dist/src/dedupe/gap-ledger.js'
import { IdLedger, Verdict } from '../../dist/src/dedupe/id-ledger.js'
import { IdPage } from '../../dist/src/dedupe/id-page.js'
import { IdRanges } from '../../dist/src/dedupe/id-ranges.js'
import { Numberings } from '../../dist/src/dedupe/numbering.js'
import { TextHash } from '../../dist/src/dedupe/text-hash.js'
import { halvesOf, idsOf, NaiveIds, NaiveTrades } from '../support/naive-ids.js'
import { runs } from '../support/seed.js'
import { followId, offerId } from '../support/short-way.js'

// The start of an hour.
const T0 = 1_699_999_200_000_000

// Ids as feeds send them: runs forward, repeats, swaps, jumps either way, hours late.
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: -4, max: 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: -60, max: 60 }) },
)
const feed = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.array(step, { maxLength: 150 }))
  .map(([start, steps]) => {
    let id = start
    return [start, ...steps.map((by) => (id = Math.max(0, id + by)))]
  })

describe('ids held as ranges', () => {
  it('are the ids of a plain set, stored and taken up again at any moment', () => {
    fc.assert(
      fc.property(feed, fc.nat(150), (ids, restartAt) => {
        const naive = new NaiveIds()
        let ranges = new IdRanges()
        for (const [i, id] of ids.entries()) {
          if (i === restartAt) ranges = IdRanges.decode(ranges.encode())
          expect(ranges.has(id)).toBe(naive.has(id))
          expect(ranges.add(id)).toBe(naive.add(id))
        }
        const sorted = naive.sorted()
        expect(idsOf(ranges)).toEqual(sorted)
        expect([ranges.lowest, ranges.highest]).toEqual([sorted[0], sorted.at(-1)])
        expect([...IdRanges.decode(ranges.encode())]).toEqual([...ranges])
      }),
      runs(2000),
    )
  })

  it('are disjoint and apart, and their holes are what is missing', () => {
    fc.assert(
      fc.property(feed, fc.nat(200), fc.nat(60), (ids, from, length) => {
        const naive = new NaiveIds()
        const ranges = new IdRanges()
        for (const id of ids) {
          ranges.add(id)
          naive.add(id)
        }
        const runs = [...ranges]
        expect(runs).toHaveLength(ranges.count)
        for (let i = 1; i < runs.length; i++) expect(runs[i][0]).toBeGreaterThan(runs[i - 1][1] + 1)
        const holes = [...ranges.holes(from, from + length)]
        expect(idsOf(holes)).toEqual(naive.missing(from, from + length))
        for (let i = 1; i < holes.length; i++)
          expect(holes[i][0]).toBeGreaterThan(holes[i - 1][1] + 1)
      }),
      runs(1000),
    )
  })

  it('lose the oldest alone, stay within the bound and never go empty', () => {
    const sparse = fc.array(fc.nat(400), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(sparse, fc.integer({ min: 1, max: 24 }), fc.nat(300), (ids, room, restartAt) => {
        let ranges = new IdRanges(room)
        // When each range held last grew, by its first id, told from outside.
        const grew = new Map<number, number>()
        for (const [turn, id] of ids.entries()) {
          if (turn === restartAt) ranges = IdRanges.decode(ranges.encode(), room)
          const before = [...ranges]
          const wasHeld = ranges.has(id)
          expect(ranges.add(id)).toBe(!wasHeld)
          expect(ranges.has(id)).toBe(true)
          expect(ranges.count).toBeLessThanOrEqual(room)
          if (!wasHeld) {
            const grown = [...ranges].find(([first, last]) => first <= id && id <= last)
            grew.set(grown?.[0] ?? -1, turn)
          }
          const joined = (first: number) => ranges.has(first)
          const lost = before.filter(([first]) => !joined(first)).map(([first]) => first)
          const kept = [...ranges].map(([first]) => first)
          if (lost.length === 0) continue
          const newestLost = Math.max(...lost.map((first) => grew.get(first) as number))
          const oldestKept = Math.min(...kept.map((first) => grew.get(first) as number))
          expect(newestLost).toBeLessThan(oldestKept)
          expect(lost.length).toBeLessThanOrEqual(Math.max(1, room >>> 3))
        }
      }),
      runs(1500),
    )
  })
})

const HOUR = 3600e6

// A ledger whose pages are in memory or in a store made of the trades that were taken, as the shard has it.
class Stored {
  ledger = new IdLedger({ maxPages: 2 })
  readonly #taken: { id: number | bigint | string; us: number }[] = []
  readonly #hash = new TextHash()

  offer(id: number | bigint | string, us: number): Verdict {
    const hour = this.ledger.needs(us)
    if (hour >= 0) this.#load(hour)
    const verdict = this.#offerTo(this.ledger, id, us)
    if (!isDuplicate(verdict)) this.#taken.push({ id, us })
    return verdict
  }
  commit(): void {
    this.ledger.settle()
  }
  restart(): void {
    this.ledger = new IdLedger({ maxPages: 2 })
    const times = this.#taken.map(({ us }) => us)
    this.ledger.mayBeStored(Math.min(...times), Math.max(...times))
  }
  #load(hour: number): void {
    const page = this.ledger.pageOf(hour)
    for (const { id, us } of this.#taken) {
      if (us < hour || us >= hour + HOUR) continue
      if (typeof id === 'string') page.offerText(this.#hash.of(id), us - hour)
      else page.offerBig(...halvesOf(BigInt(id)), us - hour)
    }
    this.ledger.load(page)
  }
  #offerTo(ledger: IdLedger, id: number | bigint | string, us: number): Verdict {
    if (typeof id === 'string') return ledger.offerText(this.#hash.of(id), us)
    if (typeof id === 'number') return offerId(ledger, id, us)
    return ledger.offerBig(...halvesOf(id), us)
  }
}

const isDuplicate = (verdict: Verdict) =>
  verdict === Verdict.Duplicate || verdict === Verdict.DuplicateBySpan

interface Trade {
  readonly id: number | bigint | string
  readonly us: number
}

// Ids as they come: contiguous, sparse, beyond 2^53, text, the same again and again.
const anyId = fc.oneof(
  { weight: 5, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.nat(2 ** 31) },
  { weight: 1, arbitrary: fc.constantFrom(0, 7, 2 ** 53 - 1, 2 ** 32, 2 ** 32 + 1) },
  { weight: 1, arbitrary: fc.bigInt({ min: 2n ** 53n, max: 2n ** 53n + 9n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 2n ** 63n - 9n, max: 2n ** 63n - 1n }) },
  { weight: 2, arbitrary: fc.constantFrom('a', 'b', '0xabc:1', '0xabc:2', '12', 'é') },
)
// Times near each other, so that they meet: whole seconds, ms, µs; hours apart as well.
const anyTime = fc
  .tuple(fc.nat(3), fc.nat(3), fc.constantFrom(1e6, 250_000, 1000, 1), fc.nat(9))
  .map(([hour, second, step, n]) => T0 + hour * HOUR + second * 1e6 + n * step)
const anyTrade: fc.Arbitrary<Trade> = fc.record({ id: anyId, us: anyTime })

describe('the id ledger', () => {
  it('takes a trade for seen where its id came with its time, at the coarser resolution', () => {
    const times = fc.infiniteStream(fc.nat())
    fc.assert(
      fc.property(fc.array(anyTrade, { maxLength: 120 }), times, (trades, dice) => {
        const roll = (sides: number) => (dice.next().value as number) % sides
        const naive = new NaiveTrades()
        const stored = new Stored()
        for (const { id, us } of trades) {
          const expected = naive.offer(id, us)
          expect(isDuplicate(stored.offer(id, us))).toBe(!expected)
          if (roll(6) === 0) stored.commit()
          if (roll(12) === 0) stored.restart()
        }
      }),
      runs(3000),
    )
  })

  // Files of a venue that numbers each anew, one that goes on, one whose ids are no order, one that
  // gives each trade the same id, one that uses an aggregate's id on both sides of midnight.
  const numbering = fc.constantFrom('anew', 'on', 'hashed', 'constant', 'aggregate', 'text')
  const files = fc
    .tuple(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 4 }), numbering)
    .map(([lengths, how]) => {
      let count = 0
      return lengths.map((length, day) => {
        const trades: Trade[] = []
        for (let i = 0; i < length; i++) {
          // No whole seconds: they stand for all times of their second.
          const us = T0 + day * 24 * HOUR + i * 97_000_000 + 1001 + i
          const aggregate = count - day
          const ids = { anew: i + 1, on: 1 + count, constant: 5, aggregate, hashed: 0, text: '' }
          ids.hashed = (count * 2_654_435_761) % 2 ** 40
          ids.text = `${(count * 2_654_435_761).toString(16)}-${count}`
          trades.push({ id: ids[how], us })
          count++
        }
        return trades
      })
    })

  it('stores the same trades in any order of files, cut anywhere, and none of them twice', () => {
    fc.assert(
      fc.property(files, fc.infiniteStream(fc.nat()), (all, dice) => {
        const roll = (sides: number) => (dice.next().value as number) % sides
        const order = [...all].sort(() => roll(3) - 1)
        const stored = new Stored()
        const rows = new Set<string>()
        for (const trades of order) {
          for (const { id, us } of trades) {
            if (!isDuplicate(stored.offer(id, us))) rows.add(`${id} ${us}`)
            if (roll(9) === 0) stored.commit()
            if (roll(20) === 0) stored.restart()
          }
        }
        expect(rows.size).toBe(all.flat().length)
        stored.restart()
        for (const { id, us } of all.flat()) expect(stored.offer(id, us)).toBe(Verdict.Duplicate)
      }),
      runs(500),
    )
  })

  it('knows a trade again in another resolution, whichever came first', () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.nat(999), fc.boolean(), (ms, us, finerFirst) => {
        const coarse = T0 + ms * 1000
        const times = finerFirst ? [coarse + us, coarse] : [coarse, coarse + us]
        const stored = new Stored()
        expect(stored.offer(9, times[0])).toBe(Verdict.New)
        stored.restart()
        expect(stored.offer(9, times[1])).toBe(Verdict.Duplicate)
      }),
      runs(100),
    )
  })

  it('keeps what retention takes: an hour encoded and taken up again', () => {
    fc.assert(
      fc.property(fc.array(anyTrade, { maxLength: 200 }), (trades) => {
        const naive = new NaiveTrades()
        const page = new IdPage(T0)
        const hash = new TextHash()
        const offer = (to: IdPage, { id, us }: Trade) =>
          typeof id === 'string'
            ? to.offerText(hash.of(id), (us - T0) % HOUR)
            : to.offerBig(...halvesOf(BigInt(id)), (us - T0) % HOUR)
        const taken = trades.filter((trade) => !isDuplicate(offer(page, trade)))
        for (const { id, us } of taken) naive.offer(id, T0 + ((us - T0) % HOUR))
        const again = new IdPage(T0)
        again.take(page.encode())
        for (const trade of taken) expect(isDuplicate(offer(again, trade))).toBe(true)
        // An id that never came is new.
        for (const [i, { id, us }] of trades.entries()) {
          const other = { id: typeof id === 'string' ? `${id}?${i}` : 41 + i, us }
          if (!naive.hasId(other.id)) expect(offer(again, other)).toBe(Verdict.New)
        }
      }),
      runs(1000),
    )
  })
})

describe('gaps', () => {
  it('are what is missing above the first id, however it arrived', () => {
    const moves = fc.infiniteStream(fc.nat())
    fc.assert(
      fc.property(feed, moves, fc.integer({ min: 1, max: 50 }), (ids, dice, maxPending) => {
        const roll = (sides: number) => (dice.next().value as number) % sides
        const naive = new NaiveIds()
        const ranges = new IdRanges()
        const rows = new Map<number, Gap>()
        const told = new Map<number, boolean>()
        const sink = {
          gap(gap: Gap) {
            const open = gap.closedSeq === undefined
            // Opened once, closed once.
            expect(told.get(gap.firstId)).toBe(open ? undefined : true)
            told.set(gap.firstId, open)
          },
        }
        let gaps = new GapLedger({ sink, maxPending })
        const commit = () => {
          gaps.forEachDirty((gap, replaces) => {
            expect(rows.has(gap.firstId)).toBe(replaces)
            rows.set(gap.firstId, { ...gap })
          })
          gaps.clearDirty()
          gaps = GapLedger.restore(structuredClone(gaps.save()), { sink, maxPending })
        }
        let ts = T0
        for (const [seq, id] of ids.entries()) {
          ts += roll(5) - 1
          const { highest } = ranges
          const isNew = ranges.add(id)
          expect(isNew).toBe(naive.add(id))
          if (isNew && highest >= 0) {
            if (id > highest + 1) gaps.jumped(highest + 1, id - 1, ts, ts, seq)
            else if (id < highest) gaps.filled(id, ts, seq)
          }
          if (roll(4) === 0) gaps.advance(ts - roll(8), ranges, seq)
          if (roll(6) === 0) commit()
        }
        gaps.advance(Number.POSITIVE_INFINITY, ranges, ids.length)
        commit()

        const open = gaps.openGaps()
        const missing = naive.missing(ids[0], ranges.highest)
        const inGaps = open.flatMap((gap) => {
          const within = naive.missing(gap.firstId, gap.lastId)
          expect(gap.missing).toBe(within.length)
          return within
        })
        expect(inGaps).toEqual(missing)
        expect(gaps.hasPending).toBe(false)
        const openRows = [...rows.values()].filter((gap) => gap.closedSeq === undefined)
        expect(openRows.sort((a, b) => a.firstId - b.firstId)).toEqual(open)
        for (const row of rows.values()) expect(row.missing === 0).toBe(row.closedSeq !== undefined)
      }),
      runs(1500),
    )
  })
})

describe('numberings', () => {
  // Files of a day each: ids from 1 in each, or going on; some are missing, never the first or last.
  const lengths = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 5 })
  const missing = fc.infiniteStream(fc.nat())

  it('miss what is missing in each file, in any order of files, and nothing else', () => {
    fc.assert(
      fc.property(lengths, missing, fc.boolean(), (all, dice, anew) => {
        const roll = (sides: number) => (dice.next().value as number) % sides
        const lost = new Set<string>()
        let last = 0
        const files = all.map((length, day) => {
          if (anew) last = 0
          const from = last + 1
          last = from + length
          const trades: { id: number; us: number }[] = []
          for (let id = from; id <= last; id++) {
            if (id > from && id < last && roll(4) === 0) lost.add(`${day} ${id}`)
            else trades.push({ id, us: T0 + day * 86_400e6 + (id - from) * 60e6 })
          }
          return trades
        })
        const inTime = roll(3) === 0
        const order = inTime ? files : [...files].sort(() => roll(3) - 1)
        const options = { sink: { gap: () => undefined }, latenessUs: 500_000 }
        let numberings = new Numberings(options)
        let newest = 0
        for (const { id, us } of order.flat()) {
          followId(numberings, id, us, newest, 1)
          newest = Math.max(newest, us)
          if (roll(5) === 0) numberings.advance(newest - 500_000, 1)
          if (roll(9) === 0) {
            numberings.clearDirty()
            numberings = Numberings.restore(structuredClone(numberings.save()), options)
          }
        }
        numberings.advance(Number.POSITIVE_INFINITY, 1)
        const told = new Set<string>()
        for (const { firstId, lastId, missing: count, timestampAfter } of numberings.openGaps()) {
          const day = Math.floor((timestampAfter - T0) / 86_400e6)
          const ids = Array.from({ length: lastId - firstId + 1 }, (_, i) => firstId + i)
          // In a numbering that goes on, a hole seen at the start of a later file is of another day.
          const own = ids.filter((id) => [...lost].some((l) => l.endsWith(` ${id}`)))
          if (anew) for (const id of ids) expect(lost).toContain(`${day} ${id}`)
          expect(own.length).toBe(count)
          for (const id of own) told.add(anew ? `${day} ${id}` : String(id))
        }
        // What lies below the first id that came is not known to be missing.
        if (anew) expect(told).toEqual(lost)
        else if (inTime) expect(told.size).toBe(lost.size)
      }),
      runs(3000),
    )
  })
})
