import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  encodeSegmentHeader,
  FrameKind,
  MAX_PAYLOAD_BYTES,
  sealFrame,
  VERSION,
} from '../../dist/src/journal/frame.js'
import {
  highestSequence,
  listSegments,
  readSegment,
  segmentsBySession,
  setAside,
} from '../../dist/src/journal/journal-reader.js'
import { JournalWriter } from '../../dist/src/journal/journal-writer.js'
import {
  FLAG_NO_ID,
  FLAG_NO_TRADE,
  FLAG_TEXT_ID,
  Kind,
  kindOf,
  sideOfTag,
  tagOf,
} from '../../dist/src/ring/ring-layout.js'
import { runs } from '../support/seed.js'

const FRAME_HEADER = 40
const SLOT = 48

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tickloom-journal-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function open(more: Partial<Parameters<typeof JournalWriter.open>[0]> = {}) {
  return JournalWriter.open({ directory, shard: 0, firstSequence: 1, epoch: 1, ...more })
}

/** Appends one frame of `count` slots whose words tell their sequence. */
function append(writer: JournalWriter, count: number): void {
  const first = writer.appendedThrough + 1
  for (let i = 0; i < count; i++) writer.slots.fill(first + i, i * 6, i * 6 + 6)
  writer.appendSlots(count, first, 0)
}

async function read(path: string) {
  const sequences: number[] = []
  const directories: string[] = []
  const report = await readSegment(path, {
    directory: (bytes) => {
      directories.push(Buffer.from(bytes).toString())
    },
    slots: (words, count, first) => {
      for (let i = 0; i < count; i++) {
        expect([...words.subarray(i * 6, i * 6 + 6)]).toEqual(Array(6).fill(first + i))
        sequences.push(first + i)
      }
    },
  })
  return { report, sequences, directories }
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}

describe('a journal', () => {
  it('gives back what was appended, in order', async () => {
    const writer = open()
    writer.appendDirectory(Buffer.from('pairs'))
    append(writer, 3)
    append(writer, 2048)
    writer.syncSync()
    expect(writer.syncedThrough).toBe(2051)
    const { report, sequences, directories } = await read(listSegments(directory)[0].path)
    expect(report).toMatchObject({ end: 'clean', slots: 2051, lastSequence: 2051 })
    expect(sequences).toEqual(upTo(2051))
    expect(directories).toEqual(['pairs'])
    writer.close({ final: false })
  })

  it('goes on in a new segment that names the pairs again, and drops what is stored', async () => {
    const writer = open({ segmentBytes: 4096 })
    writer.setDirectory(Buffer.from('pairs'))
    for (let i = 0; i < 10; i++) append(writer, 50)
    const segments = listSegments(directory)
    expect(segments.length).toBe(writer.segments)
    expect(segments.length).toBeGreaterThan(3)
    const last = await read(segments[segments.length - 1].path)
    expect(last.directories).toEqual(['pairs'])
    expect(highestSequence(directory)).toBe(500)
    writer.dropThrough(99)
    expect((await read(listSegments(directory)[0].path)).report.lastSequence).toBe(100)
    writer.close({ final: true })
    const left = listSegments(directory)
    expect(left.length).toBe(1)
    expect(statSync(left[0].path).mode & 0o777).toBe(0o600)
    expect(highestSequence(directory)).toBe(500)
  })

  it('numbers its segments above those that are there', () => {
    open().close({ final: false })
    open().close({ final: false })
    expect(listSegments(directory).map((s) => s.number)).toEqual([1, 2])
  })

  it('tries a frame again after a full disk, without a trace of the first try', async () => {
    let room = 1000
    const { writeSync } = await import('node:fs')
    const writer = open({
      write: (fd, bytes, at, length, position) => {
        if (room === 0) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
        const written = writeSync(fd, bytes, at, Math.min(length, room), position)
        room -= written
        return written
      },
    })
    append(writer, 5)
    expect(() => append(writer, 100)).toThrow(/journal write failed: ENOSPC/)
    room = 1e9
    append(writer, 100)
    writer.close({ final: false })
    const { report, sequences } = await read(listSegments(directory)[0].path)
    expect(report.end).toBe('clean')
    expect(sequences).toEqual(upTo(105))
  })
})

