import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Gap, GapLedger } from '../../dist/src/dedupe/gap-ledger.js'
import { IdLedger, Verdict } from '../../dist/src/dedupe/id-ledger.js'
import { IdRanges } from '../../dist/src/dedupe/id-ranges.js'
import { halvesOf, idsOf, NaiveIds } from '../support/naive-ids.js'
import { runs } from '../support/seed.js'

const LATENESS = 500_000
const T0 = 1_700_000_000_000_000

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

describe('the id ledger', () => {
  const big = fc.oneof(
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
    fc.bigInt({ min: 2n ** 60n - 3n, max: 2n ** 60n + 3n }),
    fc.bigInt({ min: 2n ** 63n - 4n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: 0n, max: 9n }),
  )

  it('is exact over all of 63 bits', () => {
    fc.assert(
      fc.property(fc.array(big, { maxLength: 80 }), fc.nat(80), (ids, restartAt) => {
        const naive = new NaiveIds()
        let ledger = new IdLedger({ latenessUs: LATENESS })
        for (const [i, id] of ids.entries()) {
          if (i === restartAt) ledger = IdLedger.decode(ledger.encode(), { latenessUs: LATENESS })
          const verdict = ledger.offerBig(...halvesOf(id), T0, T0)
          expect(verdict).toBe(naive.add(id) ? Verdict.New : Verdict.Duplicate)
        }
      }),
      runs(1000),
    )
  })

  it('takes every trade of a venue that starts anew once, however often it is sent again', () => {
    const numberings = fc.array(fc.integer({ min: 2, max: 30 }), { minLength: 2, maxLength: 2 })
    fc.assert(
      fc.property(numberings, fc.infiniteStream(fc.nat()), ([first, second], dice) => {
        let ledger = new IdLedger({ latenessUs: LATENESS })
        const roll = (sides: number) => (dice.next().value as number) % sides
        const trade = (numbering: number, id: number) => ({
          id,
          ts: T0 + numbering * 2e6 + id * 1000,
        })
        const sent: { id: number; ts: number }[] = []
        const accepted = new Set<number>()
        let newest = 0
        let resets = 0
        const offer = (t: { id: number; ts: number }) => {
          const verdict = ledger.offer(t.id, t.ts, newest)
          expect(verdict === Verdict.Duplicate).toBe(accepted.has(t.ts))
          if (verdict === Verdict.Reset) resets++
          if (verdict !== Verdict.Duplicate) newest = Math.max(newest, t.ts)
          accepted.add(t.ts)
        }
        for (const [numbering, length] of [first, second].entries()) {
          for (let id = 0; id < length; id++) {
            sent.push(trade(numbering, id))
            offer(sent[sent.length - 1])
            while (roll(3) === 0) offer(sent[roll(sent.length)])
            if (roll(9) === 0) ledger = IdLedger.decode(ledger.encode(), { latenessUs: LATENESS })
          }
        }
        expect(resets).toBe(1)
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
        const ledger = new IdLedger({ latenessUs: Number.MAX_SAFE_INTEGER })
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
          const highest = ledger.ranges.highest
          const verdict = ledger.offer(id, ts, ts)
          expect(verdict).toBe(naive.add(id) ? Verdict.New : Verdict.Duplicate)
          if (verdict === Verdict.New && highest >= 0) {
            if (id > highest + 1) gaps.jumped(highest + 1, id - 1, ts, ts, seq)
            else if (id < highest) gaps.filled(id, ts, seq)
          }
          if (roll(4) === 0) gaps.advance(ts - roll(8), ledger.ranges, seq)
          if (roll(6) === 0) commit()
        }
        gaps.advance(Number.POSITIVE_INFINITY, ledger.ranges, ids.length)
        commit()

        const open = gaps.openGaps()
        const missing = naive.missing(ids[0], ledger.ranges.highest)
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
