import { beforeEach, describe, expect, it } from 'vitest'
import { type Gap, GapLedger } from '../../dist/src/dedupe/gap-ledger.js'
import { IdRanges } from '../../dist/src/dedupe/id-ranges.js'

const SECOND = 1_000_000
const T0 = 1_700_000_000 * SECOND

describe('GapLedger', () => {
  let ids: IdRanges
  let gaps: GapLedger
  let told: string[]
  let seq: number
  const show = ({ firstId, lastId, missing, closedSeq }: Gap) =>
    `${firstId}-${lastId} missing ${missing} ${closedSeq === undefined ? 'open' : 'closed'}`
  const sink = { gap: (gap: Gap) => told.push(show(gap)) }
  const trade = (id: number, ts = T0) => {
    seq++
    const highest = ids.highest
    if (!ids.add(id) || highest < 0) return
    if (id > highest + 1) gaps.jumped(highest + 1, id - 1, T0, ts, seq)
    else if (id < highest) gaps.filled(id, ts, seq)
  }
  const advance = (watermark: number) => gaps.advance(watermark, ids, ++seq)
  const dirty = () => {
    const rows: string[] = []
    gaps.forEachDirty((gap, replaces) =>
      rows.push(`${replaces ? 'replace' : 'insert'} ${show(gap)}`),
    )
    gaps.clearDirty()
    return rows
  }

  beforeEach(() => {
    ids = new IdRanges()
    gaps = new GapLedger({ sink })
    told = []
    seq = 0
  })

  it('opens none for trades out of order within the lateness', () => {
    for (const id of [1, 4, 3, 2, 5]) trade(id)
    expect(gaps.hasPending).toBe(false)
    advance(T0 + SECOND)
    expect(told).toEqual([])
  })

  it('opens a gap when the watermark passes the moment it was seen, not before', () => {
    trade(1)
    trade(10, T0 + 10)
    advance(T0 + 9)
    expect(told).toEqual([])
    advance(T0 + 10)
    expect(told).toEqual(['2-9 missing 8 open'])
    expect(gaps.openGaps()).toEqual([
      {
        firstId: 2,
        lastId: 9,
        missing: 8,
        timestampBefore: T0,
        timestampAfter: T0 + 10,
        openedSeq: seq,
        closedSeq: undefined,
      },
    ])
    expect(gaps.hasPending).toBe(false)
  })

  it('opens one gap for each run still missing, and closes each with its last id', () => {
    for (const id of [1, 10, 4, 5]) trade(id)
    advance(T0)
    expect(told).toEqual(['2-3 missing 2 open', '6-9 missing 4 open'])
    for (const id of [3, 8, 2, 2, 8]) trade(id)
    expect(told.slice(2)).toEqual(['2-3 missing 0 closed'])
    expect(gaps.openGaps().map(show)).toEqual(['6-9 missing 3 open'])
  })

  it('opens none below the first id', () => {
    for (const id of [100, 50, 101]) trade(id)
    advance(T0)
    expect([told, gaps.hasPending]).toEqual([[], false])
  })

  it('says which rows to write, and whether they replace one', () => {
    for (const id of [1, 4, 6, 9]) trade(id)
    advance(T0)
    trade(5)
    expect(dirty()).toEqual([
      'insert 2-3 missing 2 open',
      'insert 5-5 missing 0 closed',
      'insert 7-8 missing 2 open',
    ])
    expect(dirty()).toEqual([])
    for (const id of [2, 7, 8]) trade(id)
    expect(dirty()).toEqual(['replace 2-3 missing 1 open', 'replace 7-8 missing 0 closed'])
  })

  it('goes on after a restart where it was', () => {
    for (const id of [1, 4]) trade(id)
    advance(T0)
    trade(10, T0 + 5)
    gaps = GapLedger.restore(structuredClone(gaps.save()), { sink })
    expect(dirty()).toEqual([])
    trade(2)
    advance(T0 + 5)
    expect(told).toEqual(['2-3 missing 2 open', '5-9 missing 5 open'])
    expect(dirty()).toEqual(['replace 2-3 missing 1 open', 'insert 5-9 missing 5 open'])
  })

  it('lets the oldest gap out of memory, its row still to be written', () => {
    gaps = new GapLedger({ sink, maxOpen: 2 })
    for (const id of [1, 3, 5, 7]) trade(id)
    advance(T0)
    expect(gaps.openGaps().map(show)).toEqual(['4-4 missing 1 open', '6-6 missing 1 open'])
    trade(2)
    expect(dirty()).toHaveLength(3)
    expect(told).toHaveLength(3)
  })

  it('takes holes together when there are too many at once, and loses no id', () => {
    gaps = new GapLedger({ sink, maxPending: 2 })
    for (const id of [1, 3, 5, 7, 9, 6]) trade(id, T0 + id)
    expect(gaps.save().pending).toHaveLength(2)
    advance(T0 + 9)
    expect(told.map((line) => line.split(' ')[0])).toEqual(['2-2', '4-4', '8-8'])
  })
})