/** A frame as the writer would seal it, whatever it says. */
function frame(kind: number, count: number, firstSequence: number, payload: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(FRAME_HEADER), payload])
  sealFrame(bytes, kind, count, firstSequence, 0)
  return bytes
}

function slotsFrame(firstSequence: number, count: number): Buffer {
  const words = Float64Array.from(
    { length: count * 6 },
    (_, i) => firstSequence + Math.floor(i / 6),
  )
  return frame(FrameKind.Slots, count, firstSequence, Buffer.from(words.buffer))
}

describe('a segment that checks and cannot be', () => {
  const header = encodeSegmentHeader({ shard: 0, number: 1, baseSequence: 1, epoch: 1 })
  const good = slotsFrame(1, 4)

  async function readBytes(...frames: Buffer[]) {
    const path = join(directory, 'shard-0-00000001.journal')
    writeFileSync(path, Buffer.concat([header, ...frames]))
    return read(path)
  }

  it('says another count than it holds: broken, and nothing of the frame is given out', async () => {
    for (const count of [3, 5, 0, 2 ** 31]) {
      const wrong = frame(FrameKind.Slots, count, 5, Buffer.alloc(4 * SLOT))
      const { report, sequences } = await readBytes(good, wrong, slotsFrame(9, 1))
      expect([count, report.end, report.detail]).toEqual([count, 'broken', 'frame count differs'])
      expect(sequences).toEqual(upTo(4))
    }
  })

  it('repeats sequences: broken, and none is given out twice', async () => {
    for (const first of [1, 4, 0, -7]) {
      const { report, sequences } = await readBytes(good, slotsFrame(first, 4))
      expect([first, report.end, report.detail]).toEqual([first, 'broken', 'sequence goes back'])
      expect(sequences).toEqual(upTo(4))
    }
  })

  it('leaves sequences out, as a shard that starts again does: read on', async () => {
    const { report, sequences } = await readBytes(good, slotsFrame(100, 2))
    expect(report).toMatchObject({ end: 'clean', slots: 6, lastSequence: 101 })
    expect(sequences).toEqual([1, 2, 3, 4, 100, 101])
  })

  it('names a length no frame has: broken, and no memory is taken for it', async () => {
    const wrong = Buffer.from(good)
    wrong.writeUInt32LE(MAX_PAYLOAD_BYTES + 8, 0)
    const { report } = await readBytes(good, wrong, Buffer.alloc(1000))
    expect(report).toMatchObject({ end: 'broken', slots: 4 })
  })

  it('holds a kind from a later version: passed over, what follows is read', async () => {
    const { report, sequences } = await readBytes(
      good,
      frame(77, 0, 5, Buffer.alloc(16)),
      slotsFrame(5, 1),
    )
    expect(report.end).toBe('clean')
    expect(sequences).toEqual(upTo(5))
  })
})

describe('a segment of either version', () => {
  // What a slot says stands in its first word: kind, side and flags.
  const TAGS = [
    tagOf(Kind.Trade, 1, 0),
    tagOf(Kind.Trade, 2, FLAG_NO_ID),
    tagOf(Kind.Trade, 0, FLAG_NO_TRADE),
    tagOf(Kind.Trade, 0, FLAG_NO_TRADE | FLAG_TEXT_ID),
  ]

  for (const version of [1, 2]) {
    it(`${version}: is read, and every flag of its slots is kept`, async () => {
      const writer = open()
      const halves = new Int32Array(writer.slots.buffer, writer.slots.byteOffset)
      for (const [i, tag] of TAGS.entries()) {
        writer.slots.fill(i + 1, i * 6, i * 6 + 6)
        halves[i * 12] = tag
      }
      writer.appendSlots(TAGS.length, 1, 0)
      writer.close({ final: false })
      const [{ path }] = listSegments(directory)
      const bytes = readFileSync(path)
      expect(bytes.readUInt32LE(8)).toBe(VERSION)
      bytes.writeUInt32LE(version, 8)
      bytes.writeUInt32LE(0, 20)
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 64)), 20)
      writeFileSync(path, bytes)
      const tags: number[] = []
      const report = await readSegment(path, {
        slots: (words, count) => {
          const slots = new Int32Array(words.buffer, words.byteOffset, count * 12)
          for (let i = 0; i < count; i++) {
            tags.push(slots[i * 12])
            expect([...words.subarray(i * 6 + 1, i * 6 + 6)]).toEqual(Array(5).fill(i + 1))
          }
        },
      })
      expect(report).toMatchObject({ end: 'clean', slots: 4, header: { version } })
      expect(tags).toEqual(TAGS)
      expect(tags.map((tag) => (tag & FLAG_NO_TRADE) !== 0)).toEqual([false, false, true, true])
      expect(tags.map((tag) => [kindOf(tag), sideOfTag(tag)])).toEqual([
        [Kind.Trade, 1],
        [Kind.Trade, 2],
        [Kind.Trade, 0],
        [Kind.Trade, 0],
      ])
      expect(highestSequence(directory)).toBe(4)
    })
  }
})

describe('segments of several sessions', () => {
  it('come in the order of the sessions, whichever shard wrote them; unreadable ones last', () => {
    const write = (shard: number, number: number, epoch: number) => {
      const name = `shard-${shard}-${String(number).padStart(8, '0')}.journal`
      const header = encodeSegmentHeader({ shard, number, baseSequence: epoch, epoch })
      writeFileSync(join(directory, name), header)
    }
    write(0, 1, 1)
    write(0, 2, 1)
    write(0, 3, 500)
    write(1, 1, 1)
    write(1, 2, 500)
    write(2, 1, 100)
    writeFileSync(join(directory, 'shard-0-00000004.journal'), 'no segment')
    writeFileSync(join(directory, 'notes.txt'), 'left alone')
    const order = segmentsBySession(directory).map(({ shard, number }) => `${shard}/${number}`)
    expect(order).toEqual(['0/1', '0/2', '1/1', '2/1', '0/3', '1/2', '0/4'])
  })
})

describe('a damaged segment', () => {
  let bytes: Buffer
  let path: string

  beforeEach(() => {
    const writer = open()
    for (let i = 0; i < 4; i++) append(writer, 4)
    writer.close({ final: false })
    path = listSegments(directory)[0].path
    bytes = readFileSync(path)
  })

  it('cut off anywhere in its last frame is torn, and its prefix good', async () => {
    const frame = FRAME_HEADER + 4 * SLOT
    for (let cut = 1; cut < frame; cut++) {
      writeFileSync(path, bytes.subarray(0, bytes.length - cut))
      const { report, sequences } = await read(path)
      expect([cut, report.end]).toEqual([cut, 'torn'])
      expect(sequences).toEqual(upTo(12))
    }
  })

  it('ending in zeros is torn', async () => {
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(5000)]))
    const { report, sequences } = await read(path)
    expect(report.end).toBe('torn')
    expect(sequences).toEqual(upTo(16))
  })

  it('with a flipped bit gives only whole frames before it, and says so', async () => {
    const bit = fc.integer({ min: 0, max: bytes.length * 8 - 1 })
    await fc.assert(
      fc.asyncProperty(bit, async (at) => {
        const flipped = Buffer.from(bytes)
        flipped[at >> 3] ^= 1 << (at & 7)
        writeFileSync(path, flipped)
        const { report, sequences } = await read(path)
        expect(sequences).toEqual(upTo(sequences.length))
        const inFrames = at >> 3 >= 64
        const hit = Math.floor(((at >> 3) - 64) / (FRAME_HEADER + 4 * SLOT))
        expect(sequences.length).toBe(inFrames ? hit * 4 : 0)
        expect(report.end).not.toBe('clean')
        // The next session starts above whatever may have been there.
        expect(highestSequence(directory)).toBeGreaterThanOrEqual(16)
      }),
      runs(300),
    )
  })

  it('of another version, or none of ours, is broken at once; of no bytes, torn', async () => {
    for (const [at, byte] of [
      [0, 0],
      [8, 99],
    ]) {
      const other = Buffer.from(bytes)
      other[at] = byte
      writeFileSync(path, other)
      expect((await read(path)).report).toMatchObject({ end: 'broken', at: 0 })
    }
    writeFileSync(path, '')
    expect((await read(path)).report).toMatchObject({ end: 'torn', at: 0 })
  })

  it('is kept when it is set aside, and listed no more', () => {
    setAside(path)
    expect(listSegments(directory)).toEqual([])
    expect(readdirSync(directory)).toEqual(['shard-0-00000001.journal.broken-1'])
  })
})
